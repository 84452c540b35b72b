"""`leaves`: which tensors get a gradient from this graph."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from functools import cached_property

from graphview.check.causes import About, Follows, at_line
from graphview.check.evidence import Kin, Witness
from graphview.check.moved import Move, moves
from graphview.check.paths import FirstUses
from graphview.check.patterns import NONE, Patterns
from graphview.check.rule import Case, Code, Found
from graphview.check.unused import unused
from graphview.check.value import Count, Value
from graphview.check.words import count_text, leaf_text, several, ticked
from graphview.model.graph import Leaf, Source, counted

KEY = "leaves"
EXAMPLE = 'leaves = ["encoder.*", "head.weight", "head.bias"]'
# So many missing leaves are compared with all others; each takes time with their number.
MOST_COMPARED = 20

MISSING = Code(
    "GV102",
    "leaf-missing",
    "A leaf that the contract asks for is not in the graph.",
    "What is no leaf of the graph gets no gradient from it, so it stays as it was initialized. "
    "Training goes on, the loss may even fall, and nothing says so.",
    "Look at the line that is named: a tensor that was made by .to() or .cuda() is no leaf, "
    "detach and no_grad end a gradient, a frozen parameter wants none. Where it was renamed, "
    "rename it in the contract.",
)
UNEXPECTED = Code(
    "GV103",
    "leaf-unexpected",
    "A leaf is in the graph that the contract leaves out or forbids.",
    "It gets a gradient and, with an optimizer that has it, is trained: a backbone that was to be "
    "frozen, a discriminator in the generator's step, an input that needs a gradient by mistake.",
    "Call requires_grad_(False) on it before the forward pass or detach it, if it is not to be "
    "trained; name it in the contract if it is.",
)
COUNT = Code(
    "GV104",
    "leaf-count",
    "The graph has more or fewer leaves than the contract asks for.",
    "The number of leaves changes when layers are added, removed, tied or frozen.",
    "Compare the leaves with those that were meant; change the number if the change was.",
)
CODES: tuple[Code, ...] = (MISSING, UNEXPECTED, COUNT)


@dataclass(frozen=True, slots=True)
class Leaves:
    """What is asked: each of `require` matches a leaf, all leaves are like one of `only`."""

    require: Patterns = NONE
    only: Patterns | None = None
    forbid: Patterns = NONE
    count: Count | None = None


def read(value: Value) -> Leaves:
    """A list of all leaves, or a table of `require`, `only`, `forbid` and `count`."""
    if not isinstance(value.raw, dict):
        listed = Patterns(value.words())
        return Leaves(listed, listed)
    found = value.table("require", "only", "forbid", "count")
    if not found:
        raise value.refused("asks for nothing; there are require, only, forbid and count")
    return Leaves(
        require=_patterns(found, "require"),
        only=_patterns(found, "only") if "only" in found else None,
        forbid=_patterns(found, "forbid"),
        count=found["count"].count() if "count" in found else None,
    )


def check(asked: Leaves, case: Case) -> Iterator[Found]:
    look = _Look(asked, case)
    yield from look.missing()
    yield from look.unexpected()
    yield from look.miscounted()
    yield from unused(asked.forbid, case, "leaves.forbid")


def _patterns(found: dict[str, Value], key: str) -> Patterns:
    return Patterns(found[key].words()) if key in found else NONE


@dataclass(frozen=True)
class _Look:
    asked: Leaves
    case: Case

    def missing(self) -> Iterator[Found]:
        witness = Witness(self.case)
        for number, pattern in enumerate(self._absent):
            if pattern in self._moves:
                yield self._moved(pattern, self._moves[pattern])
                continue
            seen = witness.of(pattern, thorough=number < MOST_COMPARED)
            yield Found(
                MISSING,
                seen.message,
                expected=f"leaf {ticked(pattern)}",
                actual=seen.actual,
                node=seen.node,
                source=seen.source,
                hint=seen.hint,
                cause=seen.cause,
                way=seen.way,
                about=About((pattern,)),
            )

    def unexpected(self) -> Iterator[Found]:
        for leaf in self.case.graph.leaves:
            forbidden = next(self.asked.forbid.matching(leaf.name or ""), None)
            if forbidden is not None:
                yield self._extra(leaf, f"is forbidden by {ticked(forbidden)}", "not this leaf")
            elif self.asked.only is not None and not self.asked.only.match(leaf.name or ""):
                yield self._extra(leaf, "is not one of those asked for", self._only_text)

    def miscounted(self) -> Iterator[Found]:
        count, leaves = self.asked.count, self.case.graph.leaves
        if count is None or count.allows(len(leaves)):
            return
        number = counted(len(leaves), "leaf", "leaves")
        names = [leaf_text(leaf) for leaf in leaves[:100]]
        yield Found(
            COUNT,
            f"{ticked(self.case.name)} has {number} and not {count_text(count)}",
            expected=f"{count_text(count)} in all",
            actual=f"{len(leaves):,}: {several(names)}" if names else "0",
            hint="Compare with the leaves that were meant; a tied weight is one leaf.",
            cause=Follows.LOST if len(leaves) < count.least else Follows.CAME,
        )

    @cached_property
    def _absent(self) -> list[str]:
        matched = {text for leaf in self.case.graph.leaves for text in self._matching(leaf)}
        return [text for text in self.asked.require if text not in matched]

    def _matching(self, leaf: Leaf) -> Iterator[str]:
        return self.asked.require.matching(leaf.name or "")

    @cached_property
    def _moves(self) -> dict[str, Move]:
        """Leaves that seem to be there under another name, by what the contract calls them."""
        seen = {each.name for each in self.case.recording.missing}
        absent = [text for text in self._absent if text not in seen]
        if self.asked.only is None:
            return {}
        extra = [name for name in self.case.leaf_names if not self.asked.only.match(name)]
        return {each.old: each for each in moves(absent, extra)}

    @cached_property
    def _moved_here(self) -> dict[str, Move]:
        return {name: each for each in self._moves.values() for name in each.names}

    @cached_property
    def _only_text(self) -> str:
        only = [ticked(text) for text in self.asked.only or ()]
        return f"{several(only)}, and no other leaf" if only else "no leaf"

    def _cause(self, leaf: Leaf, source: Source | None) -> Hashable:
        return self._kin.came(leaf.name) if leaf.name else at_line(source)

    @cached_property
    def _kin(self) -> Kin:
        return Kin(self.case)

    @cached_property
    def _uses(self) -> FirstUses:
        return FirstUses(self.case.graph)

    def _moved(self, pattern: str, move: Move) -> Found:
        node = self.case.leaf_names[move.names[0]]
        return Found(
            MISSING,
            f"{ticked(pattern)} is no leaf of {ticked(self.case.name)}",
            expected=f"leaf {ticked(pattern)}",
            actual=f"leaf {ticked(move.new)}, which is not asked for",
            node=node,
            source=self._uses.source(node),
            hint=f"Suspect: it is now called {ticked(move.new)}. Rename it in the contract.",
            cause=move.cause,
            about=About((pattern, *move.names)),
        )

    def _extra(self, leaf: Leaf, why: str, expected: str) -> Found:
        source = self._uses.source(leaf.node)
        move = self._moved_here.get(leaf.name or "")
        return Found(
            UNEXPECTED,
            f"{leaf_text(leaf)} gets a gradient from {ticked(self.case.name)}, and {why}",
            expected=expected,
            actual=f"{leaf_text(leaf)} {leaf.tensor}",
            node=leaf.node,
            source=source,
            hint=_hint(leaf, move),
            cause=move.cause if move else self._cause(leaf, source),
            about=About((leaf.name,) if leaf.name else ()),
        )


def _hint(leaf: Leaf, move: Move | None) -> str:
    if move is not None:
        return f"Suspect: it is what {ticked(move.old)} was. Rename it in the contract."
    if not leaf.name:
        return (
            "A tensor that was made with requires_grad=True on the way has no name of its own; "
            "detach it, or bind it to a variable and ask for that."
        )
    return (
        "If it is not to be trained here, call requires_grad_(False) on it before the forward "
        "pass; if it is, add it to the contract."
    )
