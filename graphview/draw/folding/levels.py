"""What an open group consists of on paper: its parts, and the edges between them and its border.

An edge of the graph that leads out of an open group is drawn in pieces: inside from its tail to an
exit on the lower border, outside from there on, and through an entry into the group of its head.
All edges of one tail share an exit, and an entry, so a value enters a group once.
"""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from graphview.draw.folding.parts import Group, Item, Part, Wire, folded, wires_into
from graphview.draw.folding.view import View

# Above so many parts a level is cut into stretches that are laid out by themselves.
MOST_PARTS, STRETCH = 64, 48


@dataclass(slots=True, eq=False)
class Level:
    """The inside of one open group.

    `depth` counts the frames around it, `nesting` the levels. `entries` and `exits` are numbered by
    what comes through them. A piece of an edge is (tail, head, source): it leads from one part to
    another, or from or to the border (None), and carries what `source` made.
    """

    group: Group
    parts: list[Part]
    depth: int = 0
    framed: bool = True
    parent: Level | None = None
    nesting: int = 0
    entries: dict[Part, int] = field(default_factory=dict)
    exits: dict[Part, int] = field(default_factory=dict)
    inner: dict[Part, Level] = field(default_factory=dict)
    pieces: dict[tuple[Part | None, Part | None, Part], None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Between:
    """All that flows from one visible part to another: how many results of what."""

    tail: Part
    head: Part
    results: tuple[Item, ...]


def levels_of(view: View) -> tuple[list[Level], list[Between]]:
    """The levels of all open groups, each before those inside it, and what flows between parts."""
    levels, homes = _levels(view)
    flows = _flows(view, homes)
    for flow in flows:
        _draw(flow, homes)
    return levels, flows


def _levels(view: View) -> tuple[list[Level], dict[Part, Level]]:
    """The levels from outside in, and the level in which each visible part stands."""
    top = Level(view.tree.top, view.children(view.tree.top), framed=False)
    found, homes = [], dict[Part, Level]()
    stack = [top]
    while stack:
        level = stack.pop()
        found.append(level)
        if len(level.parts) > MOST_PARTS:
            level.parts = _stretches(level.parts)
        for part in level.parts:
            homes[part] = level
            if isinstance(part, Group) and (part.number < 0 or part in view.opened):
                level.inner[part] = _inside(view, part, level)
        stack += reversed(level.inner.values())
    return found, homes


def _inside(view: View, group: Group, level: Level) -> Level:
    framed = group.number >= 0
    parts = view.children(group) if framed else group.parts
    return Level(group, parts, level.depth + level.framed, framed, level, level.nesting + 1)


def _stretches(parts: list[Part]) -> list[Part]:
    """Cut into groups without a frame, as many times as it takes."""
    while len(parts) > MOST_PARTS:
        parts = [
            folded("", "", "", parts[i : i + STRETCH], number=-1)
            for i in range(0, len(parts), STRETCH)
        ]
    return parts


@dataclass(frozen=True, slots=True)
class _Hidden:
    """A unit of an open run that is not shown, as its first one stands for it.

    `start` and `end` are positions, `first` and `last` those of the first unit's ends, and `run`
    are those of the whole run.
    """

    start: int
    end: int
    first: int
    last: int
    run: range
    parts: list[Part]


class _Ground:
    """Who owns each position: a visible part, or the like of a hidden one in the first unit."""

    def __init__(self, view: View, homes: dict[Part, Level]) -> None:
        shown = (part for part, level in homes.items() if part not in level.inner)
        self.shown = sorted(shown, key=lambda part: part.position)
        self.hidden = [] if view.spread else sorted(_hidden(homes), key=lambda unit: unit.start)
        self._starts = [part.position for part in self.shown]
        self._hidden_starts = [unit.start for unit in self.hidden]

    def owner(self, position: int) -> Part | None:
        # A run within a run: its own first unit may stand in a hidden one.
        while self.hidden and (unit := self._unit(position)) is not None:
            position = min(position - unit.start + unit.first, unit.last)
        place = bisect_right(self._starts, position) - 1
        part = self.shown[place] if place >= 0 else None
        return None if part is None or position >= part.end else part

    def _unit(self, position: int) -> _Hidden | None:
        place = bisect_right(self._hidden_starts, position) - 1
        unit = self.hidden[place] if place >= 0 else None
        return None if unit is None or position >= unit.end else unit

    def wires(self) -> Iterator[Wire]:
        """(user, source) of all that goes into visible and hidden parts, in order of the users.

        Of what flows within an open run only what goes into the first unit.
        """
        if not self.hidden:
            yield from wires_into(self.shown)
            return
        for each in heapq.merge(self.shown, self.hidden, key=_start):
            if isinstance(each, _Hidden):
                yield from (wire for wire in wires_into(each.parts) if wire[1] not in each.run)
            else:
                yield from wires_into([each])


def _start(each: Part | _Hidden) -> int:
    return each.start if isinstance(each, _Hidden) else each.position


def _hidden(homes: dict[Part, Level]) -> Iterator[_Hidden]:
    """The units of all open runs but their first ones."""
    for part, level in homes.items():
        if isinstance(part, Group) and part.units and part in level.inner:
            first, *rest = part.units
            run = range(part.position, part.end)
            for unit in rest:
                start, end = unit[0].position, unit[-1].end
                yield _Hidden(start, end, first[0].position, first[-1].end - 1, run, unit)


def _flows(view: View, homes: dict[Part, Level]) -> list[Between]:
    """What flows between visible parts, in the order of the forward pass."""
    ground = _Ground(view, homes)
    found: dict[tuple[Part, Part], dict[int, None]] = {}
    for user, source in ground.wires():
        head, tail = ground.owner(user), ground.owner(source)
        if head is not None and tail is not None and tail is not head:
            found.setdefault((tail, head), {})[source] = None
    return [
        Between(tail, head, tuple([view.tree.item(source) for source in results]))
        for (tail, head), results in found.items()
    ]


def _draw(flow: Between, homes: dict[Part, Level]) -> None:
    """Cut a flow into pieces, one in each level that it crosses."""
    tail, head, source = flow.tail, flow.head, flow.tail
    upper, lower = homes[tail], homes[head]
    while upper.nesting > lower.nesting:
        tail, upper = _leave(upper, tail, source)
    pending: list[tuple[Level, Part]] = []
    while lower.nesting > upper.nesting:
        pending.append((lower, head))
        head, lower = lower.group, _outer(lower)
    while upper is not lower:
        tail, upper = _leave(upper, tail, source)
        pending.append((lower, head))
        head, lower = lower.group, _outer(lower)
    upper.pieces[tail, head, source] = None
    for level, part in pending:
        level.entries.setdefault(source, len(level.entries))
        level.pieces[None, part, source] = None


def _leave(level: Level, part: Part, source: Part) -> tuple[Part, Level]:
    level.exits.setdefault(source, len(level.exits))
    level.pieces[part, None, source] = None
    return level.group, _outer(level)


def _outer(level: Level) -> Level:
    if level.parent is None:
        raise AssertionError("an edge leads out of the graph")
    return level.parent
