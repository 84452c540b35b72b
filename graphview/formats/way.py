"""The way through a graph, as a tree from the root down."""

from __future__ import annotations

from collections.abc import Iterator

from graphview.formats.place import place_in
from graphview.formats.style import Style
from graphview.formats.words import ELLIPSIS, harmless, shortened
from graphview.model.finding import Waypoint

FIRST, LAST = 4, 3
BRANCH = "└─ "
LONGEST_NAME = 48


def way_lines(path: tuple[Waypoint, ...], style: Style) -> Iterator[str]:
    """A line for each box; of a long way the two ends, and how many lie between."""
    steps = [_step(each, style) for each in path]
    if len(steps) > FIRST + LAST + 1:
        left = f"{ELLIPSIS} {len(steps) - FIRST - LAST:,} more"
        steps = [*steps[:FIRST], left, *steps[-LAST:]]
    for depth, step in enumerate(steps):
        yield step if depth == 0 else " " * len(BRANCH) * (depth - 1) + BRANCH + step


def _step(point: Waypoint, style: Style) -> str:
    name = shortened(point.name, LONGEST_NAME)
    kind = f" ({point.kind})" if point.kind in ("root", "leaf") else ""
    place = "" if point.source is None else f"  {place_in(point.source, style.folder)}"
    module = f"  in {shortened(point.module, LONGEST_NAME)}" if point.module else ""
    return name + kind + harmless(place) + module
