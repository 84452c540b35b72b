"""Boxes of which each feeds only the next one: no engine is needed for that."""

from __future__ import annotations

from itertools import pairwise

from graphview.draw.layout.problem import (
    BORDER_GAP,
    RANK_GAP,
    Edge,
    Placement,
    Point,
    Problem,
    straight,
)

# Than its widest box a stack may be, for the sake of straight edges.
WIDER = 1.4


def is_stack(problem: Problem) -> bool:
    """Whether every edge leads to the next box, and there is at most one way in and out."""
    last = len(problem.boxes) - 1
    steps = [edge for edge in problem.edges if edge.tail >= 0 and edge.head >= 0]
    return (
        last >= 0
        and problem.entries <= 1
        and problem.exits <= 1
        and len(steps) == len({edge.tail for edge in steps})
        and all(_is_step(edge, last) for edge in problem.edges)
    )


def _is_step(edge: Edge, last: int) -> bool:
    if edge.head < 0:
        return edge.tail == last
    return edge.head == (0 if edge.tail < 0 else edge.tail + 1)


def stack(problem: Problem) -> Placement:
    """One below the other, so that edges are straight. `is_stack` holds of the problem."""
    boxes = problem.boxes
    widest = max(box.width for box in boxes)
    lefts = _lefts(problem)
    if max(left + box.width for box, left in zip(boxes, lefts, strict=True)) > WIDER * widest:
        # A staircase: better in line, and the edges bent.
        lefts = [(widest - box.width) / 2 for box in boxes]
    top = BORDER_GAP * problem.entries
    spots: list[Point] = []
    for box, left in zip(boxes, lefts, strict=True):
        spots.append((left, top))
        top += box.height + RANK_GAP
    height = top - RANK_GAP + BORDER_GAP * problem.exits
    width = max(left + box.width for box, left in zip(boxes, lefts, strict=True))
    entry = [spots[0][0] + boxes[0].tops[edge.head_port] for edge in problem.edges if edge.tail < 0]
    way_out = [
        spots[-1][0] + boxes[-1].bottoms[edge.tail_port] for edge in problem.edges if edge.head < 0
    ]

    def ends(edge: Edge) -> tuple[Point, Point]:
        start, end = (entry[0] if edge.tail < 0 else 0.0, 0.0), (0.0, height)
        if edge.tail >= 0:
            x, y = spots[edge.tail]
            box = boxes[edge.tail]
            start = (x + box.bottoms[edge.tail_port], y + box.height)
        if edge.head >= 0:
            x, y = spots[edge.head]
            end = (x + boxes[edge.head].tops[edge.head_port], y)
        return start, end if edge.head >= 0 else (start[0], height)

    return Placement(
        width,
        height,
        tuple(spots),
        tuple(entry[:1]) or (width / 2,) * problem.entries,
        tuple(way_out[:1]) or (width / 2,) * problem.exits,
        tuple(straight(*ends(edge)) for edge in problem.edges),
    )


def _lefts(problem: Problem) -> list[float]:
    """The left edges, from 0 on, that put each box's way in below the way out before it."""
    steps = {edge.tail: edge for edge in problem.edges if edge.tail >= 0 and edge.head >= 0}
    lefts = [0.0]
    for place, (upper, lower) in enumerate(pairwise(problem.boxes)):
        edge = steps.get(place, Edge(place, place + 1))
        out = upper.bottoms[edge.tail_port] if upper.bottoms else upper.width / 2
        into = lower.tops[edge.head_port] if lower.tops else lower.width / 2
        lefts.append(lefts[-1] + out - into)
    least = min(lefts)
    return [left - least for left in lefts]
