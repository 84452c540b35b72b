"""The picture of `graphview diff`: both graphs in one, the differences marked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from graphview.commands.output import Output
from graphview.errors import SelectionError

if TYPE_CHECKING:
    from graphview.check.diff import Pair, Side
    from graphview.compare.compared import Compared
    from graphview.compare.union import Union
    from graphview.draw.scene import Scene

# In nodes: what is drawn whole, and what is drawn of the neighbourhood of the differences.
MOST_WHOLE, MOST_NEAR = 40, 120


def draw(old: Side, new: Side, compared: Iterable[Pair], output: Output) -> None:
    """Draw one graph of both sides into a file.

    Errors: SelectionError where it is not clear which graph, or where one side has none to draw;
    OutputError, LayoutError.
    """
    from graphview.compare.union import union
    from graphview.draw.fit import Style
    from graphview.draw.formats import format_of, write_pictures
    from graphview.draw.formats.picture import Picture

    before, after, found = _chosen(old, new, compared)
    sketches = old.sketches[before], new.sketches[after]
    both = union(old.graphs[before], new.graphs[after], sketches, found)
    title = f"{after}: {old.name} beside {new.name}"
    told = "; ".join(each.told for each in found.differences) or "there is no difference"
    format = format_of(str(output.path or "-"))
    description = f"{len(found.differences)} differences: {told}."
    picture = Picture(both.graph, _scene(both), title, description)
    output.write(write_pictures([picture], format, Style()))


def _chosen(old: Side, new: Side, compared: Iterable[Pair]) -> tuple[str, str, Compared]:
    drawable = [
        (pair.old, pair.new, pair.compared)
        for pair in compared
        if pair.compared is not None and pair.old is not None and pair.new is not None
        if pair.old in old.graphs and pair.new in new.graphs
    ]
    if not drawable:
        raise SelectionError(
            "there is nothing to draw: both sides need a graph of the same root, and a baseline "
            "has none; give recordings or programs."
        )
    if len(drawable) > 1:
        names = ", ".join(str(name) for name, *_ in drawable)
        raise SelectionError(f"--picture draws one graph; choose it with --root: {names}.")
    return drawable[0]


def _scene(both: Union) -> Scene:
    from graphview.draw.detail import Detail
    from graphview.draw.engines import layout
    from graphview.draw.picture import scene_of_graph, whole_dot
    from graphview.draw.read import scene_of
    from graphview.draw.select import restrict

    detail = Detail(accumulate=False)
    only = None
    if len(both.graph.nodes) > MOST_WHOLE and both.marks:
        only = restrict(both.graph, _near(both))
    dot = whole_dot(both.graph, "none", only=only, detail=detail)
    scene = (
        scene_of_graph(both.graph, "none", only=only, detail=detail)
        if dot is None
        else scene_of(layout(dot).svg)
    )
    boxes = tuple(
        placed._replace(box=placed.box._replace(kind=both.marks[placed.box.id]))
        if placed.box.id in both.marks
        else placed
        for placed in scene.boxes
    )
    return replace(scene, boxes=boxes)


def _near(both: Union) -> frozenset[int]:
    """The differences and what is around them, as far as it can be taken in."""
    from graphview.draw.select import neighbourhood

    start = sorted(both.marked)[:MOST_NEAR]
    wide = (neighbourhood(both.graph, start, radius) for radius in (2, 1))
    return next((found for found in wide if len(found) <= MOST_NEAR), frozenset(start))
