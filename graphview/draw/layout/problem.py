"""What a layout is asked and what it answers: numbers only, so that equal questions are asked once.

Lengths are in points; (0, 0) is the upper left corner and y grows downwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

Point = tuple[float, float]
Curve = tuple[Point, ...]

# Between the ranks, and between neighbours in one; and of a rank from the border, where all that
# crosses it there goes straight on.
RANK_GAP, NODE_GAP = 20.0, 16.0
BORDER_GAP = 8.0


class Outline(NamedTuple):
    """A box to place. Edges arrive at `tops` and leave at `bottoms`, from the left edge on.

    Several that arrive at one port may spread out over `room` points around it.
    """

    width: float
    height: float
    tops: tuple[float, ...]
    bottoms: tuple[float, ...]
    room: float = 0.0


class Edge(NamedTuple):
    """From an upper box to a lower one, by place, and at which of their ports.

    The first end may be entry number k on the upper border, as -1 - k, and the second one an exit
    on the lower border.
    """

    tail: int
    head: int
    tail_port: int = 0
    head_port: int = 0


class Problem(NamedTuple):
    """Boxes in the order of the forward pass, and the edges between them and the border."""

    boxes: tuple[Outline, ...]
    entries: int
    exits: int
    edges: tuple[Edge, ...]


@dataclass(frozen=True, slots=True)
class Placement:
    """Upper left corners, x of entries and exits, and a chain of Béziers for each edge."""

    width: float
    height: float
    spots: tuple[Point, ...]
    entries: tuple[float, ...]
    exits: tuple[float, ...]
    curves: tuple[Curve, ...]


def plain(width: float, height: float, room: float = 0.0) -> Outline:
    """A box whose edges all meet around its middle."""
    return Outline(width, height, (width / 2,), (width / 2,), room)


def border(number: int) -> int:
    """How an edge names the entry or exit of this number."""
    return -1 - number


def straight(start: Point, end: Point) -> Curve:
    """One Bézier that leaves and arrives vertically."""
    (x0, y0), (x1, y1) = start, end
    if x0 == x1:
        third = (y1 - y0) / 3
        return (start, (x0, y0 + third), (x1, y1 - third), end)
    middle = (y0 + y1) / 2
    return (start, (x0, middle), (x1, middle), end)


def main_path(problem: Problem) -> list[int]:
    """The places of the edges of a longest path along the order of the boxes, from its end."""
    edges, boxes = problem.edges, len(problem.boxes)
    far: dict[int, int] = {}
    last: dict[int, int] = {}
    for place in sorted(range(len(edges)), key=lambda place: max(edges[place].tail, -1)):
        tail, head, *_ = edges[place]
        # Exits come after all boxes.
        head = head if head >= 0 else boxes - 1 - head
        if head > tail and far.get(tail, 0) >= far.get(head, 0):
            far[head], last[head] = far.get(tail, 0) + 1, place
    rated = {node: (node >= boxes, length) for node, length in far.items()}
    best = max(rated.values(), default=None)
    ends = sorted([node for node, rate in rated.items() if rate == best])
    # Of equal ends the middle one, so that the others lie on both sides.
    at = ends[(len(ends) - 1) // 2] if ends else -1
    found = []
    while at in last:
        found.append(last[at])
        at = edges[last[at]].tail
    return found
