"""A change -> the difference that it is: what weighs most first, what comes of it beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from graphview.compare.changes import Change, masked
from graphview.compare.difference import Difference, Kind
from graphview.compare.extent import extent_of
from graphview.compare.modules import Modules
from graphview.compare.sketch import Op, Sketch
from graphview.compare.words import (
    MOST_NAMED,
    chain,
    ended,
    listed,
    module_of,
    place_of,
    places,
    renames,
    resized,
    spelled,
    standing,
    unreached,
)
from graphview.model.graph import counted


class Teller:
    """Tells changes between two sketches."""

    def __init__(self, old: Sketch, new: Sketch) -> None:
        self.new = new
        self.before, self.after = Modules(old), Modules(new)
        self.was, self.now = (Counter(op.family for op in side.ops) for side in (old, new))

    def tell(self, same: Sequence[Change]) -> Difference:
        """The difference that these changes are, which are alike: one for each place."""
        change = same[0]
        ways = (
            self._cut(same),
            self._modules(change),
            self._tied(change),
            self._leaves(same),
            self._operations(change),
            self._results(change),
            self._moved(change),
            self._roots(change),
        )
        first, *others = (told for way in ways for told in way)
        is_masked = len(same) > 1 and first.kind != "renamed"
        node, old_node = _nodes(change)
        return replace(
            first,
            what=_masked_names(first.what) if is_masked else first.what,
            places=places(same) if is_masked else "",
            node=node if first.node is None else first.node,
            old_node=old_node if first.old_node is None else first.old_node,
            also=tuple(dict.fromkeys((*first.also, *(each.told for each in others)))),
            times=len(same),
            leaves=tuple(n for each in same for n in (*each.leaves_gone, *each.leaves_came)),
            extent=extent_of(same),
        )

    def _cut(self, same: Sequence[Change]) -> Iterator[Difference]:
        """A gradient that goes on no more, and what it does not reach."""
        change = same[0]
        if not change.cuts:
            return
        cut = change.cuts[-1]
        user = f"`{cut.root}`" if cut.op is None else f"`{cut.op}`"
        was = ended(cut.old)
        told = f"the connection from {was} to {user} is cut"
        if change.leaves_gone:
            told = unreached(self._lost(same), self.new)
        yield Difference(
            "unreached",
            told,
            f"{was} goes into {user}",
            f"{user} takes a constant there",
            None if cut.op is None else cut.op.node,
            module=module_of(cut.op),
            also=(f"{counted(len(change.gone), 'operation')} gone",) if change.gone else (),
        )

    def _lost(self, same: Sequence[Change]) -> list[str]:
        """The modules or leaves that are lost in all these places, a pattern for those alike."""
        names = self.before.covered([name for each in same for name in each.leaves_gone])
        return list(dict.fromkeys(map(masked, names))) if len(same) > 1 else names

    def _modules(self, change: Change) -> Iterator[Difference]:
        """Modules of which nothing was there before, or nothing is left."""
        for frame, ops in [] if change.cuts else self.before.whole(change.gone):
            told = f"module `{frame.key}`{_class(frame.kind)} is gone: {_count(ops)}"
            node = ops[0].node
            yield Difference("module-lost", told, f"`{frame.key}`", "", None, node, frame.module)
        for frame, ops in self.after.whole(change.came):
            told = f"module `{frame.key}`{_class(frame.kind)} is new: {_count(ops)}"
            node = ops[0].node
            yield Difference("module-gained", told, "", f"`{frame.key}`", node, None, frame.module)

    def _tied(self, change: Change) -> Iterator[Difference]:
        """A leaf that another stands in for now, or that has one of its own now."""
        for each in change.rewired:
            old, new = each.old, each.new
            if each.op is None or not isinstance(old, str) or not isinstance(new, str):
                continue
            node, module = each.op.node, module_of(each.op)
            if old in change.leaves_gone:
                told = f"`{old}` is tied to `{new}`"
            elif new in change.leaves_came:
                told = f"`{new}` is no longer tied to `{old}`"
            else:
                continue
            yield Difference("connection-moved", told, old, new, node, module=module)

    def _leaves(self, same: Sequence[Change]) -> Iterator[Difference]:
        change = same[0]
        gone = [] if change.cuts else self.before.untold(change.leaves_gone)
        if gone:
            yield Difference(
                "leaf-lost", f"{spelled(gone)} is gone", listed(change.leaves_gone), ""
            )
        if came := self.after.untold(change.leaves_came):
            told = f"{spelled(came)} gets a gradient now"
            yield Difference("leaf-gained", told, "", listed(change.leaves_came))
        if changed := [leaf for each in same for leaf in each.leaves if leaf.was != leaf.now]:
            yield Difference("leaf-changed", resized(changed), changed[0].was, changed[0].now)
        if renamed := renames(same):
            told = listed([f"`{old}` is called `{new}` now" for old, new in renamed])
            yield Difference("renamed", told, *renamed[0])

    def _operations(self, change: Change) -> Iterator[Difference]:
        """Single operations; those of whole modules are told with these."""
        gone = [op for op in change.gone if not self.before.is_told(op)]
        came = [op for op in change.came if not self.after.is_told(op)]
        if change.cuts:
            gone = []
        if gone and came and [op.family for op in gone] == [op.family for op in came]:
            told = f"{chain(came)} moved{standing(came, change.rewired)}"
            yield _about(gone, came, "connection-moved", told, "", "")
        elif gone and came:
            told = f"{chain(gone)} became {chain(came)}"
            yield _about(gone, came, "operation-replaced", told, chain(gone), chain(came))
        elif came:
            told = f"{chain(came)} is new{standing(came, change.rewired)}"
            yield _about(gone, came, "operation-gained", told, *self._tally(came))
        elif gone:
            told = f"{chain(gone)} is gone"
            yield _about(gone, came, "operation-lost", told, *self._tally(gone))

    def _tally(self, ops: Sequence[Op]) -> tuple[str, str]:
        """How often the families are there in all: `to_copy 0`, `to_copy 3`."""
        families = list(dict.fromkeys(op.family for op in ops))[:MOST_NAMED]
        was, now = (
            [f"{each} {count[each]}" for each in families] for count in (self.was, self.now)
        )
        return ", ".join(was), ", ".join(now)

    def _results(self, change: Change) -> Iterator[Difference]:
        if not change.results:
            return
        first, more = change.results[0], len(change.results) - 1
        told = f"the result of `{first.new}` is {first.now}, was {first.was}"
        if more:
            told += f"; {counted(more, 'more result')} changed after it"
        node = None if first.op is None else first.op.node
        yield Difference(
            "result-changed", told, first.was, first.now, node, module=module_of(first.op)
        )

    def _moved(self, change: Change) -> Iterator[Difference]:
        """Links from one thing that stayed to another that stayed."""
        for each in change.rewired:
            if each in change.cuts or change.gone or change.came:
                continue
            user = f"root `{each.root}`" if each.op is None else f"`{each.op}`"
            role = f" for {each.argument}" if each.argument else ""
            old, new = ended(each.old), ended(each.new)
            if old == new:
                old, new = (f"result {i} of {old}" for i in each.results)
            node = None if each.op is None else each.op.node
            yield Difference(
                "connection-moved",
                f"{user} no longer takes {old}"
                if each.is_dropped
                else f"{user} takes {new}{role}, took {old}",
                old,
                new,
                node,
                module=module_of(each.op),
            )

    def _roots(self, change: Change) -> Iterator[Difference]:
        for name in change.roots_gone:
            yield Difference("root-changed", f"root `{name}` is gone", name, "")
        for name in change.roots_came:
            yield Difference("root-changed", f"root `{name}` is new", "", name)
        for each in change.roots:
            told = f"root `{each.new}` is {each.now}, was {each.was}"
            if each.old != each.new:
                told = f"root `{each.old}` is called `{each.new}` now"
            yield Difference("root-changed", told, each.was, each.now)


def _about(
    gone: Sequence[Op], came: Sequence[Op], kind: Kind, told: str, old: str, new: str
) -> Difference:
    op = (*came, *gone)[0]
    where = f" in `{op.frame.key}`" if op.frame.key else ""
    node = came[0].node if came else None
    old_node = gone[0].node if gone else None
    return Difference(kind, told + where, old, new, node, old_node, module_of(op))


def _nodes(change: Change) -> tuple[int | None, int | None]:
    """Somewhere to look at, in the new graph and in the old one."""
    op = place_of(change)
    stayed = [each.op for each in change.rewired] + [each.op for each in change.results]
    new = next((each.node for each in (*change.came, *stayed) if each is not None), None)
    old = op.node if op is not None and op in change.gone else None
    return new, old


def _masked_names(told: str) -> str:
    """The sentence with the numbers of layers left out of its names."""
    parts = told.split("`")
    names = ["/".join(map(masked, part.split("/"))) for part in parts[1::2]]
    if len(set(names)) < len(set(parts[1::2])):
        # They differ by their numbers only.
        return told
    parts[1::2] = names
    return "`".join(parts)


def _class(kind: str) -> str:
    return f" ({kind})" if kind else ""


def _count(ops: Sequence[Op]) -> str:
    return counted(len(ops), "operation")
