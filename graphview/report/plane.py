"""The plane of two parameters: contours of the loss, and the path of each loop across it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from operator import itemgetter

from graphview.draw.drawing import legible
from graphview.model.run import LossSurface, TrainingRun
from graphview.report.axes import Place, Tick, labels, nice, scale, spread
from graphview.report.charts import LONGEST_NAME
from graphview.report.contours import ellipse, levels
from graphview.report.placing import LETTER, TALL, Box, Room, along, around, text_box

WIDTH, HEIGHT = 640, 600
LEFT, RIGHT, TOP, BOTTOM = 60, 20, 66, 46
FRAME = Box(LEFT, TOP, WIDTH - RIGHT, HEIGHT - BOTTOM)
FARTHEST, MARGIN = 100.0, 0.07
# A path that crosses the map more often than this hides the map.
MOST_CROSSINGS = 9
MOST_POINTS = 300
# Around a mark, and from it to its name.
REACH, ASIDE = 10, 14
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Contour:
    """All points where the loss is `level`, as a path; its number stands at `label`."""

    level: float
    path: str
    label: Point


@dataclass(frozen=True, slots=True)
class Trail:
    """The way that one loop took; `end` is where it stopped, `failed` if it broke off there.

    `look` is the number of its line's style. `drawn` is how many steps there are to see if not
    all, and `lost` says that the rest lies off any map.
    """

    name: str
    path: str
    end: Point
    failed: bool
    look: int
    drawn: int | None
    lost: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """A point with a name; `kind` is start, best, true, or broke where a loop broke off."""

    kind: str
    at: Point
    text: str
    text_at: Point

    @property
    def anchor(self) -> str:
        """Which end of the name is at its place: the one towards the mark."""
        return "end" if self.text_at[0] < self.at[0] else "start"


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
class Map:
    """From values to places, both ways on one scale: x is the first parameter, y the second."""

    x: Place
    y: Place
    low: Point
    high: Point

    def at(self, point: Point) -> Point:
        return self.x(point[0]), self.y(point[1])


def plane(surface: LossSurface, runs: Sequence[TrainingRun]) -> Plane | None:
    """Draw the runs that reach the map; None where none does."""
    runs = [run for run in runs if reaches_map(surface, run)]
    if not runs:
        return None
    ways = [list(_way(surface, run)) for run in runs]
    shown = [point for way in ways for point in way]
    truth = _truth(surface, runs)
    map_ = _map([*shown, surface.centre, *([truth] if truth else [])])
    paths = [list(_start([map_.at(point) for point in way])) for way in ways]
    room = Room(FRAME, [place for path in paths for place in along(path)])
    room.taken += _taken(surface.names)
    # A name beside the end of a path would be taken for that path's.
    room.taken += [around(path[-1], REACH) for path in paths]
    marks = [*_marks(shown[0], surface.centre, truth, map_, room)]
    failed = [(run.name, path[-1]) for run, path in zip(runs, paths, strict=True) if run.failed]
    marks += [_named("broke", name, place, room) for name, place in failed]
    # The last one, which the others are compared with, has the first style.
    trails = tuple(
        _trail(run, way, path, (len(runs) - 1 - place) % 4)
        for place, (run, way, path) in enumerate(zip(runs, ways, paths, strict=True))
    )
    contours = tuple(_contours(surface, map_, room))
    return Plane(surface.names, contours, trails, tuple(marks), *_ticks(map_))


def reaches_map(surface: LossSurface, run: TrainingRun) -> bool:
    """Whether there is anything to draw of a run."""
    return any(True for _ in _way(surface, run))


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


def _map(points: Iterable[Point]) -> Map:
    """Holds all the points; one unit is as long upwards as across, which keeps right angles."""
    across, up = map(spread, zip(*points, strict=True))
    wide, high = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    unit = max((across[1] - across[0]) / wide, (up[1] - up[0]) / high) * (1 + 2 * MARGIN)
    (x_low, x_high), (y_low, y_high) = (
        (sum(ends) / 2 - unit * length / 2, sum(ends) / 2 + unit * length / 2)
        for ends, length in ((across, wide), (up, high))
    )
    x = scale(x_low, x_high, LEFT, WIDTH - RIGHT)
    y = scale(y_low, y_high, HEIGHT - BOTTOM, TOP)
    return Map(x, y, (x_low, y_low), (x_high, y_high))


def _ticks(map_: Map) -> tuple[tuple[Tick, ...], tuple[Tick, ...]]:
    step = nice((map_.high[1] - map_.low[1]) / 5)
    across, up = (
        [i * step for i in range(math.ceil(low / step), math.floor(high / step) + 1)]
        for low, high in zip(map_.low, map_.high, strict=True)
    )
    return (
        tuple(Tick(map_.x(at), text) for at, text in zip(across, labels(across), strict=True)),
        tuple(Tick(map_.y(at), text) for at, text in zip(up, labels(up), strict=True)),
    )


def _taken(names: tuple[str, str]) -> list[Box]:
    """Where the names of the axes stand: at the right end, and at the top."""
    across, up = (LETTER * len(legible(name, LONGEST_NAME)) + ASIDE for name in names)
    return [
        Box(FRAME.right - across, FRAME.bottom - TALL - ASIDE, FRAME.right, FRAME.bottom),
        Box(FRAME.left, FRAME.top, FRAME.left + up, FRAME.top + TALL + ASIDE),
    ]


def _contours(surface: LossSurface, map_: Map, room: Room) -> Iterator[Contour]:
    """Those with room for their number."""
    (left, low), (right, high) = map_.low, map_.high
    highest = max(surface.at(x, y) for x in (left, right) for y in (low, high))
    for level in levels(surface.lowest, highest):
        places = list(map(map_.at, ellipse(surface, level)))
        label = room.best(_label_places(f"{level:g}", places))
        if label:
            yield Contour(level, _path(places, closed=True), label)


def _label_places(text: str, places: Sequence[Point]) -> Iterator[tuple[Point, Box]]:
    """On the curve, from its lowest place upwards."""
    half = LETTER * len(text) / 2 + 4
    for x, y in sorted(places, key=itemgetter(1), reverse=True):
        yield (x, y), Box(x - half, y - TALL / 2, x + half, y + TALL / 2)


def _trail(run: TrainingRun, way: Sequence[Point], path: Sequence[Point], look: int) -> Trail:
    return Trail(
        legible(run.name, LONGEST_NAME),
        _path(thinned(path)),
        path[-1],
        bool(run.failed),
        look,
        None if len(path) == len(way) else len(path) - 1,
        len(way) <= run.steps,
    )


def _start(places: Sequence[Point]) -> Iterator[Point]:
    """The path as far as it can still be followed by eye."""
    left = MOST_CROSSINGS * math.hypot(WIDTH, HEIGHT) / 2
    yield from places[:1]
    for before, place in pairwise(places):
        left -= math.dist(before, place)
        if left < 0:
            return
        yield place


def thinned(places: Sequence[Point]) -> list[Point]:
    """At most MOST_POINTS: the ends, and of each stretch what lies farthest to the four sides."""
    kept = [place for place, _ in groupby(places)]
    if len(kept) <= MOST_POINTS:
        return kept
    step = math.ceil(4 * len(kept) / (MOST_POINTS - 6))
    found = {0, len(kept) - 1}
    for start in range(0, len(kept), step):
        stretch = range(start, min(start + step, len(kept)))
        for side in (0, 1):
            found.add(min(stretch, key=lambda index: kept[index][side]))
            found.add(max(stretch, key=lambda index: kept[index][side]))
    return [kept[index] for index in sorted(found)]


def _marks(start: Point, best: Point, truth: Point | None, map_: Map, room: Room) -> Iterator[Mark]:
    named = [("best", "best fit", best), ("start", "start", start)]
    if truth is not None:
        named.insert(1, ("true", "true values", truth))
    places = [map_.at(point) for _, _, point in named]
    room.taken += [around(place, REACH) for place in places]
    for (kind, text, _), place in zip(named, places, strict=True):
        yield _named(kind, text, place, room)


def _named(kind: str, text: str, place: Point, room: Room) -> Mark:
    """Where all is in one place there is no room for each name."""
    text = legible(text, LONGEST_NAME)
    text_at = room.best(_beside(text, place))
    return Mark(kind, place, text if text_at else "", text_at or place)


def _beside(text: str, place: Point) -> Iterator[tuple[Point, Box]]:
    """To the right or the left, above or below or level."""
    x, y = place
    for down in (-ASIDE, ASIDE + TALL / 2, TALL / 4):
        right, left = (x + ASIDE, y + down), (x - ASIDE, y + down)
        yield right, text_box(text, right)
        yield left, text_box(text, (left[0] - LETTER * len(text), left[1]))


def _path(points: Iterable[Point], closed: bool = False) -> str:
    parts = [f"{x:g} {y:g}" for x, y in points]
    return f"M{'L'.join(parts)}{'Z' if closed else ''}" if parts else ""
