"""Levels laid out from inside out: how large each open group is, and what stands where in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from math import inf

from graphview.draw.drawing import CHARACTER_WIDTH, Box, columns
from graphview.draw.folding.labels import Labels, heading
from graphview.draw.folding.levels import Between, Level
from graphview.draw.folding.parts import Group, Item, Part
from graphview.draw.layout import Placement, Placer, Problem
from graphview.draw.layout.problem import Edge, Outline, border, plain
from graphview.draw.shapes import FOOT, HEADER, LABEL_GAP, LABEL_INSET, LABEL_SIZE, SIDE, reach

Size = tuple[float, float, float]
Ends = tuple[Part | None, Part | None, Part]


@dataclass(slots=True)
class Note:
    """A text on the way of what `source` made, in one level."""

    box: Box
    source: Part


# A piece of an edge, or of one of the two that lead through a note.
Way = tuple[Part | Note | None, Part | Note | None, Part]


@dataclass(slots=True)
class Block:
    """A level laid out. `left` and `top` are where its placement begins inside its border.

    `ends` belong to the curves of the placement; of an edge with a note there are two or more.
    `entries` and `exits` say how far from the left border what comes through them, `ways_in` and
    `ways_out` which of them it is.
    """

    level: Level
    placement: Placement
    width: float
    height: float
    left: float
    top: float
    label: str
    label_x: float
    parts: list[Part | Note]
    ends: list[Way]
    entries: dict[Part, float] = field(default_factory=dict)
    exits: dict[Part, float] = field(default_factory=dict)
    ways_in: dict[Part, int] = field(default_factory=dict)
    ways_out: dict[Part, int] = field(default_factory=dict)


class Blocks:
    """Lays levels out; equal ones once.

    `size_of` tells a box's width and height, and in how much room arrows may come in.
    """

    def __init__(self, labels: Labels, size_of: Callable[[Part], Size], engine: str) -> None:
        self.labels, self.size_of = labels, size_of
        self.made: dict[Group, Block] = {}
        self.notes: dict[Level, list[Note]] = {}
        self._place = cache(Placer(engine).place)

    def lay_out(self, levels: list[Level]) -> None:
        for level in reversed(levels):
            self.made[level.group] = self._block(level)

    def annotate(self, levels: list[Level], flows: Iterable[Between]) -> None:
        """Say at what comes out of a folded group, or goes into one, what shape it has."""
        told: dict[Part, dict[Item, None]] = {}
        for flow in flows:
            if isinstance(flow.tail, Group) or isinstance(flow.head, Group):
                told.setdefault(flow.tail, {}).update(dict.fromkeys(flow.results))
        for level in levels:
            tails = {tail for tail, head, source in level.pieces if tail is source and head}
            for source in sorted(tails & told.keys(), key=_position):
                if text := self.labels.flow(tuple(told[source])):
                    box = Box(f"note{source.id}", "note", (text,), f"{text} flows here")
                    self.notes.setdefault(level, []).append(Note(box, source))

    def _block(self, level: Level) -> Block:
        notes = {note.source: note for note in self.notes.get(level, ())}
        parts: list[Part | Note] = [*level.parts]
        ends: list[Way] = [*level.pieces]
        if notes:
            parts = list(_each_with_note(level.parts, notes))
            ends = list(_with_notes(level.pieces, notes))
        outlines = tuple([self._outline(part) for part in parts])
        entries, exits = (sorted(ports, key=_position) for ports in (level.entries, level.exits))
        ways_in, ways_out = (_numbers(ports) for ports in (entries, exits))
        numbers = {id(part): place for place, part in enumerate(parts)}
        edges = tuple(
            [
                Edge(
                    border(ways_in[source]) if tail is None else numbers[id(tail)],
                    border(ways_out[source]) if head is None else numbers[id(head)],
                    self._exit(tail, source) if isinstance(tail, Group) else 0,
                    self._entry(head, source) if isinstance(head, Group) else 0,
                )
                for tail, head, source in ends
            ]
        )
        placement = self._place(Problem(outlines, len(entries), len(exits), edges))
        block = _framed(level, placement, parts, ends)
        block.ways_in, block.ways_out = ways_in, ways_out
        block.entries = dict(zip(entries, (block.left + x for x in placement.entries), strict=True))
        block.exits = dict(zip(exits, (block.left + x for x in placement.exits), strict=True))
        return block

    def _outline(self, part: Part | Note) -> Outline:
        if isinstance(part, Note):
            return plain(*part.box.points)
        block = self.made.get(part) if isinstance(part, Group) else None
        if block is None:
            return plain(*self.size_of(part))
        entries, exits = tuple(block.entries.values()), tuple(block.exits.values())
        # The sheets of a stack stick out.
        return Outline(block.width + reach(block.level.group.copies), block.height, entries, exits)

    def _exit(self, group: Group, source: Part) -> int:
        """The number of the port at which something leaves a group, if it is an open one."""
        block = self.made.get(group)
        return 0 if block is None else block.ways_out[source]

    def _entry(self, group: Group, source: Part) -> int:
        block = self.made.get(group)
        return 0 if block is None else block.ways_in[source]


def _each_with_note(parts: Iterable[Part], notes: dict[Part, Note]) -> Iterator[Part | Note]:
    """What a part makes is said below it, so that it stays in line with what it feeds."""
    for part in parts:
        yield part
        if part in notes:
            yield notes[part]


def _with_notes(pieces: Iterable[Ends], notes: dict[Part, Note]) -> Iterator[Way]:
    """Lead what has a note through it; the way to the note is there once."""
    led: set[Part] = set()
    for tail, head, source in pieces:
        note = notes.get(source) if tail is source and head is not None else None
        if note is None:
            yield tail, head, source
            continue
        if source not in led:
            led.add(source)
            yield tail, note, source
        yield note, head, source


def _framed(
    level: Level,
    placement: Placement,
    parts: list[Part | Note],
    ends: list[tuple[Part | Note | None, Part | Note | None, Part]],
) -> Block:
    width, height = placement.width, placement.height
    if not level.framed:
        return Block(level, placement, width, height, 0.0, 0.0, "", 0.0, parts, ends)
    label = heading(level.group)
    room = columns(label) * CHARACTER_WIDTH * LABEL_SIZE
    # No arrow enters where the label stands.
    first = min(placement.entries, default=inf)
    left = max(SIDE, LABEL_INSET + room + LABEL_GAP - first)
    wide = max(left + width + SIDE, room + 2 * LABEL_INSET)
    high = height + HEADER + FOOT
    return Block(level, placement, wide, high, left, HEADER, label, LABEL_INSET, parts, ends)


def _position(part: Part) -> int:
    return part.position


def _numbers(ports: list[Part]) -> dict[Part, int]:
    return {source: number for number, source in enumerate(ports)}
