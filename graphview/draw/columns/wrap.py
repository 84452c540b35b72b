"""A tall scene -> the same one in columns, read from top to bottom and from left to right.

It is cut between its rows, where few arrows cross. Each of these goes on, in one line, from the
foot of a column to the head of the next one, and a frame that is cut goes on there too.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from graphview.draw.columns.curves import Curve, along, halves, moved, passes
from graphview.draw.columns.cuts import LANE, Cut, behind, cuts_of, evenly
from graphview.draw.drawing import CHARACTER_WIDTH, columns
from graphview.draw.scene import Frame, Placed, Point, Route, Scene
from graphview.draw.shapes import (
    BETWEEN,
    FOOT,
    HEADER,
    LABEL_GAP,
    LABEL_INSET,
    LABEL_SIZE,
    MARGIN,
    SIDE,
)

# In points: between columns, and between a column and the arrows around it.
GUTTER, ROOM = 24.0, 5.0
MOST_COLUMNS = 5
# Of a larger scene no column could be read.
MOST_BOXES = 400
GOES_ON = "…"


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A scene in so many columns, with so many arrows from one to the next."""

    scene: Scene
    columns: int
    lanes: int


def in_columns(scene: Scene) -> Iterator[Wrapped]:
    """The scene in two columns, in three and so on, as equal in height as can be."""
    if len(scene.boxes) > MOST_BOXES:
        return
    cuts = cuts_of(scene)
    for count in range(2, min(MOST_COLUMNS, len(cuts) + 1) + 1):
        chosen = evenly(cuts, scene.height, count)
        if chosen is None:
            return
        lanes = sum(len(cut.lanes) for cut in chosen)
        yield Wrapped(_Wrapper(scene, chosen).scene(), count, lanes)


@dataclass(slots=True)
class _Column:
    """What stands in one column, and how far it is moved; `first` and `last` are its cuts."""

    number: int
    first: Cut | None
    last: Cut | None
    boxes: list[Placed]
    frames: list[Frame]
    curves: list[Curve]
    right: float = 0.0
    down: float = 0.0
    # Where it begins and ends, its frames included, where it stands now.
    start: float = 0.0
    end: float = 0.0
    foot: float = 0.0

    @property
    def step(self) -> float:
        """How far below an inner frame the one around it ends."""
        return FOOT + max([behind(frame) for frame in self.frames], default=0.0)


class _Wrapper:
    def __init__(self, source: Scene, cuts: list[Cut]) -> None:
        self.source, self.cuts = source, cuts
        self.heights = [cut.y for cut in cuts]
        self.cut_curves = {route.id: self._cut(route.points) for route in source.routes}
        firsts, lasts = [None, *cuts], [*cuts, None]
        self.columns = [
            self._column(number, *ends)
            for number, ends in enumerate(zip(firsts, lasts, strict=True))
        ]

    def _cut(self, curve: Curve) -> dict[int, Curve]:
        """The parts of a curve by the columns that they are in."""
        found = {}
        for number, y in enumerate(self.heights):
            parts = halves(curve, y) if passes(curve, y) else None
            if parts is not None:
                found[number], curve = parts.upper, parts.lower
        found[bisect(self.heights, curve[-1][1])] = curve
        return found

    def _column(self, number: int, first: Cut | None, last: Cut | None) -> _Column:
        return _Column(
            number,
            first,
            last,
            [placed for placed in self.source.boxes if bisect(self.heights, placed.y) == number],
            [frame for frame in self.source.frames if number in self._numbers(frame)],
            [parts[number] for parts in self.cut_curves.values() if number in parts],
        )

    def _numbers(self, frame: Frame) -> range:
        """The columns that a frame is in."""
        first, last = (bisect(self.heights, y) for y in (frame.y, frame.y + frame.height))
        return range(first, last + 1)

    def scene(self) -> Scene:
        frames: list[Frame] = []
        start = MARGIN
        for column in self.columns:
            shrunk = _Shrunk(column, self._around(column)).frames()
            self._place(column, shrunk, start)
            frames += [self._piece(frame, column) for frame in shrunk]
            lanes = len(column.last.lanes) if column.last is not None else 0
            start = column.end + GUTTER + LANE * max(0, lanes - 1)
        boxes = [self._moved(placed) for placed in self.source.boxes]
        return Scene(
            self.columns[-1].end + MARGIN,
            max(column.foot for column in self.columns) + MARGIN,
            tuple(boxes),
            tuple(self._route(route) for route in self.source.routes),
            tuple(frames),
        )

    def _around(self, column: _Column) -> dict[str, list[float]]:
        """For each frame of a column where arrows cross the strip of its label."""
        found = {}
        for frame in column.frames:
            if column.first is not None and frame.y < column.first.y:
                found[frame.id] = list(column.first.lanes)
                continue
            y = frame.y + HEADER / 2
            crossing = [halves(curve, y) for curve in column.curves if passes(curve, y)]
            found[frame.id] = [parts.x for parts in crossing if parts is not None]
        return found

    def _place(self, column: _Column, frames: list[Frame], start: float) -> None:
        """Say how far a column is moved, so that it begins at `start`."""
        things: list[Placed | Frame] = [*column.boxes, *frames]
        lefts = [thing.x for thing in things]
        rights = [thing.x + thing.width + behind(thing) for thing in things]
        for curve in column.curves:
            lefts += [x for x, _ in curve]
            rights += [x for x, _ in curve]
        column.start, column.right = start, start - min(lefts)
        column.end = start + max(rights) - min(lefts)
        if column.first is not None:
            column.down = _head(column.first) + column.first.depth * HEADER - column.first.y
        column.foot = self.source.height - MARGIN + column.down
        if column.last is not None:
            end = column.last.y + column.down + column.last.depth * column.step
            column.foot = end + ROOM + LANE * len(column.last.lanes)

    def _piece(self, frame: Frame, column: _Column) -> Frame:
        """A frame, shrunk already, or the part of it that is in a column, where it stands now."""
        top, bottom = frame.y + column.down, frame.y + frame.height + column.down
        if column.first is not None and frame.y < column.first.y:
            top = _head(column.first) + frame.depth * HEADER
        if column.last is not None and frame.y + frame.height > column.last.y:
            inside = column.last.depth - frame.depth
            bottom = column.last.y + column.down + inside * column.step
        again = column.number - self._numbers(frame)[0]
        return frame._replace(
            id=f"{frame.id}c{again}" if again else frame.id,
            x=frame.x + column.right,
            y=top,
            height=bottom - top,
            label_x=frame.label_x + column.right,
        )

    def _moved(self, placed: Placed) -> Placed:
        column = self.columns[bisect(self.heights, placed.y)]
        return placed._replace(x=placed.x + column.right, y=placed.y + column.down)

    def _route(self, route: Route) -> Route:
        """The arrow's parts, each in its column, in one line."""
        parts = self.cut_curves[route.id]
        numbers = sorted(parts)
        made = self._part(parts, numbers[0])
        for before, after in pairwise(numbers):
            following = self._part(parts, after)
            way = self._way(self.columns[before], parts[after][0][0], made[-1], following[0])
            made = (*made, *way[1:], *following[1:])
        return route._replace(curve=made, origin=(0.0, 0.0))

    def _part(self, parts: dict[int, Curve], number: int) -> Curve:
        column = self.columns[number]
        return moved(parts[number], column.right, column.down)

    def _way(self, column: _Column, x: float, start: Point, end: Point) -> Curve:
        """From the foot of a column to the head of the next one.

        The arrow that is furthest right takes the innermost way up, so no two cross.
        """
        lanes = column.last.lanes if column.last is not None else ()
        lane = min(range(len(lanes)), key=lambda each: abs(lanes[each] - x))
        out = len(lanes) - 1 - lane
        below = column.foot - LANE * lane - LANE / 2
        beside = column.end + GUTTER / 2 + LANE * out
        above = MARGIN + LANE * out + LANE / 2
        corners = [(start[0], below), (beside, below), (beside, above), (end[0], above)]
        return along([start, *corners, end])


def _head(cut: Cut) -> float:
    """Where a column that begins with a cut has its outermost frame."""
    return MARGIN + LANE * len(cut.lanes) + ROOM


class _Shrunk:
    """The frames of a column, as wide as what is in them there, with their labels.

    Of a frame that is cut; any other one stays as it is. `crossed` says where arrows cross the
    strips of their labels.
    """

    def __init__(self, column: _Column, crossed: dict[str, list[float]]) -> None:
        self.column, self.crossed = column, crossed
        self.made: dict[str, Frame] = {}

    def frames(self) -> list[Frame]:
        for frame in sorted(self.column.frames, key=lambda frame: -frame.depth):
            self.made[frame.id] = self._shrunk(frame) if self._is_cut(frame) else frame
        return [self.made[frame.id] for frame in self.column.frames]

    def _is_cut(self, frame: Frame) -> bool:
        first, last = self.column.first, self.column.last
        return (first is not None and frame.y < first.y) or (
            last is not None and frame.y + frame.height > last.y
        )

    def _shrunk(self, frame: Frame) -> Frame:
        right = frame.x + frame.width
        spans = list(self._inside(frame))
        start = max(frame.x, min([start for start, _ in spans], default=frame.x) - SIDE)
        end = min(right, max([end for _, end in spans], default=right) + SIDE)
        again = self.column.first is not None and frame.y < self.column.first.y
        texts: tuple[str, ...] = (frame.label,)
        if again:
            name, *_ = frame.label.partition(BETWEEN)
            texts = (f"{frame.label} {GOES_ON}", f"{name} {GOES_ON}", GOES_ON)
        # Where the frame reaches that far its label stands in the corner, left of all arrows.
        first = min([x for x in self.crossed[frame.id] if x > frame.x], default=right)
        corner = first - LABEL_GAP - _room(texts[0]) - LABEL_INSET
        start = min(start, corner) if corner >= frame.x else start
        for left, wide in ((start, end), (start, right), (frame.x, right)):
            for text in texts[:2]:
                label_x = _free(self.crossed[frame.id], text, left, wide)
                if label_x is not None:
                    return frame._replace(x=left, width=wide - left, label=text, label_x=label_x)
        label_x = frame.x + LABEL_INSET if again else frame.label_x
        return frame._replace(label=texts[-1], label_x=label_x)

    def _inside(self, frame: Frame) -> Iterator[tuple[float, float]]:
        """From where to where, across, the things in a frame reach."""
        inner = [each for each in self.made.values() if each.depth > frame.depth]
        things: list[Placed | Frame] = [*self.column.boxes, *inner]
        for thing in things:
            if frame.holds(thing.x + thing.width / 2, thing.y + thing.height / 2):
                yield thing.x, thing.x + thing.width + behind(thing)
        for curve in self.column.curves:
            xs = [x for x, y in curve if frame.holds(x, y)]
            if xs:
                yield min(xs), max(xs)


def _room(text: str) -> float:
    return columns(text) * CHARACTER_WIDTH * LABEL_SIZE


def _free(crossed: list[float], text: str, start: float, end: float) -> float | None:
    """Where in a frame's upper strip a label meets no arrow; None where it has no room."""
    room = _room(text)
    taken = [x for x in sorted(crossed) if start < x < end]
    borders = [start + LABEL_INSET - LABEL_GAP, *taken, end - LABEL_INSET + LABEL_GAP]
    for left, right in pairwise(borders):
        if right - left >= room + 2 * LABEL_GAP:
            return left + LABEL_GAP
    return None
