"""A box together with what stands beside it and leads to nothing else: laid out by hand, as one.

Leaves stand in a row above their operation, left and right of a lane in which the data comes down.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from graphview.draw.drawing import Box
from graphview.draw.layout.landings import LANDING
from graphview.draw.layout.problem import Curve, Point, straight
from graphview.draw.shapes import MOST_SHEETS, RING, SHEET

# In points: between neighbours, between rows, and the width of a lane for one arrow.
SHEETS = SHEET * MOST_SHEETS
GAP, ROW_GAP, LANE = 8.0, 14.0, 16.0
# Beside the arrows of a lane, or from one to its box's corner; how many of them have places of
# their own.
BESIDE, MOST_INPUTS = 3.0, 4

Size = tuple[float, float]


class Looks(NamedTuple):
    """What of a box says how large it is."""

    kind: str
    lines: tuple[str, ...]
    copies: int


class Arrow(NamedTuple):
    """From one box of a cluster to another, by place."""

    tail: int
    head: int
    curve: Curve
    tip: bool


@dataclass(frozen=True, slots=True)
class Form:
    """How boxes stand together: each with its upper left corner and size, from (0, 0) on.

    The middle of the width is that of the first one. `lane` is how far below the upper edge that
    one begins, where data comes in; 0 where it doesn't. `drop` is how far above the lower edge it
    ends. Arrows of data come down in the `room` around the middle.
    """

    width: float
    height: float
    spots: tuple[tuple[Point, Size], ...]
    arrows: tuple[Arrow, ...]
    lane: float = 0.0
    drop: float = 0.0
    room: float = 0.0


class Cluster(NamedTuple):
    """Boxes, in a form that they share with all that look like them."""

    boxes: tuple[Box, ...]
    form: Form


@lru_cache(maxsize=10_000)
def _points(kind: str, lines: tuple[str, ...]) -> Size:
    width, height = Box("", kind, lines, "").points
    # Of a root the outer one of its two outlines counts.
    ring = 2 * RING if kind == "root" else 0.0
    return width + ring, height + ring


def size_of(box: Looks) -> Size:
    """Width and height in points; of many boxes of a graph the texts are the same."""
    return _points(box.kind, box.lines)


def cluster_of(
    box: Box,
    above: Sequence[tuple[Box, ...]] = (),
    aside: Sequence[Box] = (),
    *,
    inputs: int = 0,
) -> Cluster:
    """Stack each column of `above` over the box, and put `aside` right of it.

    Between the columns a lane is left for the arrows of so many inputs.
    """
    if not above and not aside:
        return Cluster((box,), _alone(box.kind, box.lines, box.copies))
    form = _form(
        _looks(box),
        tuple([_all_looks(column) for column in above]),
        _all_looks(aside),
        LANE + LANDING * (min(inputs, MOST_INPUTS) - 1) if inputs else 0.0,
    )
    return Cluster((box, *chain(*above), *aside), form)


def _looks(box: Box) -> Looks:
    return Looks(box.kind, box.lines, box.copies)


def _all_looks(boxes: Sequence[Box]) -> tuple[Looks, ...]:
    return tuple([_looks(box) for box in boxes])


@lru_cache(maxsize=10_000)
def _alone(kind: str, lines: tuple[str, ...], copies: int) -> Form:
    width, height = size = _points(kind, lines)
    # The sheets of a stack stick out; the box stays in the middle.
    more = SHEETS if copies > 1 else 0.0
    room = width - 2 * BESIDE
    return Form(width + 2 * more, height + more, (((more, 0.0), size),), (), room=room)


@lru_cache(maxsize=10_000)
def _form(
    box: Looks, above: tuple[tuple[Looks, ...], ...], aside: tuple[Looks, ...], lane: float
) -> Form:
    """The box is number 0, then come the columns, then what stands aside."""
    width, height = size = size_of(box)
    columns = _columns(above, lane)
    tallest = max((_height(column) for column in above), default=0.0)
    top = tallest + ROW_GAP if above else 0.0
    half = _half(box, above, columns, aside)
    spots, arrows = [((half - width / 2, top), size)], list[Arrow]()
    for column, middle in zip(above, columns, strict=True):
        _stack(column, half + middle, tallest, spots, arrows)
        start, end = (half + middle, tallest), (half + _reach(middle, width), top)
        arrows.append(Arrow(len(spots) - 1, 0, straight(start, end), True))
    _put_aside(box, aside, (half + width / 2, top), spots, arrows)
    low = max(height, _height(aside))
    lane_end, drop = top if lane else 0.0, low - height
    room = (lane if lane and above else width) - 2 * BESIDE
    return Form(2 * half, top + low, tuple(spots), tuple(arrows), lane_end, drop, room)


def _columns(above: Sequence[tuple[Looks, ...]], lane: float) -> list[float]:
    """The middle of each column, from the middle of the box; with a lane half of them are right."""
    widths = [max([size_of(box)[0] for box in column]) for column in above]
    if not lane:
        total = sum(widths) + GAP * (len(widths) - 1)
        return _row(widths, -total / 2)
    # One alone stands left, where nobody takes it for the data.
    left = (len(widths) + 1) // 2
    start = -lane / 2 - sum(widths[:left]) - GAP * (left - 1)
    return _row(widths[:left], start) + _row(widths[left:], lane / 2)


def _row(widths: Sequence[float], start: float) -> list[float]:
    found = []
    for width in widths:
        found.append(start + width / 2)
        start += width + GAP
    return found


def _half(
    box: Looks, above: Sequence[tuple[Looks, ...]], columns: list[float], aside: Sequence[Looks]
) -> float:
    """Half the width: the box stays in the middle, however far things reach on one side."""
    reaches = [size_of(box)[0] / 2]
    for column, middle in zip(above, columns, strict=True):
        reaches.append(abs(middle) + max([size_of(each)[0] for each in column]) / 2)
    if aside:
        reaches.append(reaches[0] + 2 * GAP + max([size_of(each)[0] for each in aside]))
    return max(reaches)


def _height(column: Sequence[Looks]) -> float:
    return sum([size_of(box)[1] for box in column]) + ROW_GAP * max(len(column) - 1, 0)


def _reach(middle: float, width: float) -> float:
    """Where on the box's upper edge an arrow from this side ends: apart from the data's."""
    if abs(middle) <= width / 2 - BESIDE:
        return middle
    return max(-width / 3, min(middle, width / 3))


def _stack(
    column: tuple[Looks, ...],
    middle: float,
    bottom: float,
    spots: list[tuple[Point, Size]],
    arrows: list[Arrow],
) -> None:
    y = bottom - _height(column)
    for row, box in enumerate(column):
        width, height = size = size_of(box)
        if row:
            place = len(spots)
            down = straight((middle, y), (middle, y + ROW_GAP))
            arrows.append(Arrow(place - 1, place, down, True))
            y += ROW_GAP
        spots.append(((middle - width / 2, y), size))
        y += height


def _put_aside(
    box: Looks,
    aside: Sequence[Looks],
    corner: Point,
    spots: list[tuple[Point, Size]],
    arrows: list[Arrow],
) -> None:
    right, y = corner
    start = (right, y + size_of(box)[1] / 2)
    for each in aside:
        _, height = size = size_of(each)
        x, middle = right + 2 * GAP, y + height / 2
        curve = (start, (right + GAP, start[1]), (right + GAP, middle), (x, middle))
        arrows.append(Arrow(0, len(spots), curve, each.kind != "saved"))
        spots.append(((x, y), size))
        y += height + GAP
