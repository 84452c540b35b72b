"""The outlines, texts and arrowheads of a scene: what every writer draws, as numbers.

Lengths are in points, y grows downwards.
"""

from __future__ import annotations

from math import hypot
from typing import NamedTuple

from graphview.draw.drawing import LINE_HEIGHT, LONGEST_LINE, legible
from graphview.draw.palette import NOTE
from graphview.draw.scene import Frame, Placed, Point, Route

# A root's second outline stands this far around the first one.
RING = 4.0
# Equal boxes lie behind the first one, each so far to the right and down, at most two of them.
SHEET, MOST_SHEETS = 4.0, 2
ROUND, SNIP, FRAME_ROUND = 10.67, 7.0, 6.0
# From the middle of a line of text to its baseline, as a part of the font size.
BASELINE = 0.3
# Around a scene. Of a frame: beside its parts, above them where its label stands, and below.
MARGIN = 4.0
SIDE, HEADER, FOOT = 10.0, 22.0, 8.0
# Of a frame's label: from the border, and to the first arrow beside it.
LABEL_SIZE, LABEL_BASELINE = 10.0, 12.0
LABEL_INSET, LABEL_GAP = 6.0, 6.0
# A module's name and its class.
BETWEEN = " · "
HEAD_LENGTH, HEAD_HALF = 7.0, 2.45
# So near to the tip a line is not seen any more.
COVERED = HEAD_LENGTH * 1.05
# Lines that may be longer than a box in a picture can be.
LONGEST_LABEL = 120
# Their first line is the user's name for a tensor, or a module's.
NAMED = frozenset({"leaf", "root", "group"})
DASHES, DOTS = (4.0, 2.5), (1.0, 2.0)


def reach(copies: int) -> float:
    """How far the sheets behind what stands for so many reach out, to the right and down."""
    return SHEET * min(copies - 1, MOST_SHEETS)


class Panel(NamedTuple):
    """A rectangle; `rounding` is the radius of its corners, `snip` cuts off the upper right one."""

    x: float
    y: float
    width: float
    height: float
    rounding: float = 0.0
    snip: float = 0.0

    @property
    def corners(self) -> list[Point]:
        """From the upper left one clockwise; where one is cut off it is two. For sharp ones."""
        right, bottom = self.x + self.width, self.y + self.height
        found = [(self.x, self.y), (right, self.y), (right, bottom), (self.x, bottom)]
        if self.snip:
            found[1:2] = [(right - self.snip, self.y), (right, self.y + self.snip)]
        return found


class Line(NamedTuple):
    """A line of text: where its baseline is, and its middle, or its start if it begins there."""

    text: str
    x: float
    y: float
    size: float
    bold: bool = False


class Shape(NamedTuple):
    """A box or a frame: sheets from back to front, the body on them, a root's second outline."""

    sheets: tuple[Panel, ...]
    body: Panel | None
    ring: Panel | None
    lines: tuple[Line, ...]


class Stroke(NamedTuple):
    """An arrow: its Béziers up to the head, and the head's three corners, the tip in the middle."""

    points: tuple[Point, ...]
    head: tuple[Point, Point, Point] | None


def shown(text: str, longest: int = LONGEST_LINE) -> str:
    """The text as every format can carry it; see `legible`, which takes its time."""
    # Of all that is no letter only the common space can be printed.
    plain = text.isprintable() and text[:1] > " " and text[-1:] > " "
    return text if plain and len(text) <= longest and "  " not in text else legible(text, longest)


def shape_of(placed: Placed) -> Shape:
    """What is drawn of a box."""
    box, x, y, width, height = placed.box, placed.x, placed.y, placed.width, placed.height
    kind = box.kind
    lines = _lines(placed)
    if kind == NOTE:
        return Shape((), None, None, lines)
    ring = None
    body = Panel(x, y, width, height)
    if kind == "root":
        ring = body
        body = Panel(x + RING, y + RING, width - 2 * RING, height - 2 * RING)
    elif kind == "leaf":
        body = Panel(x, y, width, height, rounding=min(ROUND, height / 3))
    elif kind == "saved":
        body = Panel(x, y, width, height, snip=min(SNIP, height / 3))
    return Shape(_sheets(body, box.copies) if box.copies > 1 else (), body, ring, lines)


def shape_of_frame(frame: Frame) -> Shape:
    """What is drawn of an opened group; its label begins where its `x` says."""
    body = Panel(frame.x, frame.y, frame.width, frame.height, rounding=FRAME_ROUND)
    text = shown(frame.label, LONGEST_LABEL)
    label = Line(text, frame.label_x, frame.y + LABEL_BASELINE, LABEL_SIZE, bold=True)
    return Shape(_sheets(body, frame.copies), body, None, (label,))


def _sheets(body: Panel, copies: int) -> tuple[Panel, ...]:
    behind = range(min(copies - 1, MOST_SHEETS), 0, -1)
    return tuple(body._replace(x=body.x + SHEET * far, y=body.y + SHEET * far) for far in behind)


def _lines(placed: Placed) -> tuple[Line, ...]:
    box = placed.box
    size, texts = box.font_size, box.lines
    middle, step = placed.x + placed.width / 2, LINE_HEIGHT * size
    first = placed.y + placed.height / 2 + BASELINE * size - (len(texts) - 1) / 2 * step
    named = box.kind in NAMED
    return tuple(
        [
            Line(shown(text), middle, first + i * step, size, named and i == 0)
            for i, text in enumerate(texts)
        ]
    )


def stroke_of(route: Route) -> Stroke:
    """What is drawn of an arrow."""
    return stroke_along(route.points, route.tip)


def stroke_along(points: tuple[Point, ...], tip: bool) -> Stroke:
    """An arrow along a chain of Béziers: with a `tip` the line ends where its head begins."""
    if not tip or len(points) < 2:
        return Stroke(points, None)
    x, y = points[-1]
    back_x, back_y = _behind(points)
    far = hypot(x - back_x, y - back_y)
    if far == 0:
        return Stroke(points, None)
    ux, uy = (x - back_x) / far, (y - back_y) / far
    base_x, base_y = x - HEAD_LENGTH * ux, y - HEAD_LENGTH * uy
    across_x, across_y = -HEAD_HALF * uy, HEAD_HALF * ux
    head = (
        (base_x - across_x, base_y - across_y),
        (x, y),
        (base_x + across_x, base_y + across_y),
    )
    return Stroke(_shortened(points, (base_x, base_y)), head)


def _behind(points: tuple[Point, ...]) -> Point:
    """A point that the arrow comes from when it reaches its end."""
    end = points[-1]
    for point in points[-2::-1]:
        if abs(point[0] - end[0]) + abs(point[1] - end[1]) > 0.5:
            return point
    return end


def _shortened(points: tuple[Point, ...], base: Point) -> tuple[Point, ...]:
    """Without the last pieces that the head covers, and the one before them bent to its base."""
    tip = points[-1]
    ux, uy = (tip[0] - base[0]) / HEAD_LENGTH, (tip[1] - base[1]) / HEAD_LENGTH
    while len(points) > 4 and hypot(tip[0] - points[-4][0], tip[1] - points[-4][1]) <= COVERED:
        points = points[:-3]
    (x, y), (from_x, from_y) = points[-1], points[-4] if len(points) > 3 else points[0]
    if hypot(tip[0] - from_x, tip[1] - from_y) <= COVERED:
        return points[0], points[0], base, base
    along = (x - from_x) * ux + (y - from_y) * uy
    if along <= 2 * HEAD_LENGTH:
        near_x, near_y = points[-2]
        return (*points[:-2], (near_x + base[0] - x, near_y + base[1] - y), base)
    # Pressed together in the direction in which it arrives, so that it keeps its form.
    less = ((x - base[0]) * ux + (y - base[1]) * uy) / along
    pressed = []
    for px, py in points[-3:-1]:
        by = less * ((px - from_x) * ux + (py - from_y) * uy)
        pressed.append((px - by * ux, py - by * uy))
    return (*points[:-3], *pressed, base)
