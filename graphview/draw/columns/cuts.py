"""Where a scene may be cut in two from left to right, and how it is cut into columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from graphview.draw.columns.curves import Curve, halves, passes
from graphview.draw.scene import Frame, Placed, Scene
from graphview.draw.shapes import FOOT, HEADER, reach

# In points. Below what is above a cut, and above what is below it, where arrowheads are.
BELOW, ABOVE = 3.0, 10.0
# Between arrows that lead to the next column, and how many may.
LANE, MOST_LANES = 9.0, 6
# What a cut costs besides, as if its columns were higher: for each arrow after the first, for each
# frame that it cuts, and for one that stands for several.
DEAR_LANE, DEAR_FRAME, DEAR_STACK = 24.0, 6.0, 60.0
# An arrow that leans more than this, right for each step down, would have a kink where it is cut.
MOST_SLANT = 0.35

# These stay with what they belong to.
BESIDE = frozenset({"leaf", "constant", "accumulate", "note"})

Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Cut:
    """At which height, at which x arrows cross there, and how many frames lie in each other.

    `stacks` counts the frames that are cut and stand for several.
    """

    y: float
    lanes: tuple[float, ...]
    depth: int
    stacks: int = 0

    @property
    def dear(self) -> float:
        """How hard it is to go on after the cut, as if it were a length."""
        lanes = DEAR_LANE * (len(self.lanes) - 1)
        return lanes + DEAR_FRAME * self.depth + DEAR_STACK * self.stacks

    @property
    def above(self) -> float:
        """What the cut adds to the height of the column that ends with it."""
        return self.depth * FOOT + len(self.lanes) * LANE

    @property
    def below(self) -> float:
        """And to that of the column that begins with it."""
        return self.depth * HEADER + len(self.lanes) * LANE


def behind(thing: Placed | Frame) -> float:
    """How far the sheets behind something reach out, to the right and down."""
    copies = thing.copies if isinstance(thing, Frame) else thing.box.copies
    return reach(copies)


def cuts_of(scene: Scene) -> list[Cut]:
    """Where a scene may be cut, once between any two of its rows, from top to bottom."""
    beside = {placed.box.id for placed in scene.boxes if placed.box.kind in BESIDE}
    curves = [(route.tail in beside, route.points) for route in scene.routes]
    found = []
    for start, end in _gaps(scene):
        near = [each for each in curves if passes(each[1], start) or passes(each[1], end)]
        tried = (_cut(scene, y, near) for y in (start, (start + end) / 2, end))
        possible = [cut for cut in tried if cut is not None]
        if possible:
            found.append(min(possible, key=lambda cut: len(cut.lanes)))
    return found


def _gaps(scene: Scene) -> Iterator[Span]:
    """Heights at which there are only arrows, and frames around what is above and below."""
    reached = None
    for start, end in sorted(_taken(scene)):
        if reached is not None and start > reached:
            yield reached, start
        reached = end if reached is None else max(reached, end)


def _taken(scene: Scene) -> Iterator[Span]:
    """From where to where things stand; no part of a frame that is cut may be left empty."""
    for placed in scene.boxes:
        yield placed.y - ABOVE, placed.y + placed.height + behind(placed) + BELOW
    for frame in scene.frames:
        bottom = frame.y + frame.height
        inside = [placed for placed in scene.boxes if frame.holds(placed.x, placed.y)]
        first = min([placed.y for placed in inside], default=bottom)
        last = max([placed.y + placed.height for placed in inside], default=frame.y)
        yield frame.y - BELOW, first
        yield last, bottom + behind(frame) + BELOW


def _cut(scene: Scene, y: float, curves: list[tuple[bool, Curve]]) -> Cut | None:
    """A cut at this height, where nothing that stands beside something is cut from it."""
    lanes: list[float] = []
    for belongs, points in curves:
        if not passes(points, y):
            continue
        parts = halves(points, y)
        if parts is None or abs(parts.slant) > MOST_SLANT or belongs:
            return None
        # Arrows from one box run in one line.
        if all(abs(parts.x - lane) > 1 for lane in lanes):
            lanes.append(parts.x)
    around = [frame for frame in scene.frames if frame.y < y < frame.y + frame.height]
    if not lanes or len(lanes) > MOST_LANES:
        return None
    depth = max([frame.depth + 1 for frame in around], default=0)
    return Cut(y, tuple(sorted(lanes)), depth, sum(frame.copies > 1 for frame in around))


def evenly(cuts: list[Cut], height: float, count: int) -> list[Cut] | None:
    """The cuts into so many columns whose highest one is the lowest; None for too few of them.

    What a cut costs counts as height.
    """
    # For each cut, the height of the highest column so far and the cuts that led there.
    best = {cut: (cut.y + cut.above + cut.dear, [cut]) for cut in cuts}
    for _ in range(count - 2):
        longer: dict[Cut, tuple[float, list[Cut]]] = {}
        for last, (highest, chosen) in best.items():
            for cut in cuts:
                if cut.y <= last.y:
                    continue
                high = max(highest, last.below + cut.y - last.y + cut.above + cut.dear)
                if cut not in longer or high < longer[cut][0]:
                    longer[cut] = high, [*chosen, cut]
        best = longer
    ends = [
        (max(highest, last.below + height - last.y), chosen)
        for last, (highest, chosen) in best.items()
    ]
    return min(ends, key=lambda end: end[0])[1] if ends else None
