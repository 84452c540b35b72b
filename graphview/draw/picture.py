"""A graph of any size -> a scene: whole where it is small, else folded and laid out by modules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from graphview.collector import collector_paused
from graphview.draw.boxes import drawing_of
from graphview.draw.detail import PLAIN, Detail
from graphview.draw.drawing import to_dot
from graphview.draw.engines import layout
from graphview.draw.folding.compose import compose
from graphview.draw.folding.parts import Group, Tree
from graphview.draw.folding.tree import tree_of
from graphview.draw.folding.view import AUTO, MOST_BOXES, NONE, View, view_of
from graphview.draw.read import scene_of
from graphview.draw.scene import Scene
from graphview.draw.select import Selection
from graphview.model.graph import Graph

# In nodes: what is taken in at one look, and what `make_dot` draws that people know.
MOST_AT_ONCE, MOST_WHOLE = 40, 200
# In boxes: of a folded picture, from the first that is tried to the last.
BUDGETS = (MOST_BOXES, 32, 26, 22, 19, 17, 15, 13, 11, 9, 7, 5, 3)


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
    dot = whole_dot(graph, fold, drawing=drawing)
    if dot is None:
        return scene_of_graph(graph, fold, engine=engine)
    return scene_of(layout(dot, engine=engine).svg)


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
    nodes = len(graph.nodes if only is None else only.nodes)
    if nodes > {AUTO: MOST_AT_ONCE, NONE: MOST_WHOLE}.get(str(fold), 0):
        return None
    if drawing is None or only is not None or detail != PLAIN:
        return to_dot(drawing_of(graph, detail, only=only))
    return drawing


def scene_of_graph(
    graph: Graph,
    fold: str | int = AUTO,
    *,
    expand: Iterable[str] = (),
    only: Selection | None = None,
    detail: Detail = PLAIN,
    engine: str = "auto",
    fits: Callable[[Scene], bool] = lambda scene: True,
) -> Scene:
    """Lay out a graph module by module, without torch.

    `fold` is auto (a first view of at most about 40 boxes, and of less until it `fits`), none
    (every node), or how many levels of modules are open; `expand` are paths of groups that are open
    besides. What doesn't fit leaves out the notes at its arrows first. Errors: SelectionError for a
    path that is nowhere, LayoutError for an unknown engine.
    """
    paths = tuple(expand)
    with collector_paused():
        tree = tree_of(graph, detail, only=only)
        for view, notes in _views(tree, fold, paths):
            scene = compose(view, detail, engine, notes=notes)
            if fits(scene):
                break
        return scene


def _views(tree: Tree, fold: str | int, paths: tuple[str, ...]) -> Iterator[tuple[View, bool]]:
    """Views that show less and less, each with notes at its arrows where it has some, then without.

    A smaller budget that opens the same groups would give the same picture again.
    """
    tried = list[set[Group]]()
    for most in BUDGETS if fold == AUTO else BUDGETS[:1]:
        view = view_of(tree, fold, paths, most)
        if view.opened not in tried:
            tried.append(view.opened)
            yield from ((view, notes) for notes in ((False,) if view.spread else (True, False)))
