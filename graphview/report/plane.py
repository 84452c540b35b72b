"""The plane of two parameters: contours of the loss, and the path of each loop across it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from graphview.draw.drawing import legible
from graphview.model.run import LossSurface, TrainingRun
from graphview.report.charts import LONGEST_NAME, Place, Tick, linear_axis, scale

WIDTH, HEIGHT = 640, 520
LEFT, RIGHT, TOP, BOTTOM = 56, 20, 66, 46
# For a number, and between a number and the marks.
ROOM, CLEAR = 24, 50
FARTHEST, MARGIN = 100.0, 0.08
# A path that crosses the map more often than this hides the map.
MOST_CROSSINGS = 14
MOST_POINTS = 300
AROUND = 96
LEVELS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)
MOST_LEVELS = 6
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Contour:
    """All points where the loss is `level`, as a path; `label` is where its number stands."""

    level: float
    path: str
    label: Point | None


@dataclass(frozen=True, slots=True)
class Trail:
    """The way that one loop took; `end` is where it stopped, `failed` if it broke off there.

    `look` is the number of its line's style, `drawn` how many epochs there are to see if not all.
    """

    name: str
    path: str
    end: Point
    failed: bool
    look: int
    drawn: int | None


@dataclass(frozen=True, slots=True)
class Mark:
    """A point with a name; `kind` is start, best or true."""

    kind: str
    at: Point
    text: str
    text_at: Point


@dataclass(frozen=True, slots=True)
class Plane:
    """Coordinates in the units of the SVG's viewBox, ready for the template."""

    names: tuple[str, str]
    contours: tuple[Contour, ...]
    trails: tuple[Trail, ...]
    marks: tuple[Mark, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]


@dataclass(frozen=True, slots=True)
class _Frame:
    """From values to places: x is the first parameter, y the second one, upwards."""

    x: Place
    y: Place
    low: Point
    high: Point

    def at(self, point: Point) -> Point:
        return self.x(point[0]), self.y(point[1])


def plane(surface: LossSurface, runs: Sequence[TrainingRun]) -> Plane | None:
    """Draw the runs that have both parameters; None where no point of them can be shown."""
    ways = [list(_way(surface, run)) for run in runs]
    shown = [point for way in ways for point in way]
    if not shown:
        return None
    truth = _truth(surface, runs)
    (x_ticks, x), (y_ticks, y) = _axes([*shown, surface.centre, *([truth] if truth else [])])
    frame = _Frame(x, y, (x_ticks[0][0], y_ticks[0][0]), (x_ticks[-1][0], y_ticks[-1][0]))
    return Plane(
        names=surface.names,
        contours=tuple(_contours(surface, frame)),
        trails=tuple(
            # The last one, which the others are compared with, has the first style.
            _trail(run, way, (len(runs) - 1 - place) % 4, frame)
            for place, (run, way) in enumerate(zip(runs, ways, strict=True))
            if way
        ),
        marks=tuple(_marks(shown[0], surface.centre, truth, frame)),
        x_ticks=tuple(Tick(frame.x(value), text) for value, text in x_ticks),
        y_ticks=tuple(Tick(frame.y(value), text) for value, text in y_ticks),
    )


def _way(surface: LossSurface, run: TrainingRun) -> Iterator[Point]:
    """The points of a run, as far as they are on any map."""
    columns = [run.parameters.get(name, ()) for name in surface.names]
    for point in zip(*columns, strict=False):
        if not all(abs(value) <= FARTHEST for value in point):
            return
        yield point


def _truth(surface: LossSurface, runs: Sequence[TrainingRun]) -> Point | None:
    truth = runs[-1].truth
    first, second = (truth.get(name) for name in surface.names)
    return None if first is None or second is None else (first, second)


Axis = tuple[list[tuple[float, str]], Place]


def _axes(points: Iterable[Point]) -> tuple[Axis, Axis]:
    across, up = zip(*points, strict=True)
    return _axis(across, LEFT, WIDTH - RIGHT), _axis(up, HEIGHT - BOTTOM, TOP)


def _axis(values: Sequence[float], start: float, end: float) -> Axis:
    room = MARGIN * (max(values) - min(values))
    low, high, ticks = linear_axis([min(values) - room, max(values) + room])
    return ticks, scale(low, high, start, end)


def _contours(surface: LossSurface, frame: _Frame) -> Iterator[Contour]:
    corners = [(x, y) for x in (frame.low[0], frame.high[0]) for y in (frame.low[1], frame.high[1])]
    highest = max(surface.at(*corner) for corner in corners)
    seen = [level for level in LEVELS if surface.lowest < level < highest]
    step = max(1, math.ceil(len(seen) / MOST_LEVELS))
    for level in seen[::-1][::step]:
        points = list(ellipse(surface, level))
        yield Contour(
            level,
            _path(map(frame.at, points), closed=True),
            _label(points, frame.at(surface.centre), frame),
        )


def ellipse(surface: LossSurface, level: float) -> Iterator[Point]:
    """Points all around where the loss is `level`; none below the lowest loss.

    With the hessian's eigenvalues k and axes e, these are centre + √(2·(level − lowest)/k)·e.
    """
    above = level - surface.lowest
    (uu, uv), (_, vv) = surface.hessian
    middle, apart = (uu + vv) / 2, math.hypot((uu - vv) / 2, uv)
    long, short = middle - apart, middle + apart
    if above <= 0 or long <= 0:
        return
    turn = 0.5 * math.atan2(2 * uv, uu - vv)
    for step in range(AROUND):
        angle = 2 * math.pi * step / AROUND
        u = math.sqrt(2 * above / short) * math.cos(angle)
        v = math.sqrt(2 * above / long) * math.sin(angle)
        yield (
            surface.centre[0] + u * math.cos(turn) - v * math.sin(turn),
            surface.centre[1] + u * math.sin(turn) + v * math.cos(turn),
        )


def _label(points: Sequence[Point], centre: Point, frame: _Frame) -> Point | None:
    """Where the contour's number stands: its lowest place to be seen, clear of the best fit."""
    seen = [place for place in map(frame.at, points) if _has_room(place)]
    lowest = max(seen, key=lambda place: place[1], default=None)
    if lowest is None or math.dist(lowest, centre) < CLEAR:
        return None
    return lowest


def _has_room(place: Point) -> bool:
    x, y = place
    return LEFT + ROOM <= x <= WIDTH - RIGHT - ROOM and TOP + ROOM <= y <= HEIGHT - BOTTOM - ROOM


def _trail(run: TrainingRun, way: Sequence[Point], look: int, frame: _Frame) -> Trail:
    places = list(_start([frame.at(point) for point in way]))
    return Trail(
        legible(run.name, LONGEST_NAME),
        _path(_thinned(places)),
        frame.at(way[-1]),
        bool(run.failed),
        look,
        None if len(places) == len(way) else len(places) - 1,
    )


def _start(places: Sequence[Point]) -> Iterator[Point]:
    """The path as far as it can still be followed by eye."""
    left = MOST_CROSSINGS * math.hypot(WIDTH, HEIGHT) / 2
    yield places[0]
    for before, place in pairwise(places):
        left -= math.dist(before, place)
        if left < 0:
            return
        yield place


def _thinned(places: Sequence[Point]) -> Iterator[Point]:
    """At most MOST_POINTS places and the last one, of at least one; none twice in a row."""
    kept = [place for place, _ in groupby(places)]
    yield from kept[: -1 : math.ceil(len(kept) / MOST_POINTS)]
    yield kept[-1]


def _marks(start: Point, best: Point, truth: Point | None, frame: _Frame) -> Iterator[Mark]:
    above = truth is not None and best[1] > truth[1]
    places = [("best", "best fit", best, -12 if above else 24), ("start", "start", start, 18)]
    if truth is not None:
        places.insert(1, ("true", "true values", truth, 24 if above else -12))
    named: list[Point] = []
    for kind, text, point, down in places:
        x, y = frame.at(point)
        text_at = x + 12, y + down
        # Where all is in one place, one name is enough.
        free = all(abs(text_at[1] - other[1]) > ROOM or abs(x - other[0]) > 110 for other in named)
        named += [text_at] if free else []
        yield Mark(kind, (x, y), text if free else "", text_at)


def _path(points: Iterable[Point], closed: bool = False) -> str:
    parts = [f"{x:g} {y:g}" for x, y in points]
    return f"M{'L'.join(parts)}{'Z' if closed else ''}" if parts else ""
