"""Chains of Béziers: where they cross a height, cut there, and joined along straight ways.

A chain is its start and three points for each piece; lengths are in points, y grows downwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import hypot

from graphview.draw.scene import Point

Curve = tuple[Point, ...]

# Of a bend, and of the control points of a quarter of a circle.
RADIUS, ARC = 5.0, 0.5523
# Halvings until a place on a curve is known to far less than a point.
HALVINGS = 30


@dataclass(frozen=True, slots=True)
class Halves:
    """A curve above a height and below it, and how far right it goes there for each step down."""

    upper: Curve
    lower: Curve
    slant: float

    @property
    def x(self) -> float:
        """Where it crosses."""
        return self.lower[0][0]


def passes(curve: Curve, y: float) -> bool:
    """Whether some of a curve is above a height and some below it."""
    heights = [point[1] for point in curve]
    return min(heights) < y < max(heights)


def halves(curve: Curve, y: float) -> Halves | None:
    """Cut a curve that passes a height; None where it does not go down through it just once."""
    ways = [at for at in range(0, len(curve) - 1, 3) if passes(curve[at : at + 4], y)]
    if len(ways) != 1:
        return None
    at = ways[0]
    piece = curve[at : at + 4]
    if any(before[1] > after[1] for before, after in pairwise(piece)):
        return None
    t = _time(piece, y)
    first, second = _split(piece, t)
    (x0, y0), (x1, y1) = first[2], second[1]
    slant = (x1 - x0) / (y1 - y0) if y1 > y0 else 0.0
    return Halves((*curve[:at], *first), (*second, *curve[at + 4 :]), slant)


def _time(piece: Curve, y: float) -> float:
    """When a piece that goes down only is at a height, from 0 at its start to 1 at its end."""
    y0, y1, y2, y3 = [point[1] for point in piece]
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        t = (low + high) / 2
        s = 1 - t
        if s**3 * y0 + 3 * s * s * t * y1 + 3 * s * t * t * y2 + t**3 * y3 < y:
            low = t
        else:
            high = t
    return (low + high) / 2


def _split(piece: Curve, t: float) -> tuple[Curve, Curve]:
    """Both parts of one Bézier, by de Casteljau."""
    rows = [piece]
    while len(rows[-1]) > 1:
        rows.append(tuple(_between(one, other, t) for one, other in pairwise(rows[-1])))
    return tuple(row[0] for row in rows), tuple(row[-1] for row in reversed(rows))


def _between(one: Point, other: Point, t: float) -> Point:
    return one[0] + (other[0] - one[0]) * t, one[1] + (other[1] - one[1]) * t


def moved(curve: Curve, right: float, down: float) -> Curve:
    """The same curve elsewhere."""
    return tuple((x + right, y + down) for x, y in curve)


def along(corners: Sequence[Point]) -> Curve:
    """Straight from corner to corner, with a round bend at each."""
    found: list[Point] = [corners[0]]
    for before, corner, after in zip(corners, corners[1:], corners[2:], strict=False):
        start, end = _towards(corner, before), _towards(corner, after)
        _straight(found, start)
        found += [_between(start, corner, ARC), _between(end, corner, ARC), end]
    _straight(found, corners[-1])
    return tuple(found)


def _towards(corner: Point, other: Point) -> Point:
    """Where a bend at a corner begins, on the way to another one."""
    far = hypot(other[0] - corner[0], other[1] - corner[1])
    return _between(corner, other, min(RADIUS, far / 2) / far) if far else corner


def _straight(found: list[Point], end: Point) -> None:
    start = found[-1]
    found += [_between(start, end, 1 / 3), _between(start, end, 2 / 3), end]
