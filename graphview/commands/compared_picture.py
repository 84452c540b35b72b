"""The picture of `graphview diff`: both graphs in one, the differences marked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from graphview.commands.output import Output
from graphview.errors import SelectionError

if TYPE_CHECKING:
    from graphview.check.diff import Side
    from graphview.compare.union import Union
    from graphview.draw.scene import Scene

# In nodes: what is drawn whole, and what is drawn of the neighbourhood of the differences.
MOST_WHOLE, MOST_NEAR = 40, 120


def draw(old: Side, new: Side, root: str | None, output: Output) -> None:
    """Draw one graph of both sides into a file.

    Errors: SelectionError where it is not clear which graph, or where one side has none to draw;
    OutputError, LayoutError.
    """
    from graphview.compare.difference import compare
    from graphview.compare.union import union
    from graphview.draw.fit import Style
    from graphview.draw.formats import format_of, write_pictures
    from graphview.draw.formats.picture import Picture

    before, after = _chosen(old, new, root)
    sketches = old.sketches[before], new.sketches[after]
    compared = compare(*sketches)
    both = union(old.graphs[before], new.graphs[after], sketches, compared)
    count = len(compared.differences)
    title = f"{after}: {old.name} beside {new.name}"
    told = "; ".join(each.told for each in compared.differences) or "there is no difference"
    format = format_of(str(output.path or "-"))
    picture = Picture(both.graph, _scene(both), title, f"{count} differences: {told}.")
    output.write(write_pictures([picture], format, Style()))


def _chosen(old: Side, new: Side, root: str | None) -> tuple[str, str]:
    from graphview.check.diff import pairs

    both = [(a, b) for a, b in pairs(old, new, root) if a is not None and b is not None]
    drawable = [(a, b) for a, b in both if a in old.graphs and b in new.graphs]
    if len(drawable) == 1:
        return drawable[0]
    if not drawable:
        raise SelectionError(
            "there is nothing to draw: both sides need a graph of the same root, and a baseline "
            "has none; give recordings or programs."
        )
    names = ", ".join(a for a, _ in drawable)
    raise SelectionError(f"--picture draws one graph; choose it with --root: {names}.")


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
        replace(placed, box=replace(placed.box, kind=both.marks[placed.box.id]))
        if placed.box.id in both.marks
        else placed
        for placed in scene.boxes
    )
    return replace(scene, boxes=boxes)


def _near(both: Union) -> frozenset[int]:
    """The differences and what is around them, as far as it can be taken in."""
    marked = both.marked
    near: dict[int, set[int]] = {}
    for producer, user in both.graph.edges():
        near.setdefault(producer, set()).add(user)
        near.setdefault(user, set()).add(producer)
    found = frozenset(sorted(marked)[:MOST_NEAR])
    for _ in range(2):
        wider = found | {other for index in found for other in near.get(index, ())}
        if len(wider) > MOST_NEAR:
            break
        found = wider
    return found
