"""Curves without jogs: an engine's way around boxes, drawn as straight lanes and smooth turns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from graphview.draw.layout.problem import Curve, Point, straight

# How far from the sides of boxes a curve stays, and from their upper and lower edges.
CLEARANCE, PASS = 5.0, 2.0
# Points on each Bézier, and how far from one another.
SAMPLES, STEP = 8, 6.0
# What an edge needs in height to reach a lane, and how often a lane is made longer.
LEAST_TURN, MOST_TRIES = 6.0, 5

# Left, top, right, bottom.
Rectangle = tuple[float, float, float, float]


def tidied(curve: Curve, boxes: Sequence[Rectangle]) -> Curve | None:
    """The simplest curve with the same ends that is clear of boxes.

    One Bézier, else one lane past all that is in the way, where the engine passes it; else what the
    engine drew; else some other lane. None where every way leads through a box.
    """
    start, end = curve[0], curve[-1]
    if start[1] >= end[1]:
        # Upwards, against the order: any way will do.
        return curve
    if (found := _along(curve, boxes)) is not None:
        return found
    if not _hit(curve, boxes):
        return curve
    return next((lane for lane in _lanes(start, end, boxes) if not _hit(lane, boxes)), None)


def _along(curve: Curve, boxes: Sequence[Rectangle]) -> Curve | None:
    start, end = curve[0], curve[-1]
    simpler = straight(start, end)
    passed: set[Rectangle] = set()
    for _ in range(MOST_TRIES):
        hit = _hit(simpler, boxes)
        if not hit:
            return simpler
        passed |= hit
        top = max(min(box[1] for box in passed) - PASS, start[1] + LEAST_TURN)
        bottom = min(max(box[3] for box in passed) + PASS, end[1] - LEAST_TURN)
        if top >= bottom:
            return None
        x = _lane(curve, top, bottom, passed)
        simpler = through(start, (x, top), (x, bottom), end)
    return None


def _lanes(start: Point, end: Point, boxes: Sequence[Rectangle]) -> Iterator[Curve]:
    """Lanes beside each of the boxes, the nearest to the way between the ends first."""
    middle = (start[0] + end[0]) / 2
    sides = {x for box in boxes for x in (box[0] - 2 * CLEARANCE, box[2] + 2 * CLEARANCE)}
    top, bottom = start[1] + LEAST_TURN, end[1] - LEAST_TURN
    if top >= bottom:
        return
    for x in sorted(sides, key=lambda x: (abs(x - middle), x)):
        yield through(start, (x, top), (x, bottom), end)


def through(*points: Point) -> Curve:
    """Smooth turns from point to point."""
    found = [points[0]]
    for point in points[1:]:
        found += straight(found[-1], point)[1:]
    return tuple(found)


def _lane(curve: Curve, top: float, bottom: float, passed: set[Rectangle]) -> float:
    """Where between these heights the curve is nearest to the way between its ends, and clear."""
    middle = (curve[0][0] + curve[-1][0]) / 2
    passing = [x for x, y in _sampled(curve) if top <= y <= bottom]
    clear = [x for x in passing if not any(_is_across(x, box) for box in passed)]
    return min(clear or passing, key=lambda x: abs(x - middle), default=middle)


def _hit(curve: Curve, boxes: Sequence[Rectangle]) -> set[Rectangle]:
    """The boxes that a curve passes through, or too near by."""
    found: set[Rectangle] = set()
    for at in range(0, len(curve) - 1, 3):
        piece = curve[at : at + 4]
        xs, ys = zip(*piece, strict=True)
        left, right = min(xs) - CLEARANCE, max(xs) + CLEARANCE
        top, bottom = min(ys), max(ys)
        near = [b for b in boxes if b[0] < right and left < b[2] and b[1] < bottom and top < b[3]]
        if near and min(xs) == max(xs):
            found.update(near)
        elif near:
            points = list(_sampled(piece))
            found.update(box for box in near if any(_is_at(point, box) for point in points))
    return found


def _is_at(point: Point, box: Rectangle) -> bool:
    return _is_across(point[0], box) and box[1] < point[1] < box[3]


def _is_across(x: float, box: Rectangle) -> bool:
    return box[0] - CLEARANCE < x < box[2] + CLEARANCE


def _sampled(curve: Curve) -> Iterator[Point]:
    """Points on a chain of Béziers, near enough that no box lies between two of them."""
    for at in range(0, len(curve) - 1, 3):
        (x0, y0), (x1, y1), (x2, y2), (x3, y3) = curve[at : at + 4]
        count = SAMPLES + int((abs(y3 - y0) + abs(x3 - x0) / 2) / STEP)
        for step in range(1, count):
            t = step / count
            s = 1 - t
            a, b, c, d = s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t
            yield a * x0 + b * x1 + c * x2 + d * x3, a * y0 + b * y1 + c * y2 + d * y3
