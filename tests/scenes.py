"""What must hold of every scene: found by geometry alone, whoever laid it out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import combinations, product
from math import hypot

from graphview.draw.drawing import CHARACTER_WIDTH
from graphview.draw.scene import Frame, Placed, Point, Route, Scene
from graphview.draw.shapes import (
    LABEL_BASELINE,
    LABEL_SIZE,
    LONGEST_LABEL,
    MOST_SHEETS,
    SHEET,
    shown,
)

# How far, in points, a line may reach into what it should pass.
TOLERANCE = 1.0
# Between neighbouring points of a curve, at most about, and the sides of a grid's cells.
STEP, CELL = 3.0, 64.0

Rectangle = tuple[float, float, float, float]


def edges(scene: Scene) -> set[tuple[str, str]]:
    """(tail, head) of all arrows, those that pass frames followed from box to box."""
    boxes = {placed.box.id for placed in scene.boxes}
    return {(route.tail, route.head) for route in scene.routes if route.head in boxes}


def overlapping(scene: Scene) -> list[tuple[str, str]]:
    """Boxes that share more than an edge."""
    grid, found = _Grid(scene.boxes), []
    for placed in scene.boxes:
        own = _inner(_rectangle(placed))
        for other in grid.near(own):
            if other.box.id > placed.box.id and _meet(own, _rectangle(other)):
                found.append((placed.box.id, other.box.id))
    return found


def misplaced(scene: Scene) -> list[tuple[str, str]]:
    """Boxes and frames that a frame's outline, or the picture's, cuts."""
    things = [(p.box.id, _rectangle(p)) for p in scene.boxes]
    things += [(frame.id, _rectangle(frame)) for frame in scene.frames]
    page = ("picture", (0.0, 0.0, scene.width, scene.height))
    found = [(page[0], name) for name, where in things if not _inside(where, page[1])]
    for frame in scene.frames:
        around = _rectangle(frame)
        found += [
            (frame.id, name)
            for name, where in things
            if name != frame.id
            and _meet(_inner(around), where)
            and not _inside(where, around)
            and not _inside(around, where)
        ]
    return found


def frames_around(scene: Scene, name: str) -> list[str]:
    """The frames in which a box stands, from outside in."""
    (where,) = [_rectangle(placed) for placed in scene.boxes if placed.box.id == name]
    return [frame.id for frame in scene.frames if _inside(where, _rectangle(frame))]


def crossings(scene: Scene) -> list[tuple[str, str, str]]:
    """(tail, head, box) of arrows that pass through a box which is none of their ends."""
    grid, found = _Grid(scene.boxes), dict[tuple[str, str, str], None]()
    for route in scene.routes:
        for point in sampled(route.points):
            for placed in grid.near((*point, *point)):
                name = placed.box.id
                if name not in (route.tail, route.head) and _contains(placed, point):
                    found[route.tail, route.head, name] = None
    return list(found)


def struck(scene: Scene) -> list[tuple[str, str, str]]:
    """(tail, head, frame) of arrows that pass through a frame's label."""
    labels = [(frame, label_of(frame)) for frame in scene.frames]
    return [
        (route.tail, route.head, frame.id)
        for route in scene.routes
        for frame, label in labels
        if _reaches(route, label) and any(_within(label, point) for point in sampled(route.points))
    ]


def crowded(scene: Scene, least: float) -> list[tuple[str, str]]:
    """Arrows of which the heads are nearer to one another than so many points."""
    tips = [(route.id, route.points[-1]) for route in scene.routes if route.tip]
    return [
        (one, other)
        for (one, (x, y)), (other, (u, v)) in combinations(tips, 2)
        if hypot(x - u, y - v) < least
    ]


def label_of(frame: Frame) -> Rectangle:
    """Where a frame's label is written."""
    width = len(shown(frame.label, LONGEST_LABEL)) * CHARACTER_WIDTH * LABEL_SIZE
    base = frame.y + LABEL_BASELINE
    return (frame.label_x, base - 0.8 * LABEL_SIZE, frame.label_x + width, base)


def loose(scene: Scene) -> list[tuple[str, str]]:
    """Arrows that begin neither at their tail nor where another piece from there ends, and arrows
    whose tip is not at its box."""
    boxes = {placed.box.id: placed for placed in scene.boxes}
    ends = defaultdict[str, list[Point]](list)
    for route in scene.routes:
        ends[route.tail].append(route.points[-1])
    found = []
    for route in scene.routes:
        start, end = route.points[0], route.points[-1]
        begun = (route.tail in boxes and _touches(boxes[route.tail], start)) or any(
            _near(start, other) for other in ends[route.tail]
        )
        # The way goes on from a note.
        begun = begun or any(_touches(p, start) for p in scene.boxes if p.box.kind == "note")
        ended = route.head not in boxes or _touches(boxes[route.head], end)
        if not (begun and ended):
            found.append((route.tail, route.head))
    return found


def sampled(points: tuple[Point, ...]) -> Iterator[Point]:
    """Points on a chain of Béziers."""
    for at in range(0, len(points) - 1, 3):
        (x0, y0), (x1, y1), (x2, y2), (x3, y3) = points[at : at + 4]
        far = max(abs(x3 - x0), abs(y3 - y0), abs(x2 - x1), abs(y2 - y1))
        count = 8 + int(2 * far / STEP)
        for step in range(count + 1):
            t = step / count
            s = 1 - t
            a, b, c, d = s**3, 3 * s * s * t, 3 * s * t * t, t**3
            yield a * x0 + b * x1 + c * x2 + d * x3, a * y0 + b * y1 + c * y2 + d * y3


class _Grid:
    """Finds boxes near a rectangle without looking at all of them."""

    def __init__(self, boxes: Iterable[Placed]) -> None:
        self.cells = defaultdict[tuple[int, int], list[Placed]](list)
        for placed in boxes:
            for cell in _cells(_rectangle(placed)):
                self.cells[cell].append(placed)

    def near(self, where: Rectangle) -> list[Placed]:
        found = {p.box.id: p for cell in _cells(where) for p in self.cells.get(cell, ())}
        return list(found.values())


def _cells(where: Rectangle) -> Iterator[tuple[int, int]]:
    left, top, right, bottom = (int(side // CELL) for side in where)
    return product(range(left, right + 1), range(top, bottom + 1))


def _rectangle(thing: Placed | Frame) -> Rectangle:
    # With the sheets that lie behind a closed group.
    behind = isinstance(thing, Placed) and thing.box.copies > 1
    more = SHEET * MOST_SHEETS if behind else 0.0
    return thing.x, thing.y, thing.x + thing.width + more, thing.y + thing.height + more


def _inner(where: Rectangle, by: float = TOLERANCE) -> Rectangle:
    return where[0] + by, where[1] + by, where[2] - by, where[3] - by


def _meet(one: Rectangle, other: Rectangle) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _inside(small: Rectangle, large: Rectangle) -> bool:
    small = _inner(small, 0.01)
    return (
        small[0] >= large[0]
        and small[1] >= large[1]
        and small[2] <= large[2]
        and small[3] <= large[3]
    )


def _within(where: Rectangle, point: Point) -> bool:
    return where[0] < point[0] < where[2] and where[1] < point[1] < where[3]


def _contains(placed: Placed, point: Point) -> bool:
    return _within(_inner(_rectangle(placed)), point)


def _reaches(route: Route, where: Rectangle) -> bool:
    xs, ys = zip(*route.points, strict=True)
    return _meet((min(xs), min(ys), max(xs) + 0.01, max(ys)), where)


def _touches(placed: Placed, point: Point) -> bool:
    around = _inner(_rectangle(placed), -TOLERANCE)
    return _within(around, point) and not _contains(placed, point)


def _near(one: Point, other: Point) -> bool:
    return abs(one[0] - other[0]) < TOLERANCE and abs(one[1] - other[1]) < TOLERANCE
