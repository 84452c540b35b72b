"""What an open group consists of on paper: its parts, and the edges between them and its border.

An edge of the graph that leads out of an open group is drawn in pieces: inside from its tail to an
exit on the lower border, outside from there on, and through an entry into the group of its head.
All edges of one tail share an exit, and an entry, so a value enters a group once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from graphview.draw.folding.parts import Group, Item, Part, items_of
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
            Group("", "", "", parts[i : i + STRETCH], number=-1, position=parts[i].position)
            for i in range(0, len(parts), STRETCH)
        ]
    return parts


def _flows(view: View, homes: dict[Part, Level]) -> list[Between]:
    """What flows between visible parts, in the order of the forward pass."""
    owners = _owners(view, homes)
    stand_ins, hidden = _stand_ins(view)
    found: dict[tuple[Part, Part], dict[Item, None]] = {}
    for item in view.tree.items:
        head = owners.get(stand_ins.get(item, item))
        if head is None:
            continue
        for source in item.inputs:
            tail = owners.get(stand_ins.get(source, source))
            if tail is None or tail is head:
                continue
            if _in_one_run(item, source, hidden):
                continue
            found.setdefault((tail, head), {})[source] = None
    return [Between(tail, head, tuple(results)) for (tail, head), results in found.items()]


def _owners(view: View, homes: dict[Part, Level]) -> dict[Item, Part]:
    """The visible part in which each item is, for all items that are not in a hidden unit."""
    owners: dict[Item, Part] = {}
    for part, level in homes.items():
        if isinstance(part, Item):
            owners[part] = part
        elif part not in level.inner:
            owners.update((item, part) for item in items_of(part.parts))
    return owners


def _stand_ins(view: View) -> tuple[dict[Item, Item], dict[Item, list[range]]]:
    """For items in the units of an open run that are not shown: their like in the first unit.

    Also the positions of all items of the runs that hide them.
    """
    found: dict[Item, Item] = {}
    hidden: dict[Item, list[range]] = defaultdict(list)
    if view.spread:
        return found, hidden
    for group in view.tree.groups():
        if group.units and group in view.opened:
            first = list(items_of(group.units[0]))
            rest = [list(items_of(unit)) for unit in group.units[1:]]
            span = range(first[0].position, rest[-1][-1].position + 1)
            for unit in rest:
                for place, item in enumerate(unit):
                    found[item] = first[min(place, len(first) - 1)]
                    hidden[item].append(span)
    # A run within a run: its own first unit may stand in a hidden one.
    return {item: _last(item, found) for item in found}, hidden


def _last(item: Item, found: dict[Item, Item]) -> Item:
    while item in found:
        item = found[item]
    return item


def _in_one_run(item: Item, source: Item, hidden: Mapping[Item, list[range]]) -> bool:
    """Whether an edge runs within an open run, of which only the first unit's edges are drawn."""
    return any(source.position in span for span in hidden.get(item, ()))


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
