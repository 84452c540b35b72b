"""A graph -> its tree: operations inside the calls of modules, leaves beside what uses them.

Of calls with the same structure only one is folded at once, the others when somebody looks into
them: how many groups they hold is known from the one.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from functools import partial

from graphview.draw.detail import PLAIN, Detail
from graphview.draw.folding.lineup import TOP, Lineup
from graphview.draw.folding.parts import Group, Part, Tree, Wire
from graphview.draw.folding.places import fold_places
from graphview.draw.folding.repeats import fold_repeats
from graphview.draw.select import Selection
from graphview.model.graph import Call, Graph


def tree_of(graph: Graph, detail: Detail = PLAIN, *, only: Selection | None = None) -> Tree:
    """Fold a graph: by the calls of modules, by what repeats, by function and source line.

    `only` is the part of it to show, all by default.
    """
    lineup = Lineup(graph, detail, only)
    return Tree(graph, _Calls(lineup).top, lineup.item, lineup.marks.__getitem__)


@dataclass(slots=True)
class _Structure:
    """What calls share that are equal in all that is compared and connected over equal distances.

    `number` tells structures apart. `key`, `rough`, `outside` and `inner` are those of the groups;
    two structures whose wires come from outside over other distances have the same key. `flat`
    says that nothing folds among the parts.
    """

    number: int
    key: int
    rough: int
    size: int
    outside: tuple[Wire, ...]
    inner: int = 0
    flat: bool = False


class _Calls:
    """The groups of the calls of modules, and `top` around them."""

    def __init__(self, lineup: Lineup) -> None:
        self.lineup = lineup
        self.top = Group("", "", "", end=len(lineup.numbers), counts=lineup)
        self.groups = _call_groups(lineup.graph, self.top)
        self._known: dict[Hashable, _Structure] = {}
        self._structures: dict[int, _Structure] = {}
        # From inside out: what a call is like depends on the calls in it.
        for call in reversed(range(len(self.groups))):
            if lineup.parts[call]:
                self._describe(call)
        self._fold(self.top, TOP)
        _number(self.top)

    def _describe(self, call: int) -> None:
        """Say what a call is like, and fold it if it is the first one of its structure."""
        group, signature = self.groups[call], self._signature(call)
        structure = self._known.get(signature)
        known = structure is not None
        if structure is None:
            structure = self._known[signature] = self._structure(call)
        self._structures[call] = structure
        group.position = self.lineup.starts[call]
        group.end = group.position + structure.size
        group.key, group.rough = structure.key, structure.rough
        group.outside, group.counts = structure.outside, self.lineup
        if known:
            group.inner, group.fill = structure.inner, partial(self._fill, call)
        else:
            structure.flat = self._fold(group, call)
            structure.inner = group.inner

    def _signature(self, call: int) -> Hashable:
        parts, start = self.lineup.parts[call], self.lineup.starts[call]
        kind, marks = self.groups[call].kind, self.lineup.marks
        if min(parts) >= 0:
            return kind, *marks[start : start + len(parts)]
        places = self.lineup.places
        return kind, *[
            marks[places[part]] if part >= 0 else ~self._structures[~part].number for part in parts
        ]

    def _structure(self, call: int) -> _Structure:
        lineup, kind = self.lineup, self.groups[call].kind
        keys, rough, wires, size = [], [], list[Wire](), 0
        for part in lineup.parts[call]:
            if part < 0:
                inner = self._structures[~part]
                keys.append(inner.key)
                rough.append(inner.rough)
                wires += [(size + user, size + source) for user, source in inner.outside]
                size += inner.size
            else:
                mark = lineup.marks[lineup.places[part]]
                keys.append(lineup.forms[mark])
                rough.append(lineup.looks[mark])
                wires += [(size, size - step) for step in lineup.steps[mark]]
                size += 1
        inside = tuple([wire for wire in wires if 0 <= wire[1] < size])
        outside = tuple([wire for wire in wires if not 0 <= wire[1] < size])
        users = tuple([user for user, _ in outside])
        key = lineup.number((kind, tuple(keys), inside, users))
        look = lineup.number((kind, tuple(rough)))
        return _Structure(len(self._known), key, look, size, outside)

    def _fill(self, call: int) -> None:
        group = self.groups[call]
        if self._structures[call].flat:
            group.parts = list(self._parts(call))
        else:
            self._fold(group, call)
        _number(group)

    def _fold(self, group: Group, call: int) -> bool:
        """Make the parts of a group, fold what repeats, then what is still too much.

        Returns whether nothing was folded.
        """
        parts = group.parts = list(self._parts(call))
        fold_repeats(group, self.lineup)
        fold_places(group, self.lineup)
        _count(group)
        return group.parts == parts

    def _parts(self, call: int) -> Iterator[Part]:
        lineup = self.lineup
        for part in lineup.parts[call]:
            yield self.groups[~part] if part < 0 else lineup.item(lineup.places[part])
        if call == TOP:
            yield from map(lineup.item, range(lineup.roots, len(lineup.numbers)))


def _call_groups(graph: Graph, top: Group) -> list[Group]:
    groups: list[Group] = []
    for call in graph.calls:
        parent = top if call.parent is None else groups[call.parent]
        outer = None if call.parent is None else graph.calls[call.parent]
        name = _name(call, outer)
        path = call.module or (f"{parent.path}/{name}" if parent.path else name)
        again = f"#{call.number}" if call.number else ""
        groups.append(Group(f"{name}{again}", call.kind, f"{path}{again}", parent=parent))
    return groups


def _name(call: Call, outer: Call | None) -> str:
    """The path from the module around it, or the class where no path is known."""
    if not call.module:
        return call.kind
    around = outer.module if outer is not None else None
    start = f"{around}." if around else ""
    return call.module.removeprefix(start)


def _count(group: Group) -> None:
    """Count the groups inside; those of calls of modules are counted."""
    found, stack = list[Group](), [group]
    while stack:
        each = stack.pop()
        found.append(each)
        stack += [part for part in _groups_in(each) if part.outside is None]
    for each in reversed(found):
        each.inner = sum([1 + part.inner for part in _groups_in(each)])


def _number(group: Group) -> None:
    """Number the groups inside, from outside in, as far as they are made."""
    stack = [group]
    while stack:
        each = stack.pop()
        number = each.number + 1
        for part in each.parts:
            part.parent = each
        for inner in _groups_in(each):
            inner.number, inner.depth = number, each.depth + 1
            number += 1 + inner.inner
            if inner.made is not None:
                stack.append(inner)


def _groups_in(group: Group) -> list[Group]:
    return [part for part in group.parts if isinstance(part, Group)]
