"""Where a text can stand in a drawing: inside it, off other texts, and on few lines."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

Point = tuple[float, float]
# Of a letter and a line of a wide chart on a phone, where its text is largest.
LETTER, TALL = 10.5, 24
# Between two places of a line at which it is looked for.
STRIDE = 6.0


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle, y downwards."""

    left: float
    top: float
    right: float
    bottom: float

    def holds(self, point: Point) -> bool:
        return self.left <= point[0] <= self.right and self.top <= point[1] <= self.bottom

    def meets(self, other: Box) -> bool:
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom

    def contains(self, other: Box) -> bool:
        return self.holds((other.left, other.top)) and self.holds((other.right, other.bottom))


@dataclass(slots=True)
class Room:
    """What is taken of a drawing: `places` are where lines run."""

    frame: Box
    places: Sequence[Point] = ()
    taken: list[Box] = field(default_factory=list)

    def best(self, candidates: Iterable[tuple[Point, Box]]) -> Point | None:
        """Take the candidate that covers least, of equal ones the first; None if all are taken."""
        free = [
            (sum(map(box.holds, self.places)), number, box, at)
            for number, (at, box) in enumerate(candidates)
            if self.frame.contains(box) and not any(map(box.meets, self.taken))
        ]
        if not free:
            return None
        *_, box, at = min(free, key=lambda entry: entry[:2])
        self.taken.append(box)
        return at


def around(point: Point, reach: float) -> Box:
    """A square box."""
    x, y = point
    return Box(x - reach, y - reach, x + reach, y + reach)


def text_box(text: str, start: Point) -> Box:
    """The box of a text that starts at a point of its baseline."""
    x, y = start
    return Box(x, y - 0.8 * TALL, x + LETTER * len(text), y + 0.2 * TALL)


def along(points: Sequence[Point]) -> Iterator[Point]:
    """Places all along a line."""
    yield from points[:1]
    for (x, y), (to_x, to_y) in pairwise(points):
        steps = max(1, math.ceil(math.dist((x, y), (to_x, to_y)) / STRIDE))
        for step in range(1, steps + 1):
            yield x + (to_x - x) * step / steps, y + (to_y - y) * step / steps
