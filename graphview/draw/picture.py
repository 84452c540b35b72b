"""A graph of any size -> a scene: whole where it is small, else folded and laid out by modules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from graphview.collector import collector_paused
from graphview.draw.boxes import drawing_of
from graphview.draw.detail import PLAIN, Detail
from graphview.draw.drawing import Drawing, legible_box, to_dot
from graphview.draw.engines import layout
from graphview.draw.folding.compose import compose
from graphview.draw.folding.parts import Tree
from graphview.draw.folding.tree import tree_of
from graphview.draw.folding.view import AUTO, NONE, view_of
from graphview.draw.read import scene_of
from graphview.draw.scene import Scene
from graphview.draw.select import Selection
from graphview.model.graph import Graph

# In nodes: what is taken in at one look, and what `make_dot` draws that people know.
MOST_AT_ONCE, MOST_WHOLE = 40, 200


def picture_of(
    graph: Graph,
    fold: str | int = AUTO,
    *,
    drawing: str | None = None,
    engine: str = "auto",
) -> Scene:
    """Lay out a graph as people expect it: a small one whole, a large one folded.

    `drawing` is the DOT that was recorded of it. Errors: those of `scene_of_graph`, and of a small
    graph EngineUnavailable, LayoutTimeout and LayoutError.
    """
    if not _is_whole(graph, fold):
        return scene_of_graph(graph, fold, engine=engine)
    if drawing is None:
        return scene_of_drawing(drawing_of(graph), engine=engine)
    return scene_of(layout(drawing, engine=engine).svg)


def scene_of_drawing(drawing: Drawing, *, engine: str = "auto") -> Scene:
    """Lay out a drawing as a whole: what `scene_of` reads from the layout of its DOT.

    The engine is asked for the places alone, since the texts are known. Errors: EngineUnavailable,
    LayoutTimeout, LayoutError.
    """
    scene = scene_of(layout(to_dot(drawing, texts=False), engine=engine).svg)
    boxes = {box.id: legible_box(box) for box in drawing.boxes}
    return replace(
        scene, boxes=tuple([placed._replace(box=boxes[placed.box.id]) for placed in scene.boxes])
    )


def whole_dot(
    graph: Graph,
    fold: str | int = AUTO,
    *,
    drawing: str | None = None,
    only: Selection | None = None,
    detail: Detail = PLAIN,
) -> str | None:
    """The DOT of a graph that is small enough to be drawn as a whole; None for any other.

    `drawing` is what was recorded of it, which tells no more than `PLAIN` does.
    """
    if not _is_whole(graph, fold, only):
        return None
    if drawing is None or only is not None or detail != PLAIN:
        return to_dot(drawing_of(graph, detail, only=only))
    return drawing


def _is_whole(graph: Graph, fold: str | int, only: Selection | None = None) -> bool:
    nodes = len(graph.nodes if only is None else only.nodes)
    return nodes <= {AUTO: MOST_AT_ONCE, NONE: MOST_WHOLE}.get(str(fold), 0)


def scene_of_graph(
    graph: Graph,
    fold: str | int = AUTO,
    *,
    expand: Iterable[str] = (),
    only: Selection | None = None,
    detail: Detail = PLAIN,
    engine: str = "auto",
) -> Scene:
    """Lay out a graph module by module, without torch.

    `fold` is auto (a first view of at most about 40 boxes), none (every node), or how many levels
    of modules are open; `expand` are paths of groups that are open besides. Errors: SelectionError
    for a path that is nowhere, LayoutError for an unknown engine.
    """
    with collector_paused():
        return scene_of_tree(tree_of(graph, detail, only=only), fold, expand, detail, engine)


def scene_of_tree(
    tree: Tree,
    fold: str | int = AUTO,
    expand: Iterable[str] = (),
    detail: Detail = PLAIN,
    engine: str = "auto",
) -> Scene:
    """What `scene_of_graph` gives, of a graph that is a tree already, with the same `detail`."""
    return compose(view_of(tree, fold, expand), detail, engine)
