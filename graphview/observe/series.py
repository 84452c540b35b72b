"""Series of any length in little memory: of each stretch the extremes are kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import itemgetter

from graphview.model.journal import Series

MOST_POINTS = 2_000
Point = tuple[int, float]


@dataclass(slots=True)
class Thinned:
    """Grows by one value a step; never holds more than MOST_POINTS of them for long."""

    name: str
    points: list[Point] = field(default_factory=list)

    def add(self, step: int, value: float) -> None:
        self.points.append((step, value))
        if len(self.points) >= 2 * MOST_POINTS:
            self.points = thinned(self.points, MOST_POINTS)

    @property
    def series(self) -> Series:
        points = thinned(self.points, MOST_POINTS)
        steps, values = zip(*points, strict=True) if points else ((), ())
        return Series(self.name, tuple(steps), tuple(values))


def thinned(points: list[Point], most: int) -> list[Point]:
    """At most `most` of the points: the ends, and of each stretch the least, the greatest, and
    the first that is no finite number."""
    if len(points) <= most:
        return points
    length = -(-3 * len(points) // (most - 2))
    kept = {0, len(points) - 1}
    for start in range(0, len(points), length):
        kept |= _telling(points, range(start, min(start + length, len(points))))
    return [points[place] for place in sorted(kept)]


def _telling(points: list[Point], places: range) -> set[int]:
    values = [(place, points[place][1]) for place in places]
    # Only NaN is unequal to itself, and it would win or lose every comparison.
    numbers = [pair for pair in values if pair[1] == pair[1]]
    broken = [place for place, value in values if value - value != 0][:1]
    ends = (
        [min(numbers, key=itemgetter(1))[0], max(numbers, key=itemgetter(1))[0]] if numbers else []
    )
    return {*ends, *broken}
