"""The points and the line: where it was at first, where training took it, where the truth is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite

from graphview.model.recording import Recording
from graphview.model.run import Points, TrainingRun
from graphview.report.axes import Axis, Place, Tick, linear_axis, scale, showable
from graphview.report.charts import BOTTOM, RIGHT, TOP
from graphview.report.numbers import number
from graphview.report.placing import Box
from graphview.report.plot import KEY_HEIGHT, KEY_WIDTH, Key
from graphview.report.training import Table, rows_of

SIZE = 480, 340
LEFT = 50
FRAME = Box(LEFT, TOP, SIZE[0] - RIGHT, SIZE[1] - BOTTOM)
# A line so many heights away from the points is cut off rather than made room for.
FAR = 2
# In the units of the drawing; browsers draw no farther.
FARTHEST = 1e5
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Line:
    """y = `at_zero` + `slope`·x; `look` is the number of its style."""

    name: str
    look: str
    at_zero: float
    slope: float

    def at(self, x: float) -> float:
        return self.at_zero + self.slope * x


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line's two ends in the drawing."""

    look: str
    start: Point
    end: Point


@dataclass(frozen=True, slots=True)
class Fit:
    """Coordinates in the units of the SVG's viewBox, ready for the template."""

    size: tuple[int, int]
    frame: Box
    training: tuple[Point, ...]
    validation: tuple[Point, ...]
    lines: tuple[Stroke, ...]
    keys: tuple[Key, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    caption: str
    table: Table


def fit(recording: Recording) -> Fit | None:
    """The picture of the main run; None without its points, or without a line to draw."""
    points, run = recording.points, recording.run
    if points is None or run is None or not {points.intercept, points.slope} <= set(run.parameters):
        return None
    every = [*points.training, *points.validation]
    if not points.training or not all(showable(value, False) for at in every for value in at):
        return None
    lines = list(_lines(points, run))
    across = linear_axis([x for x, _ in every])
    upwards = linear_axis([*(y for _, y in every), *_near(lines, across, [y for _, y in every])])
    x = scale(across.low, across.high, FRAME.left, FRAME.right)
    y = scale(upwards.low, upwards.high, FRAME.bottom, FRAME.top)
    return Fit(
        SIZE,
        FRAME,
        tuple((x(one), y(other)) for one, other in points.training),
        tuple((x(one), y(other)) for one, other in points.validation),
        tuple(_strokes(lines, across, x, y)),
        tuple(_keys(points, lines)),
        tuple(Tick(x(place), text) for place, text in across.ticks),
        tuple(Tick(y(place), text) for place, text in upwards.ticks),
        _caption(points, lines),
        _table(points, lines),
    )


def _lines(points: Points, run: TrainingRun) -> Iterator[Line]:
    """The first, the learned and the true line, as far as they are known and finite."""
    names = (points.intercept, points.slope)
    known = [("first", "1", 0), ("learned", "0", -1)]
    found = [(name, look, [run.parameters[each][at] for each in names]) for name, look, at in known]
    if set(names) <= run.truth.keys():
        found.append(("true", "2", [run.truth[each] for each in names]))
    for name, look, (at_zero, slope) in found:
        if isfinite(at_zero) and isfinite(slope):
            yield Line(name, look, at_zero, slope)


def _near(lines: Sequence[Line], across: Axis, heights: Sequence[float]) -> Iterator[float]:
    """The ends of the lines that are worth making room for."""
    room = FAR * (max(heights) - min(heights))
    for line in lines:
        ends = [line.at(across.low), line.at(across.high)]
        if min(heights) - room <= min(ends) and max(ends) <= max(heights) + room:
            yield from ends


def _strokes(lines: Sequence[Line], across: Axis, x: Place, y: Place) -> Iterator[Stroke]:
    for line in lines:
        heights = [y(line.at(end)) for end in (across.low, across.high)]
        if all(abs(height) <= FARTHEST for height in heights):
            yield Stroke(line.look, (x(across.low), heights[0]), (x(across.high), heights[1]))


def _keys(points: Points, lines: Sequence[Line]) -> Iterator[Key]:
    dots = [("training", "point"), *([("validation", "aside")] if points.validation else [])]
    for row, named in enumerate((dots, [(f"{line.name} line", line.look) for line in lines])):
        for column, (text, look) in enumerate(named):
            yield Key(LEFT + column * KEY_WIDTH, 16 + row * KEY_HEIGHT, text, look)


def _caption(points: Points, lines: Sequence[Line]) -> str:
    said = {line.name: _equation(line) for line in lines}
    aside = f", and the {len(points.validation):,} kept aside" if points.validation else ""
    parts = [f"The {len(points.training):,} points that training saw{aside}."]
    if "first" in said and "learned" in said:
        parts.append(f"Training took the line from {said['first']} to {said['learned']}.")
    elif "first" in said:
        parts.append(f"It began with {said['first']} and ended with no finite numbers.")
    if "true" in said:
        parts.append(f"The points were made as {said['true']}, plus noise.")
    return " ".join(parts)


def _equation(line: Line) -> str:
    written = _short if line.name == "true" else number
    sign = "−" if line.slope < 0 else "+"
    return f"y = {written(line.at_zero)} {sign} {written(abs(line.slope))}·x"


def _short(value: float) -> str:
    return f"{value:g}".replace("-", "−")


def _table(points: Points, lines: Sequence[Line]) -> Table:
    """Some of the training points from left to right, and the height of each line there."""
    ordered = sorted(points.training)
    rows = (
        (number(x), number(y), *(number(line.at(x)) for line in lines))
        for x, y in (ordered[row] for row in rows_of(len(ordered)))
    )
    return Table(("x", "y", *(line.name for line in lines)), tuple(rows))
