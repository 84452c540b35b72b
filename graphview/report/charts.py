"""What a line chart shows and says, as data; `plot.py` works out where it all goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graphview.draw.drawing import legible

WIDTH, HEIGHT = 480, 300
RIGHT, TOP, BOTTOM = 26, 56, 46
LONGEST_NAME = 12


@dataclass(frozen=True, slots=True)
class Line:
    """One line: a value for each epoch; those that the axis cannot show leave a gap."""

    name: str
    values: Sequence[float]

    @property
    def key(self) -> str:
        """The name in the space that the chart has for it."""
        return legible(self.name, LONGEST_NAME)


@dataclass(frozen=True, slots=True)
class Level:
    """A value to compare with, drawn across; its name stands above it or `below`.

    A `best` one looks otherwise than the rest.
    """

    name: str
    value: float
    below: bool = False
    best: bool = False


@dataclass(frozen=True, slots=True)
class Band:
    """Where many values lie: of each stretch its start and end, least and greatest value."""

    name: str
    stretches: Sequence[tuple[float, float, float, float]]


@dataclass(frozen=True, slots=True)
class Chart:
    """What a chart shows and says; `summary` is its text for those who cannot see it.

    `last` is where the epochs end, if that is beyond the lines; `bounds` are values that the axis
    must hold besides. `stopped` says why the first line ends where it does, marked by a cross.
    `unit` is what the x axis counts; `size` is that of the viewBox, for text of 14 units.
    """

    key: str
    title: str
    caption: str
    summary: str
    lines: tuple[Line, ...]
    levels: tuple[Level, ...] = ()
    logarithmic: bool = False
    last: int | None = None
    bounds: tuple[float, ...] = ()
    stopped: str | None = None
    band: Band | None = None
    unit: str = "epoch"
    size: tuple[int, int] = (WIDTH, HEIGHT)

    @property
    def top(self) -> int:
        """Where the plot begins, below the legend if it has one."""
        return TOP if len(self.lines) > 1 or self.band or self.levels else BOTTOM // 2

    @property
    def right(self) -> int:
        """Where the plot ends."""
        return self.size[0] - round(RIGHT * self.scale)

    @property
    def scale(self) -> float:
        """How much larger than usual the text of a wide chart is on a phone."""
        return max(1.0, self.size[0] / WIDTH)

    @property
    def floor(self) -> int:
        """Where the plot stands."""
        return self.size[1] - BOTTOM
