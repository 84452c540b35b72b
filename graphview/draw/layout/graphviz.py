"""A problem as DOT, laid out by an engine, and the answer read back from the plain format.

A box with ports is a record. Graphviz makes the fields of a record as wide as their text, which is
how we say where a port is: so many characters of Courier left of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from math import isfinite

from graphview.draw.drawing import CHARACTER_WIDTH
from graphview.draw.engines import positions
from graphview.draw.layout.lanes import Rectangle, tidied
from graphview.draw.layout.problem import (
    NODE_GAP,
    RANK_GAP,
    Curve,
    Edge,
    Outline,
    Placement,
    Point,
    Problem,
    main_path,
)
from graphview.errors import EngineUnavailable

POINTS_AN_INCH = 72
# Beyond these an engine takes seconds, and what it draws is no clearer.
MOST_BOXES, MOST_EDGES = 90, 160
SECONDS = 5.0
# Small, for the sake of precision; Graphviz rounds the width of smaller text.
PORT_FONT = 5.0
IN_LINE, STRAIGHT = 3, 8
COLUMN = PORT_FONT * CHARACTER_WIDTH


def is_small(problem: Problem) -> bool:
    """Whether an engine answers at once."""
    return len(problem.boxes) <= MOST_BOXES and len(problem.edges) <= MOST_EDGES


def place_by_graphviz(problem: Problem, engine: str) -> Placement | None:
    """Ask an engine; None where it would draw an edge through a box, and cannot be helped.

    Errors: EngineUnavailable, LayoutTimeout, LayoutError.
    """
    answer = positions("\n".join(_dot(problem)), engine=engine, timeout=SECONDS)
    if not answer.rstrip().endswith("stop"):
        raise EngineUnavailable("the layout engine's answer breaks off; try another engine.")
    try:
        return _Answer(problem, answer).placement()
    except (KeyError, ValueError, IndexError):
        raise EngineUnavailable(
            "the layout engine's answer is not about the graph that it was given; "
            "try another engine."
        ) from None


def _dot(problem: Problem) -> Iterator[str]:
    yield "digraph {"
    yield f"graph [nodesep={_inches(NODE_GAP)} ranksep={_inches(RANK_GAP)}]"
    yield f'node [fixedsize=true fontname="Courier" fontsize={PORT_FONT:g} margin=0]'
    yield 'node [shape=box label=""]'
    yield "edge [arrowhead=none]"
    for place, box in enumerate(problem.boxes):
        size = f"width={_inches(box.width)} height={_inches(box.height)}"
        yield f"b{place} [{size}{_record(box)}]"
    for rank, letter, count in (("source", "i", problem.entries), ("sink", "o", problem.exits)):
        points = (f"{letter}{n} [shape=point width=.02 height=.02]" for n in range(count))
        yield f"{{ rank={rank} {' '.join(points)} }}" if count else ""
    main = set(main_path(problem))
    for place, edge in enumerate(problem.edges):
        weight = f" [weight={STRAIGHT}]" if place in main else ""
        yield f"{_tail(problem, edge)} -> {_head(problem, edge)}{weight}"
    for tail, head in _in_line(problem):
        yield f"b{tail} -> b{head} [style=invis weight={IN_LINE}]"
    yield "}"


def _in_line(problem: Problem) -> Iterator[tuple[int, int]]:
    """Groups that follow one another, and boxes with several edges between them.

    Of several edges one is drawn straight, and of groups the ports are in line; without a hold the
    boxes of a long chain would wander off sideways.
    """
    pairs = Counter((edge.tail, edge.head) for edge in problem.edges)
    for (tail, head), count in pairs.items():
        if tail >= 0 and head >= 0:
            groups = all(_has_ports(problem.boxes[place]) for place in (tail, head))
            if groups or count > 1:
                yield tail, head


def _inches(points: float) -> str:
    return f"{points / POINTS_AN_INCH:.4f}"


def _record(box: Outline) -> str:
    if not _has_ports(box):
        return ""
    rows = _row(box.tops, box.width, "t"), _row(box.bottoms, box.width, "b")
    return f' shape=record label="{{{{{rows[0]}}}|{{{rows[1]}}}}}"'


def _has_ports(box: Outline) -> bool:
    middle = box.width / 2
    return any(abs(x - middle) > COLUMN / 2 for x in (*box.tops, *box.bottoms))


def _row(ports: tuple[float, ...], width: float, letter: str) -> str:
    """Fields with a port each, from left to right, and between them text of the right width."""
    fields, at = [], 0
    for x, number in sorted((x, number) for number, x in enumerate(ports)):
        column = round(x / COLUMN)
        fields += ["x" * max(column - at, 0), f"<{letter}{number}>"]
        at = max(at, column)
    return "|".join([*fields, "x" * max(round(width / COLUMN) - at, 0)])


def _tail(problem: Problem, edge: Edge) -> str:
    if edge.tail < 0:
        return f"i{-1 - edge.tail}"
    port = f":b{edge.tail_port}" if _has_ports(problem.boxes[edge.tail]) else ""
    return f"b{edge.tail}{port}:s"


def _head(problem: Problem, edge: Edge) -> str:
    if edge.head < 0:
        return f"o{-1 - edge.head}"
    port = f":t{edge.head_port}" if _has_ports(problem.boxes[edge.head]) else ""
    return f"b{edge.head}{port}:n"


class _Answer:
    """What the plain format says, in points and downwards."""

    def __init__(self, problem: Problem, text: str) -> None:
        self.problem = problem
        self.spots: dict[str, Point] = {}
        self.curves: dict[tuple[str, str], list[Curve]] = {}
        self.width = self.height = 0.0
        for line in text.splitlines():
            what, *fields = line.split(" ")
            if what == "graph":
                self.width, self.height = (float(f) * POINTS_AN_INCH for f in fields[1:3])
            elif what == "node":
                name, x, y = fields[:3]
                self.spots[name] = self._point(x, y)
            elif what == "edge":
                self._add_curve(fields)

    def _add_curve(self, fields: list[str]) -> None:
        numbers = fields[3 : 3 + 2 * int(fields[2])]
        points = zip(numbers[::2], numbers[1::2], strict=True)
        curve = tuple(self._point(x, y) for x, y in points)
        self.curves.setdefault((fields[0], fields[1]), []).append(curve)

    def _point(self, x: str, y: str) -> Point:
        point = float(x) * POINTS_AN_INCH, self.height - float(y) * POINTS_AN_INCH
        if not all(map(isfinite, point)):
            raise ValueError(f"({x}, {y}) is nowhere")
        return point

    def placement(self) -> Placement | None:
        problem = self.problem
        corners = []
        for place, box in enumerate(problem.boxes):
            x, y = self.spots[f"b{place}"]
            corners.append((x - box.width / 2, y - box.height / 2))
        entries = [self.spots[f"i{n}"][0] for n in range(problem.entries)]
        exits = [self.spots[f"o{n}"][0] for n in range(problem.exits)]
        curves = [curve for edge in problem.edges if (curve := self._curve(edge, corners))]
        if len(curves) < len(problem.edges):
            return None
        # Curves that became simpler leave room at the sides.
        rights = (x + box.width for box, (x, _) in zip(problem.boxes, corners, strict=True))
        xs = [x for curve in curves for x, _ in curve] + [x for x, _ in corners]
        left, right = min(xs + entries + exits), max([*xs, *rights, *entries, *exits])
        return Placement(
            right - left,
            self.height,
            tuple((x - left, y) for x, y in corners),
            tuple(x - left for x in entries),
            tuple(x - left for x in exits),
            tuple(tuple((x - left, y) for x, y in curve) for curve in curves),
        )

    def _curve(self, edge: Edge, corners: list[Point]) -> Curve | None:
        ends = (edge.tail, edge.head)
        others = [box for place, box in enumerate(self._rectangles(corners)) if place not in ends]
        return tidied(self._routed(edge, corners), others)

    def _rectangles(self, corners: list[Point]) -> Iterator[Rectangle]:
        for box, (x, y) in zip(self.problem.boxes, corners, strict=True):
            yield x, y, x + box.width, y + box.height

    def _routed(self, edge: Edge, corners: list[Point]) -> Curve:
        """The engine's curve, moved by the little that its ends are off ours."""
        tail = f"b{edge.tail}" if edge.tail >= 0 else f"i{-1 - edge.tail}"
        head = f"b{edge.head}" if edge.head >= 0 else f"o{-1 - edge.head}"
        between = self.curves[tail, head]
        first, second, *_, third, last = curve = between.pop(0)
        start, end = (self.spots[tail][0], 0.0), (self.spots[head][0], self.height)
        if edge.tail >= 0:
            box, (x, y) = self.problem.boxes[edge.tail], corners[edge.tail]
            start = (x + box.bottoms[edge.tail_port], y + box.height)
        if edge.head >= 0:
            box, (x, y) = self.problem.boxes[edge.head], corners[edge.head]
            end = (x + box.tops[edge.head_port], y)
        return (start, _moved(second, first, start), *curve[2:-2], _moved(third, last, end), end)


def _moved(point: Point, before: Point, now: Point) -> Point:
    return point[0] + now[0] - before[0], point[1] + now[1] - before[1]
