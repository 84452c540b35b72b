"""What a layout engine drew -> a scene: only numbers and texts are taken over.

The DOT of somebody's recording may ask for more: links, pictures, and, since Graphviz does not
escape font names, attributes with script in them. None of that is looked at.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence
from itertools import chain
from math import cos, dist, radians, sin

from graphview.draw.drawing import Box
from graphview.draw.palette import EVERY_KIND, NOTE
from graphview.draw.scene import Placed, Point, Route, Scene

SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
NUMBER = re.compile(r"-?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d{1,2})?", re.IGNORECASE)
GROUP, LINK, TEXT = f"{{{SVG}}}g", f"{{{SVG}}}a", f"{{{SVG}}}text"
ELLIPSE, POLYGON, PATH = f"{{{SVG}}}ellipse", f"{{{SVG}}}polygon", f"{{{SVG}}}path"
BOX_KINDS = frozenset({*EVERY_KIND, NOTE}) - {"frame"}

Place = Callable[[float, float], Point]


def scene_of(drawn: bytes) -> Scene:
    """Read Graphviz's SVG of a drawing; see `drawing.to_dot` for the classes that tell the kinds.

    Errors: xml.etree's ParseError if `drawn` is no XML.
    """
    drawing = ET.fromstring(drawn)
    left, top, width, height = (*_numbers(drawing.get("viewBox", "")), 0.0, 0.0, 0.0, 0.0)[:4]
    graph = drawing.find(GROUP)
    groups = [] if graph is None else graph.findall(GROUP)
    place = _placing("" if graph is None else graph.get("transform", ""), left, top)
    classes = [(group.get("class", "").split(), group) for group in groups]
    boxes = [_placed(group, names[1:], place) for names, group in classes if names[:1] == ["node"]]
    routes = [_route(group, names[1:], place) for names, group in classes if names[:1] == ["edge"]]
    return Scene(width, height, tuple(boxes), tuple(route for route in routes if route is not None))


def _numbers(text: str) -> list[float]:
    return [float(number) for number in NUMBER.findall(text)]


def _placing(transform: str, left: float, top: float) -> Place:
    """From coordinates of the engine's drawing to ours: `scale(a b) rotate(d) translate(x y)`."""
    across, down, turn, right, lower = (*_numbers(transform), 1.0, 1.0, 0.0, 0.0, 0.0)[:5]
    cosine, sine = cos(radians(turn)), sin(radians(turn))

    def place(x: float, y: float) -> Point:
        x, y = x + right, y + lower
        if turn:
            x, y = x * cosine - y * sine, x * sine + y * cosine
        return x * across - left, y * down - top

    return place


def _placed(group: ET.Element, classes: list[str], place: Place) -> Placed:
    texts = list(group.iter(TEXT))
    lines = tuple("".join(text.itertext()) for text in texts)
    kind = next((name for name in classes if name in BOX_KINDS), "operation")
    box = Box(group.get("id", ""), kind, lines, _title(group))
    outline = list(chain.from_iterable([_points(shape) for shape in group.iter()]))
    # In a drawing upright or on its side these two stay corners.
    corners = [place(*corner) for corner in _opposite(outline)] if outline else []
    if not corners:
        # An engine draws no outline where the DOT asks for none.
        corners = _around([place(*_middle(text)) for text in texts], box)
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    return Placed(box, min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))


def _opposite(points: list[Point]) -> tuple[Point, Point]:
    """Two opposite corners of what is around all points."""
    xs, ys = zip(*points, strict=True)
    return (min(xs), min(ys)), (max(xs), max(ys))


def _title(group: ET.Element) -> str:
    """What Graphviz makes a link of: the tooltip."""
    link = group.find(f"{GROUP}/{LINK}")
    return "" if link is None else link.get(f"{{{XLINK}}}title", "")


def _points(shape: ET.Element) -> Sequence[Point]:
    """The corners of an outline, or what stands for them."""
    if shape.tag == ELLIPSE:
        x, y, wide, high = (_number(shape, name) for name in ("cx", "cy", "rx", "ry"))
        return (x - wide, y - high), (x + wide, y + high)
    if shape.tag in (POLYGON, PATH):
        return _pairs(shape.get("points") or shape.get("d") or "")
    return ()


def _pairs(text: str) -> list[Point]:
    numbers = _numbers(text)
    return list(zip(numbers[::2], numbers[1::2], strict=False))


def _number(element: ET.Element, name: str) -> float:
    return (*_numbers(element.get(name, "")), 0.0)[0]


def _middle(text: ET.Element) -> Point:
    return _number(text, "x"), _number(text, "y")


def _around(middles: list[Point], box: Box) -> list[Point]:
    x, y = middles[0] if middles else (0.0, 0.0)
    width, height = box.points
    return [(x - width / 2, y - height / 2), (x + width / 2, y + height / 2)]


def _route(group: ET.Element, classes: list[str], place: Place) -> Route | None:
    """An arrow; None for one without a line."""
    path = next(group.iter(PATH), None)
    points = [] if path is None else [place(*point) for point in _pairs(path.get("d", ""))]
    points = points[: (len(points) - 1) // 3 * 3 + 1]
    if len(points) < 4:
        return None
    ends = dict(name.split("-", 1) for name in classes if "-" in name)
    heads = ([place(*p) for p in _points(shape)] for shape in group.iter(POLYGON))
    tip = next((tip for head in heads if (tip := _tip(head, points))), None)
    line = (*points, *_straight(points[-1], tip)) if tip else tuple(points)
    name, tail, head = group.get("id", ""), ends.get("from", ""), ends.get("to", "")
    return Route(name, tail, head, line, tip=tip is not None)


def _tip(head: list[Point], line: list[Point]) -> Point | None:
    """The point of an arrowhead at the end of the line; None for one at its start."""
    if not head or dist(head[0], line[-1]) > dist(head[0], line[0]):
        return None
    return max(head, key=lambda corner: dist(corner, line[-1]))


def _straight(start: Point, end: Point) -> tuple[Point, Point, Point]:
    (x0, y0), (x1, y1) = start, end
    third = ((x1 - x0) / 3, (y1 - y0) / 3)
    return (x0 + third[0], y0 + third[1]), (x1 - third[0], y1 - third[1]), end
