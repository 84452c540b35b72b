"""Line charts as accessible SVG: no script, no colour-only meaning, readable at 390 px."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from graphview.report.numbers import number

WIDTH, HEIGHT = 480, 300
LEFT, RIGHT, TOP, BOTTOM = 62, 26, 40, 46
MOST_POINTS = 240


@dataclass(frozen=True, slots=True)
class Line:
    """One line: a value for each epoch; those that the axis cannot show leave a gap."""

    name: str
    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class Level:
    """A value to compare with, drawn across; its name stands above it or `below`."""

    name: str
    value: float
    below: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """What a chart shows and says; `summary` is its text for those who cannot see it."""

    key: str
    title: str
    caption: str
    summary: str
    lines: tuple[Line, ...]
    levels: tuple[Level, ...] = ()
    logarithmic: bool = False


@dataclass(frozen=True, slots=True)
class Tick:
    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Plot:
    """Coordinates in the units of the SVG's viewBox, ready for the template."""

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
        return Plot((), (), (), (), (), empty=True)
    shown += [level.value for level in chart.levels]
    last = max(len(line.values) for line in chart.lines) - 1
    low, high, y_ticks = _logarithmic(shown) if chart.logarithmic else _linear(shown)
    place_y = _scale(low, high, HEIGHT - BOTTOM, TOP, logarithmic=chart.logarithmic)
    place_x = _scale(0, max(last, 1), LEFT, WIDTH - RIGHT)
    points = [
        [(place_x(x), place_y(y)) if _showable(y, chart.logarithmic) else None for x, y in thin(line)]
        for line in chart.lines
    ]
    return Plot(
        paths=tuple(
            (line.name, _path(run)) for line, run in zip(chart.lines, points, strict=True)
        ),
        dots=tuple(tuple(p for p in run if p) if last < 2 else () for run in points),
        levels=tuple(_level(level, place_y(level.value)) for level in chart.levels),
        x_ticks=tuple(Tick(place_x(x), f"{x:,.0f}") for x in _epochs(last)),
        y_ticks=tuple(Tick(place_y(y), text) for y, text in y_ticks),
        empty=False,
    )


def _level(level: Level, at: float) -> tuple[str, float, float]:
    return level.name, at, at + (18 if level.below else -7)


def thin(line: Line) -> list[tuple[int, float]]:
    """At most MOST_POINTS points: the least and the greatest of each stretch are kept."""
    values = list(enumerate(line.values))
    step = math.ceil(len(values) * 2 / MOST_POINTS)
    if step <= 2:
        return values
    kept = []
    for start in range(0, len(values), step):
        stretch = values[start : start + step]
        ends = {min(stretch, key=_by_value), max(stretch, key=_by_value), stretch[0]}
        kept += sorted(ends | ({values[-1]} if stretch[-1] == values[-1] else set()))
    return kept


def _by_value(point: tuple[int, float]) -> float:
    return point[1]


def _showable(value: float, logarithmic: bool) -> bool:
    return math.isfinite(value) and (value > 0 or not logarithmic)


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
    if low == high:
        low, high = low - 1, high + 1
    step = _nice((high - low) / 4)
    low, high = math.floor(low / step) * step, math.ceil(high / step) * step
    count = round((high - low) / step)
    return low, high, [(low + i * step, number_short(low + i * step)) for i in range(count + 1)]


def _nice(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.999)


def number_short(value: float) -> str:
    """For an axis: `0.5`, `−2`."""
    return f"{value:g}".replace("-", "−") if abs(value) < 1e6 else number(value)


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
