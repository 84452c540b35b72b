"""Line charts as accessible SVG: no script, no colour-only meaning, readable at 390 px."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter

from graphview.draw.drawing import legible
from graphview.report.axes import (
    Axis,
    Place,
    Tick,
    count,
    counts,
    linear_axis,
    logarithmic_axis,
    scale,
    showable,
)
from graphview.report.charts import LONGEST_NAME, WIDTH, Chart, Level, Line

# Of the keys above the plot.
KEY_WIDTH, KEY_HEIGHT, KEYS_A_ROW = 150, 22, 3
# The widest digit of the usual fonts at the largest size of the axis, that on a phone, and what
# stands around a label.
DIGIT, BESIDE = 10.5, 14
MOST_POINTS, BEGINNING = 240, 50
# Below a level, for its name.
UNDER = 24
# From a cross to what stands beside it, and what that takes.
CROSS, LETTER, MOST_LETTERS = 14, 8.5, 40
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A level at its height, and the height of its name."""

    name: str
    at: float
    text_at: float
    best: bool


@dataclass(frozen=True, slots=True)
class Key:
    """An entry of the legend; `look` is the number of the line's style, or `band`."""

    at: float
    y: float
    text: str
    look: str


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a line breaks off, beside its cross."""

    at: Point
    anchor: str
    text: str


@dataclass(frozen=True, slots=True)
class Plot:
    """Coordinates in the units of the SVG's viewBox, ready for the template."""

    left: float
    keys: tuple[Key, ...]
    paths: tuple[tuple[str, str], ...]
    dots: tuple[tuple[Point, ...], ...]
    levels: tuple[Drawn, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    band: str
    cross: Point | None
    reason: Reason | None
    empty: bool


def plot(chart: Chart) -> Plot:
    """Work out where everything goes."""
    shown = [value for value in _values(chart) if showable(value, chart.logarithmic)]
    if not shown:
        return Plot(0, (), (), (), (), (), (), "", None, None, empty=True)
    levels = [level for level in chart.levels if showable(level.value, chart.logarithmic)]
    axis = _axis(chart, shown, levels)
    place_y = _upwards(chart, axis)
    left = BESIDE + DIGIT * chart.scale * max(len(text) for _, text in axis.ticks)
    end = max(*(line.last for line in chart.lines), chart.last or 0)
    place_x = scale(0, max(end, 1), left, chart.right)
    points = [
        [
            (place_x(x), place_y(y)) if showable(y, chart.logarithmic) else None
            for x, y in thin(line, logarithmic=chart.logarithmic)
        ]
        for line in chart.lines
    ]
    cross = _cross(chart, points[0])
    return Plot(
        left=left,
        keys=_keys(chart, left),
        paths=tuple((line.name, _path(run)) for line, run in zip(chart.lines, points, strict=True)),
        dots=tuple(_dots(chart, run) for run in points),
        levels=tuple(_levels(levels, place_y)),
        x_ticks=tuple(Tick(place_x(x), count(x)) for x in counts(end, chart.size[0])),
        y_ticks=tuple(Tick(place_y(y), text) for y, text in axis.ticks),
        band=_area(chart, place_x, place_y),
        cross=cross,
        reason=_reason(chart, cross) if cross else None,
        empty=False,
    )


def _axis(chart: Chart, shown: Sequence[float], levels: Sequence[Level]) -> Axis:
    """Holds the lines, the levels, and the names of those below."""
    values = [*shown, *(level.value for level in levels)]
    if chart.logarithmic:
        return logarithmic_axis(values)
    axis = linear_axis(values)
    place = _upwards(chart, axis)
    if all(place(level.value) + UNDER <= chart.floor for level in levels if level.below):
        return axis
    step = axis.ticks[1][0] - axis.ticks[0][0]
    return linear_axis([*values, axis.low - step])


def _upwards(chart: Chart, axis: Axis) -> Place:
    return scale(axis.low, axis.high, chart.floor, chart.top, logarithmic=chart.logarithmic)


def _dots(chart: Chart, points: Sequence[Point | None]) -> tuple[Point, ...]:
    """A line of one or two points is hardly seen; where it broke off is a cross instead."""
    if sum(point is not None for point in points) > 2:
        return ()
    dots = points[:-1] if chart.stopped else points
    return tuple(point for point in dots if point)


def _cross(chart: Chart, points: Sequence[Point | None]) -> Point | None:
    shown = (point for point in reversed(points) if point)
    return next(shown, None) if chart.stopped else None


def _reason(chart: Chart, cross: Point) -> Reason | None:
    """To the right of the cross or to the left; without room there, only the caption says it."""
    text, (x, y) = legible(chart.stopped or "", MOST_LETTERS), cross
    wide = CROSS + LETTER * len(text)
    if x + wide <= chart.size[0]:
        return Reason((x + CROSS, y + 5), "start", text)
    return Reason((x - CROSS, y + 5), "end", text) if x >= wide else None


def _values(chart: Chart) -> Iterator[float]:
    for line in chart.lines:
        yield from line.values
    for _, _, least, greatest in chart.band.stretches if chart.band else ():
        yield from (least, greatest)
    yield from chart.bounds


def _keys(chart: Chart, left: float) -> tuple[Key, ...]:
    """The legend, in as many rows as it needs; the space above the plot holds two."""
    if chart.legend == "below":
        return ()
    names = [(line.key, str(number % 4)) for number, line in enumerate(chart.lines)]
    if chart.band:
        names.append((legible(chart.band.name, LONGEST_NAME), "band"))
    a_row = KEYS_A_ROW if len(names) <= KEYS_A_ROW else 2
    width = KEY_WIDTH * chart.size[0] / WIDTH
    return tuple(
        Key(left + number % a_row * width, 16 + number // a_row * KEY_HEIGHT, text, look)
        for number, (text, look) in enumerate(names)
    )


def _area(chart: Chart, place_x: Place, place_y: Place) -> str:
    if chart.band is None:
        return ""
    upper, lower = [], []
    for start, end, least, greatest in chart.band.stretches:
        if showable(least, chart.logarithmic) and showable(greatest, chart.logarithmic):
            upper += [(place_x(x), place_y(greatest)) for x in (start, end)]
            lower += [(place_x(x), place_y(least)) for x in (start, end)]
    return f"{_path([*upper, *reversed(lower)])}Z" if upper else ""


def _levels(levels: Sequence[Level], place_y: Place) -> Iterator[Drawn]:
    """Each level at its height; on a scale where two names would collide the later has none."""
    taken: list[float] = []
    for level in levels:
        at = place_y(level.value)
        text_at = at + (18 if level.below else -7)
        free = all(abs(text_at - other) >= KEY_HEIGHT for other in taken)
        if free:
            taken.append(text_at)
        name = legible(level.name, 2 * LONGEST_NAME) if free else ""
        yield Drawn(name, at, text_at, level.best)


def thin(line: Line, *, logarithmic: bool = False) -> list[tuple[int, float]]:
    """At most MOST_POINTS points: the first ones, the last, of each stretch the extremes and a gap.

    A line bends most where training begins; with a part of the points it would have false corners.
    """
    values = line.points
    if len(values) <= MOST_POINTS:
        return values
    step = math.ceil((len(values) - BEGINNING) * 3 / (MOST_POINTS - BEGINNING - 5))
    kept = {*values[:BEGINNING], values[-1]}
    for start in range(BEGINNING, len(values), step):
        stretch = values[start : start + step]
        shown = [point for point in stretch if showable(point[1], logarithmic)]
        kept |= {min(shown, key=itemgetter(1)), max(shown, key=itemgetter(1))} if shown else set()
        kept |= set([point for point in stretch if not showable(point[1], logarithmic)][:1])
    return sorted(kept)


def _path(points: Sequence[Point | None]) -> str:
    parts, pen = [], "M"
    for point in points:
        if point is None:
            pen = "M"
            continue
        parts.append(f"{pen}{point[0]:g} {point[1]:g}")
        pen = "L"
    return "".join(parts)
