"""What a line chart shows and says, as data; `plot.py` works out where it all goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from graphview.draw.drawing import legible

WIDTH, HEIGHT = 480, 300
RIGHT, TOP, BOTTOM = 26, 56, 46
LONGEST_NAME = 12


@dataclass(frozen=True, slots=True)
class Line:
    """One line: a value for each place along the x axis; what the axis cannot show leaves a gap.

    `places` are counted from 0 where none are given; they increase.
    """

    name: str
    values: Sequence[float]
    places: Sequence[int] | None = None

    @property
    def key(self) -> str:
        """The name in the space that the chart has for it."""
        return legible(self.name, LONGEST_NAME)

    @property
    def points(self) -> list[tuple[int, float]]:
        places = range(len(self.values)) if self.places is None else self.places
        return list(zip(places, self.values, strict=True))

    @property
    def last(self) -> int:
        """The place where it ends, -1 where it has none."""
        return len(self.values) - 1 if self.places is None else max(self.places, default=-1)


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
    `unit` is what the x axis counts; `size` is that of the viewBox, for text of 14 units. A
    `legend` below it is a list, with room for long names.
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
    legend: Literal["above", "below"] = "above"

    @property
    def top(self) -> int:
        """Where the plot begins, below the legend if it has one."""
        keyed = len(self.lines) > 1 and self.legend == "above"
        return TOP if keyed or self.band or self.levels else BOTTOM // 2

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
