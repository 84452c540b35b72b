"""A graph of any size -> a scene: folded, opened where asked, laid out module by module."""

from __future__ import annotations

from collections.abc import Iterable

from graphview.collector import collector_paused
from graphview.draw.detail import PLAIN, Detail
from graphview.draw.folding.compose import compose
from graphview.draw.folding.tree import tree_of
from graphview.draw.folding.view import AUTO, view_of
from graphview.draw.scene import Scene
from graphview.draw.select import Selection
from graphview.model.graph import Graph


def scene_of_graph(
    graph: Graph,
    fold: str | int = AUTO,
    *,
    expand: Iterable[str] = (),
    only: Selection | None = None,
    detail: Detail = PLAIN,
    engine: str = "auto",
) -> Scene:
    """Lay out a graph without torch.

    `fold` is auto (a first view of at most about 40 boxes), none (every node), or how many levels
    of modules are open; `expand` are paths of groups that are open besides. Errors:
    SelectionError for a path that is nowhere, LayoutError for an unknown engine.
    """
    with collector_paused():
        tree = tree_of(graph, detail, only=only)
        return compose(view_of(tree, fold, expand), detail, engine)
