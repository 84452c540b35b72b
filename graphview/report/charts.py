"""Line charts as accessible SVG: no script, no colour-only meaning, readable at 390 px."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter

from graphview.draw.drawing import legible

WIDTH, HEIGHT = 480, 300
RIGHT, TOP, BOTTOM = 26, 56, 46
# Of the keys above the plot.
KEY_WIDTH, KEY_HEIGHT, KEYS_A_ROW = 150, 22, 3
# The widest digit of the usual fonts at the largest size of the axis, that on a phone, and what
# stands around a label.
DIGIT, BESIDE = 10.5, 14
MOST_POINTS = 240
LONGEST_NAME = 12
# Beyond these, differences and quotients of floats overflow or vanish.
LARGEST, SMALLEST = 1e150, 1e-150
Place = Callable[[float], float]
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
    `size` is that of the viewBox, for text of 14 units.
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


@dataclass(frozen=True, slots=True)
class Tick:
    at: float
    text: str


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
class Plot:
    """Coordinates in the units of the SVG's viewBox, ready for the template."""

    left: float
    keys: tuple[Key, ...]
    paths: tuple[tuple[str, str], ...]
    dots: tuple[tuple[tuple[float, float], ...], ...]
    levels: tuple[Drawn, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    band: str
    cross: tuple[float, float] | None
    empty: bool


def plot(chart: Chart) -> Plot:
    """Work out where everything goes."""
    shown = [v for v in _values(chart) if _showable(v, chart.logarithmic)]
    if not shown:
        return Plot(0, (), (), (), (), (), (), "", None, empty=True)
    levels = [level for level in chart.levels if _showable(level.value, chart.logarithmic)]
    shown += [level.value for level in levels]
    last = max(len(line.values) - 1 for line in chart.lines)
    end = max(last, chart.last or 0, 1)
    low, high, y_ticks = _logarithmic(shown) if chart.logarithmic else linear_axis(shown)
    place_y = scale(low, high, chart.floor, chart.top, logarithmic=chart.logarithmic)
    left = BESIDE + DIGIT * chart.scale * max(len(text) for _, text in y_ticks)
    place_x = scale(0, end, left, chart.right)
    points = [
        [
            (place_x(x), place_y(y)) if _showable(y, chart.logarithmic) else None
            for x, y in thin(line, logarithmic=chart.logarithmic)
        ]
        for line in chart.lines
    ]
    return Plot(
        left=left,
        keys=_keys(chart, left),
        paths=tuple((line.name, _path(run)) for line, run in zip(chart.lines, points, strict=True)),
        dots=tuple(tuple(p for p in run if p) if last < 2 else () for run in points),
        levels=tuple(_levels(levels, place_y)),
        x_ticks=tuple(
            Tick(place_x(x), _count(x)) for x in _epochs(max(last, chart.last or 0), chart.size[0])
        ),
        y_ticks=tuple(Tick(place_y(y), text) for y, text in y_ticks),
        band=_area(chart, place_x, place_y),
        cross=points[0][-1] if chart.stopped else None,
        empty=False,
    )


def _values(chart: Chart) -> Iterator[float]:
    for line in chart.lines:
        yield from line.values
    for _, _, least, greatest in chart.band.stretches if chart.band else ():
        yield from (least, greatest)
    yield from chart.bounds


def _keys(chart: Chart, left: float) -> tuple[Key, ...]:
    """The legend, in as many rows as it needs; the space above the plot holds two."""
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
        if _showable(least, chart.logarithmic) and _showable(greatest, chart.logarithmic):
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


def scale(low: float, high: float, start: float, end: float, *, logarithmic: bool = False) -> Place:
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


def linear_axis(values: Sequence[float]) -> tuple[float, float, list[tuple[float, str]]]:
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


def _epochs(last: int, width: int) -> list[int]:
    if last < 1:
        return [0]
    step = max(1, round(_nice(last / (5 if width >= WIDTH else 2))))
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
