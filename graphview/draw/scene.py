"""A scene: boxes, frames and arrows where they stand, whoever laid them out.

There are very many of these, and tuples are made several times as fast as frozen dataclasses.

Lengths are in points, 72 an inch; (0, 0) is the upper left corner and y grows downwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from graphview.draw.drawing import Box

Point = tuple[float, float]


class Placed(NamedTuple):
    """A box, and the upper left corner and size of its outline; of a root that is the outer one."""

    box: Box
    x: float
    y: float
    width: float
    height: float


class Frame(NamedTuple):
    """The rectangle of an opened group, behind its parts; `x` and `y` are its upper left corner.

    The label's first character stands at `label_x`, in a strip along the upper edge that no arrow
    crosses there. `depth` counts the frames around it; of `copies` equal groups one is shown.
    """

    id: str
    label: str
    title: str
    x: float
    y: float
    width: float
    height: float
    label_x: float
    depth: int = 0
    copies: int = 1

    def holds(self, x: float, y: float) -> bool:
        return self.x <= x < self.x + self.width and self.y <= y < self.y + self.height


class Route(NamedTuple):
    """An arrow from the box or frame `tail` to `head`, along the forward pass.

    `curve` is a chain of cubic Béziers, seen from `origin`: the start, then three points for each
    piece. So equal arrows of equal groups share one. With `tip` an arrowhead's point stands at the
    last one, where the line itself ends a head's length earlier.
    """

    id: str
    tail: str
    head: str
    curve: tuple[Point, ...]
    tip: bool = True
    origin: Point = (0.0, 0.0)

    @property
    def points(self) -> tuple[Point, ...]:
        """The curve where it stands in the scene."""
        left, top = self.origin
        return tuple([(left + x, top + y) for x, y in self.curve])


@dataclass(frozen=True, slots=True)
class Scene:
    """A laid-out picture. Frames are listed from outside in; all are drawn before the arrows."""

    width: float
    height: float
    boxes: tuple[Placed, ...]
    routes: tuple[Route, ...]
    frames: tuple[Frame, ...] = ()
