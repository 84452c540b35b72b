"""Line charts as accessible SVG: no script, no colour-only meaning, readable at 390 px."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter

from graphview.draw.drawing import legible

WIDTH, HEIGHT = 480, 300
RIGHT, TOP, BOTTOM = 26, 40, 46
# The widest digit of the usual fonts at the largest size of the axis, that on a phone, and what
# stands around a label.
DIGIT, BESIDE = 10.5, 14
MOST_POINTS = 240
LONGEST_NAME = 12
# Beyond these, differences and quotients of floats overflow or vanish.
LARGEST, SMALLEST = 1e150, 1e-150
# A share of a step that is no more than rounding.
NEARLY = 1e-6


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
    """A value to compare with, drawn across; its name stands above it or `below`."""

    name: str
    value: float
    below: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """What a chart shows and says; `summary` is its text for those who cannot see it.

    `last` is where the epochs end, if that is beyond the lines.
    """

    key: str
    title: str
    caption: str
    summary: str
    lines: tuple[Line, ...]
    levels: tuple[Level, ...] = ()
    logarithmic: bool = False
    last: int | None = None


@dataclass(frozen=True, slots=True)
class Tick:
    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Plot:
    """Coordinates in the units of the SVG's viewBox, ready for the template."""

    left: float
    paths: tuple[tuple[str, str], ...]
    dots: tuple[tuple[tuple[float, float], ...], ...]
    levels: tuple[tuple[str, float, float], ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    empty: bool


def plot(chart: Chart) -> Plot:
    """Work out where everything goes."""
    shown = [v for line in chart.lines for v in line.values if _showable(v, chart.logarithmic)]
    if not shown:
        return Plot(0, (), (), (), (), (), empty=True)
    levels = [level for level in chart.levels if _showable(level.value, chart.logarithmic)]
    shown += [level.value for level in levels]
    last = max(len(line.values) - 1 for line in chart.lines)
    end = max(last, chart.last or 0, 1)
    low, high, y_ticks = _logarithmic(shown) if chart.logarithmic else _linear(shown)
    place_y = _scale(low, high, HEIGHT - BOTTOM, TOP, logarithmic=chart.logarithmic)
    left = BESIDE + DIGIT * max(len(text) for _, text in y_ticks)
    place_x = _scale(0, end, left, WIDTH - RIGHT)
    points = [
        [
            (place_x(x), place_y(y)) if _showable(y, chart.logarithmic) else None
            for x, y in thin(line, logarithmic=chart.logarithmic)
        ]
        for line in chart.lines
    ]
    return Plot(
        left=left,
        paths=tuple((line.name, _path(run)) for line, run in zip(chart.lines, points, strict=True)),
        dots=tuple(tuple(p for p in run if p) if last < 2 else () for run in points),
        levels=tuple(_level(level, place_y(level.value)) for level in levels),
        x_ticks=tuple(Tick(place_x(x), _count(x)) for x in _epochs(max(last, chart.last or 0))),
        y_ticks=tuple(Tick(place_y(y), text) for y, text in y_ticks),
        empty=False,
    )


def _level(level: Level, at: float) -> tuple[str, float, float]:
    return legible(level.name, 2 * LONGEST_NAME), at, at + (18 if level.below else -7)


def thin(line: Line, *, logarithmic: bool = False) -> list[tuple[int, float]]:
    """At most MOST_POINTS points: the ends, and of each stretch the extremes and a gap."""
    values = list(enumerate(line.values))
    if len(values) <= MOST_POINTS:
        return values
    step = math.ceil(len(values) * 3 / (MOST_POINTS - 5))
    kept = {values[0], values[-1]}
    for start in range(0, len(values), step):
        stretch = values[start : start + step]
        shown = [point for point in stretch if _showable(point[1], logarithmic)]
        kept |= {min(shown, key=itemgetter(1)), max(shown, key=itemgetter(1))} if shown else set()
        kept |= set([point for point in stretch if not _showable(point[1], logarithmic)][:1])
    return sorted(kept)


def _showable(value: float, logarithmic: bool) -> bool:
    return SMALLEST <= value <= LARGEST if logarithmic else abs(value) <= LARGEST


def _scale(
    low: float, high: float, start: float, end: float, *, logarithmic: bool = False
) -> Callable[[float], float]:
    def place(value: float) -> float:
        if logarithmic:
            share = math.log(value / low) / math.log(high / low)
        else:
            share = (value - low) / (high - low)
        return round(start + share * (end - start), 1)

    return place


def _logarithmic(values: Sequence[float]) -> tuple[float, float, list[tuple[float, str]]]:
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    high = max(high, low + 1)
    step = math.ceil((high - low) / 5)
    ticks = [(10.0**power, _power(power)) for power in range(low, high + 1, step)]
    return 10.0**low, 10.0**high, ticks


def _power(power: int) -> str:
    if -3 <= power <= 3:
        return f"{10.0**power:g}"
    return "10" + str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def _linear(values: Sequence[float]) -> tuple[float, float, list[tuple[float, str]]]:
    low, high = min(values), max(values)
    if high - low <= max(1e-9 * abs(low), 1e-9 * abs(high), SMALLEST):
        # All the same, but for the last digits.
        margin = max(1.0, abs(low) / 2)
        low, high = low - margin, high + margin
    step = _nice((high - low) / 4)
    # Whole multiples of the step: 0 is 0, and not 1e-16.
    first, last = math.floor(low / step + NEARLY), math.ceil(high / step - NEARLY)
    places = [i * step for i in range(first, last + 1)]
    return places[0], places[-1], list(zip(places, _labels(places), strict=True))


def _nice(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.999)


def _labels(places: Sequence[float]) -> list[str]:
    """For an axis: `0.5`, `−2`, `2.5e38`; with as many digits as the places need."""
    near = (places[1] - places[0]) / 100
    labels: list[str] = []
    for digits in range(6, 18):
        labels = [f"{place:.{digits}g}" for place in places]
        if all(abs(float(label) - p) < near for label, p in zip(labels, places, strict=True)):
            break
    return [label.replace("-", "−").replace("e+", "e") for label in labels]


def _count(value: int) -> str:
    return f"{value:,}" if value < 100_000 else f"{value / 1000:,g}k"


def _epochs(last: int) -> list[int]:
    if last < 1:
        return [0]
    step = max(1, round(_nice(last / 5)))
    return list(range(0, last + 1, step))


def _path(points: Sequence[tuple[float, float] | None]) -> str:
    parts, pen = [], "M"
    for point in points:
        if point is None:
            pen = "M"
            continue
        parts.append(f"{pen}{point[0]:g} {point[1]:g}")
        pen = "L"
    return "".join(parts)
