"""Boxes in line with branches beside them: a residual block, an attention, a chain with a leaf.

The longest path, the spine, runs straight down. All else hangs on it in branches, each of which is
a chain itself, as wide as its widest box, or a mere lane past some boxes. What does not fit in that
is for an engine.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, product

from graphview.draw.layout.lanes import through
from graphview.draw.layout.problem import (
    BORDER_GAP,
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
from graphview.draw.layout.stack import WIDER

LANE = 2.0
# With more branches there are too many ways to hang them.
MOST_BRANCHES = 6
LEFT, RIGHT = -1, 1


@dataclass(slots=True, eq=False)
class _Cell:
    """A box, an entry or exit, or a piece of a lane, in one rank. `x` is its left edge."""

    rank: int
    outline: Outline
    x: float = 0.0

    @property
    def right(self) -> float:
        return self.x + self.outline.width


@dataclass(slots=True)
class _Branch:
    """Cells in consecutive ranks, and the ranks of the first and the last that they hang on.

    `leans` has for each edge from or to the spine on which side of the spine's own it is there, or
    0 for neither. `order` is the side on which it stands in the order of the forward pass.
    """

    cells: list[_Cell]
    start: int
    end: int
    leans: list[int]
    order: int = 0


@dataclass(slots=True)
class _Side:
    """What stands right or left of the spine: how far each rank reaches, away from x = 0."""

    way: int
    reach: dict[int, float]
    spans: list[tuple[int, int]] = field(default_factory=list)
    shifts: dict[int, float] = field(default_factory=dict)

    @property
    def far(self) -> float:
        return max(self.reach.values())

    def add(self, branch: _Branch) -> bool:
        """Put a branch outside of all that is there; False where edges would cross."""
        if not self._is_free(branch):
            return False
        shift = max(self.reach[c.rank] + NODE_GAP - self._inner(c) for c in branch.cells)
        for cell in branch.cells:
            self.reach[cell.rank] = self._inner(cell) + cell.outline.width + shift
        self.spans.append((branch.start, branch.end))
        self.shifts[id(branch)] = shift
        return True

    def _is_free(self, branch: _Branch) -> bool:
        """Whether what is there hangs within the branch, or above or below it."""
        return all(
            end <= branch.start or branch.end <= start or branch.start <= start <= end <= branch.end
            for start, end in self.spans
        )

    def _inner(self, cell: _Cell) -> float:
        return cell.x if self.way == RIGHT else -cell.right


_POINT = Outline(LANE, 0.0, (LANE / 2,), (LANE / 2,))
Joint = tuple[_Cell, int, _Cell, int]


def place_by_spine(problem: Problem) -> Placement | None:
    """Place boxes along a spine; None where they are no such thing."""
    rising = any(0 <= edge.head <= edge.tail for edge in problem.edges)
    if rising or not problem.edges:
        return None
    return _Drawing(problem).placement()


class _Drawing:
    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.places = main_path(problem)[::-1]
        self.path = [problem.edges[place] for place in self.places]
        ends = [(edge.tail, self._head(edge.head)) for edge in problem.edges]
        ranks = _ranks(problem, ends, self.path)
        self.ends = ends
        self.cells = {
            node: _Cell(rank, problem.boxes[node] if 0 <= node < len(problem.boxes) else _POINT)
            for node, rank in ranks.items()
        }
        self.last = max(ranks.values())
        self.tops, self.height = self._rows()
        # Where the spine leaves a cell of its own, and where it comes in.
        self.outs: dict[int, float] = {}
        self.ins: dict[int, float] = {}
        self.joints: list[Joint] = []
        self.lanes: list[list[_Cell]] = []
        for edge, (tail, head) in zip(problem.edges, ends, strict=True):
            self._join(edge, self.cells[tail], self.cells[head])

    def _head(self, node: int) -> int:
        """Exits are numbered after the boxes."""
        return node if node >= 0 else len(self.problem.boxes) - 1 - node

    def _join(self, edge: Edge, tail: _Cell, head: _Cell) -> None:
        """Note what an edge connects: its ends, and pieces of a lane past the ranks between."""
        lane = [_Cell(rank, _POINT) for rank in range(tail.rank + 1, head.rank)]
        self.lanes.append(lane)
        for upper, lower in pairwise([tail, *lane, head]):
            out = edge.tail_port if upper is tail else 0
            into = edge.head_port if lower is head else 0
            self.joints.append((upper, out, lower, into))

    def _rows(self) -> tuple[list[float], float]:
        """Where each rank begins, and how high all are."""
        heights = [0.0] * (self.last + 1)
        for cell in self.cells.values():
            heights[cell.rank] = max(heights[cell.rank], cell.outline.height)
        gaps = [RANK_GAP] * self.last
        tails, heads, *_ = zip(*self.problem.edges, strict=True)
        if heights[0] == 0 and _is_straight(self.path[0].tail, tails, self.problem.entries):
            gaps[0] = BORDER_GAP
        if _is_straight(self.path[-1].head, heads, self.problem.exits):
            gaps[-1] = BORDER_GAP
        self.heights = heights
        tops = [0.0]
        for height, gap in zip(heights, gaps, strict=False):
            tops.append(tops[-1] + height + gap)
        return tops, tops[-1] + heights[-1]

    def placement(self) -> Placement | None:
        spine = self._spine()
        branches = self._branches({id(cell) for cell in spine})
        if branches is None or len(branches) > MOST_BRANCHES or not self._hang(spine, branches):
            return None
        edges = zip(self.problem.edges, self.ends, self.lanes, strict=True)
        return self._placement([self._curve(*each) for each in edges])

    def _spine(self) -> list[_Cell]:
        """The cells of the longest path, each below the way out of the one before it."""
        first = self.cells[self.path[0].tail]
        spine, x = [first], [-first.outline.width / 2]
        for edge in self.path:
            upper, lower = spine[-1], self.cells[self._head(edge.head)]
            spine.append(lower)
            out, into = _port(upper, edge.tail_port, "out"), _port(lower, edge.head_port, "into")
            x.append(x[-1] + out - into)
        widest = max(cell.outline.width for cell in spine)
        least = min(x)
        if (
            max(at + c.outline.width for at, c in zip(x, spine, strict=True)) - least
            > WIDER * widest
        ):
            x = [-cell.outline.width / 2 for cell in spine]
        for cell, at in zip(spine, x, strict=True):
            cell.x = at
        for edge, upper, lower in zip(self.path, spine, spine[1:], strict=False):
            self.outs[id(upper)] = upper.x + _port(upper, edge.tail_port, "out")
            self.ins[id(lower)] = lower.x + _port(lower, edge.head_port, "into")
        return [*spine, *self._lanes_between(spine)]

    def _lanes_between(self, spine: list[_Cell]) -> Iterator[_Cell]:
        """The pieces of the spine where it passes ranks in which it has no box."""
        for place, lower in zip(self.places, spine[1:], strict=True):
            for cell in self.lanes[place]:
                cell.x = self.ins[id(lower)] - LANE / 2
                yield cell

    def _branches(self, spine: set[int]) -> list[_Branch] | None:
        """What is connected beside the spine; None where it is more than chains."""
        below: dict[int, list[Joint]] = defaultdict(list)
        above: dict[int, list[Joint]] = defaultdict(list)
        cells: dict[int, _Cell] = {}
        for joint in self.joints:
            upper, _, lower, _ = joint
            below[id(upper)].append(joint)
            above[id(lower)].append(joint)
            cells |= {id(cell): cell for cell in (upper, lower) if id(cell) not in spine}
        found = []
        for key, cell in cells.items():
            ups = [joint for joint in above[key] if id(joint[0]) not in spine]
            downs = [joint for joint in below[key] if id(joint[2]) not in spine]
            if len(ups) > 1 or len(downs) > 1:
                return None
            if not ups:
                found.append(self._chain(cell, below, above, spine))
        isolated = [cell for cell in self.cells.values() if id(cell) not in spine | cells.keys()]
        return None if isolated else found

    def _chain(
        self,
        cell: _Cell,
        below: dict[int, list[Joint]],
        above: dict[int, list[Joint]],
        spine: set[int],
    ) -> _Branch:
        """The cells from this one down, one below the other, the first at 0."""
        chain = [cell]
        while after := [joint for joint in below[id(chain[-1])] if id(joint[2]) not in spine]:
            upper, out, lower, into = after[0]
            lower.x = upper.x + _port(upper, out, "out") - _port(lower, into, "into")
            chain.append(lower)
        ranks, leans = [each.rank for each in chain], list[int]()
        for each in chain:
            for upper, out, _, _ in above[id(each)]:
                if id(upper) in spine:
                    ranks.append(upper.rank)
                    at = upper.x + _port(upper, out, "out")
                    leans.append(_sign(at - self.outs.get(id(upper), at)))
            for _, _, lower, into in below[id(each)]:
                if id(lower) in spine:
                    ranks.append(lower.rank)
                    at = lower.x + _port(lower, into, "into")
                    leans.append(_sign(at - self.ins.get(id(lower), at)))
        return _Branch(chain, min(ranks), max(ranks), leans, self._order(chain))

    def _order(self, chain: list[_Cell]) -> int:
        """Right for what comes after the boxes of the spine beside it, left for what before."""
        numbers = {id(cell): node for node, cell in self.cells.items()}
        beside = {self.cells[edge.tail].rank: edge.tail for edge in self.path}
        boxes = [(numbers[id(cell)], cell.rank) for cell in chain if id(cell) in numbers]
        found = [
            _sign(box - beside[rank]) for box, rank in boxes if box >= 0 <= beside.get(rank, -1)
        ]
        return found[0] if found else 0

    def _hang(self, spine: list[_Cell], branches: list[_Branch]) -> bool:
        """Hang each branch on one side, the short ones next to the spine; False if they cross."""
        branches = sorted(branches, key=lambda each: each.end - each.start)
        found = []
        for ways in product((RIGHT, LEFT), repeat=len(branches)):
            sides = self._sides(spine)
            if all(sides[way].add(each) for each, way in zip(branches, ways, strict=True)):
                bad = sum(_against(each, way) for each, way in zip(branches, ways, strict=True))
                turned = sum(each.order == -way for each, way in zip(branches, ways, strict=True))
                far = max(round(side.far) for side in sides.values())
                found.append((bad, turned, far, ways))
        if not found:
            return False
        *_, ways = min(found, key=lambda each: each[:3])
        sides = self._sides(spine)
        for branch, way in zip(branches, ways, strict=True):
            sides[way].add(branch)
            for cell in branch.cells:
                cell.x += way * sides[way].shifts[id(branch)]
        return True

    def _sides(self, spine: list[_Cell]) -> dict[int, _Side]:
        first, last = spine[0], max(spine, key=lambda cell: cell.rank)
        right, left = dict[int, float](), dict[int, float]()
        cells = {cell.rank: cell for cell in spine}
        for rank in range(self.last + 1):
            cell = cells.get(rank)
            if cell is None:
                # Above or below the spine, where the way on would be.
                near = first if rank < first.rank else last
                right[rank] = near.x + near.outline.width / 2
                left[rank] = -right[rank]
            else:
                right[rank], left[rank] = cell.right, -cell.x
        return {RIGHT: _Side(RIGHT, right), LEFT: _Side(LEFT, left)}

    def _curve(self, edge: Edge, ends: tuple[int, int], lane: Sequence[_Cell]) -> Curve:
        """Straight down past the ranks, with turns between them, where nothing is in the way."""
        tail, head = (self.cells[node] for node in ends)
        start: Point = (tail.x + _port(tail, edge.tail_port, "out"), self._y(tail, 1))
        end: Point = (head.x + _port(head, edge.head_port, "into"), self._y(head, 0))
        points = [start, (start[0], self._bottom(tail.rank))]
        if lane:
            x = lane[0].x + LANE / 2
            points += [(x, self.tops[lane[0].rank]), (x, self._bottom(lane[-1].rank))]
        points += [(end[0], self.tops[head.rank]), end]
        return through(*_without_stops(points))

    def _bottom(self, rank: int) -> float:
        return self.tops[rank] + self.heights[rank]

    def _y(self, cell: _Cell, lower: int) -> float:
        """The upper edge of a cell in the middle of its rank, or its lower one."""
        room = self.heights[cell.rank] - cell.outline.height
        return self.tops[cell.rank] + room / 2 + lower * cell.outline.height

    def _placement(self, curves: list[Curve]) -> Placement:
        problem = self.problem
        boxes = [self.cells[node] for node in range(len(problem.boxes))]
        ins = [self.cells[-1 - number].x + LANE / 2 for number in range(problem.entries)]
        outs = [self.cells[self._head(-1 - number)].x + LANE / 2 for number in range(problem.exits)]
        xs = [x for curve in curves for x, _ in curve] + [box.x for box in boxes] + ins + outs
        left, right = min(xs), max([*xs, *[box.right for box in boxes]])
        return Placement(
            right - left,
            self.height,
            tuple([(box.x - left, self._y(box, 0)) for box in boxes]),
            tuple([x - left for x in ins]),
            tuple([x - left for x in outs]),
            tuple([tuple([(x - left, y) for x, y in curve]) for curve in curves]),
        )


def _is_straight(end: int, ends: Sequence[int], ports: int) -> bool:
    """Whether this end of the spine is all that crosses the border there."""
    return end < 0 and ports == 1 and ends.count(end) == 1


def _port(cell: _Cell, number: int, way: str) -> float:
    """How far right of a cell's left edge an edge leaves, or comes in."""
    ports = cell.outline.bottoms if way == "out" else cell.outline.tops
    return ports[number] if ports else cell.outline.width / 2


def _ranks(problem: Problem, ends: list[tuple[int, int]], path: list[Edge]) -> dict[int, int]:
    """By the longest path; what comes from nowhere stands right above what it feeds."""
    boxes, entries, exits = len(problem.boxes), problem.entries, problem.exits
    ranks = {-1 - number: 0 for number in range(entries)}
    ranks |= {box: int(entries > 0) for box in range(boxes)}
    # In the order of the forward pass every tail is final before it is read.
    for tail, head in sorted(ends):
        if head < boxes:
            ranks[head] = max(ranks[head], ranks[tail] + 1)
    held = {edge.tail for edge in path} | {edge.head for edge in path}
    fed = {head for tail, head in ends if tail < 0}
    users: dict[int, list[int]] = defaultdict(list)
    for tail, head in sorted(ends):
        users[tail].append(head)
        if tail in fed or tail in held:
            fed.add(head)
    for box in reversed(range(boxes)):
        below = [ranks[head] for head in users[box] if head < boxes]
        if below and box not in fed and box not in held:
            ranks[box] = min(below) - 1
    lowest = max([ranks[box] for box in range(boxes)]) + 1
    return ranks | {boxes + number: lowest for number in range(exits)}


def _without_stops(points: list[Point]) -> Iterator[Point]:
    """The points at which a way begins, ends or turns."""
    yield points[0]
    for before, point, after in zip(points, points[1:], points[2:], strict=False):
        if not before[0] == point[0] == after[0] and before != point:
            yield point
    yield points[-1]


def _against(branch: _Branch, way: int) -> int:
    """How many edges of a branch on this side would cross the spine's own."""
    return sum(lean == -way for lean in branch.leans)


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)
