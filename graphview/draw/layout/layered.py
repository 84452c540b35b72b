"""A layered drawing of our own, for what is too dense or too large for Graphviz.

After Sugiyama, Tagawa and Toda (1981): ranks by the longest path, order by barycentres, positions
by isotonic regression. All that comes from one box shares a lane through the ranks, so that dense
graphs stay readable; a lane keeps clear of boxes.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from graphview.draw.layout.problem import (
    NODE_GAP,
    RANK_GAP,
    Curve,
    Placement,
    Point,
    Problem,
    straight,
)

LANE = 6.0
SWEEPS = 4


@dataclass(slots=True)
class _Cell:
    """A box, an entry or exit, or a piece of a lane, in one rank."""

    rank: int
    width: float
    height: float
    above: list[_Cell] = field(default_factory=list)
    below: list[_Cell] = field(default_factory=list)
    order: float = 0.0
    x: float = 0.0
    y: float = 0.0


def layered(problem: Problem) -> Placement:
    """Place boxes in ranks from top to bottom."""
    return _Drawing(problem).placement()


class _Drawing:
    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.ends = [(self._tail(edge.tail), self._head(edge.head)) for edge in problem.edges]
        ranks = self._ranks()
        self.cells = [_Cell(rank, *size) for rank, size in zip(ranks, self._sizes(), strict=True)]
        self.routes: list[list[_Cell]] = []
        self.right = 0.0
        # From where to where down the page each rank reaches.
        self.spans: dict[int, tuple[float, float]] = {}
        self.lanes: dict[tuple[int, int], _Cell] = {}
        for tail, head in self.ends:
            self.routes.append(self._route(tail, head))
        # Edges against the order, each with a lane of its own right of everything.
        self.rising = {n: lane for lane, n in enumerate(self._rising())}
        self.rows = self._rows()

    # Boxes are numbered first, then entries, then exits.
    def _tail(self, place: int) -> int:
        return place if place >= 0 else len(self.problem.boxes) - 1 - place

    def _head(self, place: int) -> int:
        return place if place >= 0 else self._tail(place) + self.problem.entries

    def _sizes(self) -> list[tuple[float, float]]:
        ports = self.problem.entries + self.problem.exits
        return [*(box[:2] for box in self.problem.boxes), *[(LANE, 0.0)] * ports]

    def _ranks(self) -> list[int]:
        boxes, entries = len(self.problem.boxes), self.problem.entries
        total = boxes + entries + self.problem.exits
        forward = [(t, h) for t, h in self.ends if t < h or t >= boxes]
        ranks = [0 if boxes <= i < boxes + entries else int(entries > 0) for i in range(total)]
        # In the order of the forward pass every tail is final before it is read.
        for tail, head in sorted(forward, key=lambda edge: edge[0] if edge[0] < boxes else -1):
            ranks[head] = max(ranks[head], ranks[tail] + 1)
        self._pull_sources(ranks, forward, boxes)
        lowest = max(ranks, default=0)
        deepest = max((ranks[i] for i in range(boxes)), default=0) + 1
        for port in range(boxes + entries, total):
            ranks[port] = max(lowest, deepest)
        return ranks

    def _pull_sources(self, ranks: list[int], edges: list[tuple[int, int]], boxes: int) -> None:
        """A leaf stands right above the first that uses it."""
        fed = {head for _, head in edges}
        users: dict[int, list[int]] = defaultdict(list)
        for tail, head in edges:
            users[tail].append(ranks[head])
        for tail, used in users.items():
            if tail < boxes and tail not in fed:
                ranks[tail] = min(used) - 1

    def _route(self, tail: int, head: int) -> list[_Cell]:
        """The cells of an edge from top to bottom, with the lane that all of this tail share."""
        upper, lower = self.cells[tail], self.cells[head]
        if upper.rank >= lower.rank:
            return [upper, lower]
        route = [upper]
        for rank in range(upper.rank + 1, lower.rank):
            cell = self.lanes.get((tail, rank))
            if cell is None:
                cell = self.lanes[tail, rank] = _Cell(rank, LANE, 0.0)
                _join(route[-1], cell)
            route.append(cell)
        _join(route[-1], lower)
        route.append(lower)
        return route

    def _rising(self) -> list[int]:
        ends = enumerate((route[0], route[-1]) for route in self.routes)
        return [number for number, (tail, head) in ends if tail.rank >= head.rank]

    def _rows(self) -> list[list[_Cell]]:
        rows: dict[int, list[_Cell]] = defaultdict(list)
        for cell in (*self.cells, *self.lanes.values()):
            rows[cell.rank].append(cell)
        found = [rows[rank] for rank in sorted(rows)]
        for row in found:
            _number(row)
        for sweep in range(SWEEPS):
            down = sweep % 2 == 0
            for row in found if down else reversed(found):
                _sort(row, down=down)
        return found

    def placement(self) -> Placement:
        self._set_x()
        width, height = self._shift(), self._set_y()
        self.right = width
        if self.rising:
            width += NODE_GAP + LANE * len(self.rising)
        boxes, entries = len(self.problem.boxes), self.problem.entries
        centres = [cell.x for cell in self.cells]
        return Placement(
            width,
            height,
            tuple((c.x - c.width / 2, c.y) for c in self.cells[:boxes]),
            tuple(centres[boxes : boxes + entries]),
            tuple(centres[boxes + entries :]),
            tuple(self._curve(i) for i in range(len(self.routes))),
        )

    def _set_x(self) -> None:
        for row in self.rows:
            _spread(row, [float(i) for i in range(len(row))])
        for sweep in range(2 * SWEEPS):
            down = sweep % 2 == 0
            for row in self.rows if down else self.rows[::-1]:
                _spread(row, [_wanted(cell, down=down) for cell in row])

    def _shift(self) -> float:
        left = min((c.x - c.width / 2 for row in self.rows for c in row), default=0.0)
        for row in self.rows:
            for cell in row:
                cell.x -= left
        return max((c.x + c.width / 2 for row in self.rows for c in row), default=0.0)

    def _set_y(self) -> float:
        # Above and below all boxes something may have to turn.
        room = RANK_GAP if self.rising else 0.0
        y = 0.0 if self.problem.entries else room
        for number, row in enumerate(self.rows):
            tallest = max(cell.height for cell in row)
            # Between ranks with many edges there must be room for them to turn.
            y += 0.0 if number == 0 else RANK_GAP + min(len(row), 20)
            for cell in row:
                cell.y = y + (tallest - cell.height) / 2
            self.spans[row[0].rank] = (y, y + tallest)
            y += tallest
        return y if self.problem.exits else y + room

    def _curve(self, number: int) -> Curve:
        cells = self.routes[number]
        start, end = self._start(number), self._end(number)
        if number in self.rising:
            return self._around(number, start, end)
        points: list[Point] = [start]
        low, high = self.spans[cells[0].rank][1], self.spans[cells[-1].rank][0]
        if low > start[1]:
            # Beside taller boxes straight on; between the ranks there is room to turn.
            points += straight(start, (start[0], low))[1:]
        for cell in cells[1:-1]:
            # Past a rank the lane goes straight down.
            top, bottom = self.spans[cell.rank]
            points += straight(points[-1], (cell.x, top))[1:]
            if bottom > top:
                points += straight((cell.x, top), (cell.x, bottom))[1:]
        if end[1] > high:
            points += straight(points[-1], (end[0], high))[1:]
        points += straight(points[-1], end)[1:]
        return tuple(points)

    def _around(self, number: int, start: Point, end: Point) -> Curve:
        """Down, round to the lane on the right, up, and down into the upper box."""
        tail, head = self.routes[number][0], self.routes[number][-1]
        low, high = self.spans[tail.rank][1], self.spans[head.rank][0]
        x = self.right + NODE_GAP + LANE * self.rising[number]
        turn = RANK_GAP * 0.8
        return (
            *straight(start, (start[0], low)),
            *((start[0], low + turn), (x, low + turn), (x, low)),
            *straight((x, low), (x, high))[1:],
            *((x, high - turn), (end[0], high - turn), (end[0], high)),
            *straight((end[0], high), end)[1:],
        )

    def _start(self, number: int) -> Point:
        cell, edge = self.routes[number][0], self.problem.edges[number]
        shift = 0.0
        if edge.tail >= 0:
            shift = self.problem.boxes[edge.tail].bottoms[edge.tail_port] - cell.width / 2
        return cell.x + shift, cell.y + cell.height

    def _end(self, number: int) -> Point:
        cell, edge = self.routes[number][-1], self.problem.edges[number]
        shift = 0.0
        if edge.head >= 0:
            shift = self.problem.boxes[edge.head].tops[edge.head_port] - cell.width / 2
        return cell.x + shift, cell.y


def _join(upper: _Cell, lower: _Cell) -> None:
    upper.below.append(lower)
    lower.above.append(upper)


def _number(row: list[_Cell]) -> None:
    for place, cell in enumerate(row):
        cell.order = float(place)


def _sort(row: list[_Cell], *, down: bool) -> None:
    def barycentre(cell: _Cell) -> float:
        near = cell.above if down else cell.below
        return sum(each.order for each in near) / len(near) if near else cell.order

    row.sort(key=barycentre)
    _number(row)


def _wanted(cell: _Cell, *, down: bool) -> float:
    near = cell.above if down else cell.below
    return sum(each.x for each in near) / len(near) if near else cell.x


def _spread(row: list[_Cell], wanted: list[float]) -> None:
    """Move cells as near to where they want to be as their widths allow, keeping their order.

    The least sum of squares, by pooling neighbours that would overlap (isotonic regression).
    """
    offsets, total = [], 0.0
    for before, cell in zip([None, *row], row, strict=False):
        if before is not None:
            total += (before.width + cell.width) / 2 + NODE_GAP
        offsets.append(total)
    pools: list[tuple[float, int]] = []
    for want, offset in zip(wanted, offsets, strict=True):
        pool = (want - offset, 1)
        while pools and pools[-1][0] > pool[0]:
            value, count = pools.pop()
            together = count + pool[1]
            pool = ((value * count + pool[0] * pool[1]) / together, together)
        pools.append(pool)
    places = [value for value, count in pools for _ in range(count)]
    for cell, place, offset in zip(row, places, offsets, strict=True):
        cell.x = place + offset
