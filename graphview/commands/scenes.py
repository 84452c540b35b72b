"""Where each box of a graph stands: the one place where the commands lay out a graph."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from graphview.commands.drawn import lay_out
from graphview.commands.progress import status
from graphview.commands.view_options import AUTO, View
from graphview.errors import RootError

if TYPE_CHECKING:
    from graphview.draw.fitted import Page
    from graphview.draw.formats.picture import Picture
    from graphview.draw.scene import Scene
    from graphview.model.graph import Graph
    from graphview.model.recording import Recording

# Of the graphs the one that is drawn when nobody says which.
USUAL = "loss"
EVERYTHING = View()


def chosen_root(recording: Recording, root: str | None) -> str:
    """The graph that is meant. Errors: RootError for one that the recording lacks."""
    graphs = recording.graphs
    name = root or (USUAL if USUAL in graphs else next(reversed(graphs), USUAL))
    if name not in graphs:
        known = ", ".join(graphs) or "none"
        raise RootError(f"there is no root {name!r} in {recording.subject}; its roots are {known}.")
    return name


def scene_for(
    recording: Recording,
    name: str,
    engine: str,
    beside: Path | None,
    view: View = EVERYTHING,
    page: Page | None = None,
) -> Picture:
    """Lay out what a view shows of one of a recording's graphs: whole where small, else folded.

    Where it is free to, it folds until the picture fits its page. Errors: SelectionError for
    what is not in the graph, and those of `lay_out`, which leaves the DOT in the folder `beside`.
    """
    graph = recording.graphs[name]
    with status("Laying out"):
        from graphview.draw.fitted import ANY_PAGE, fitted
        from graphview.draw.picture import whole_dot

        page = page or ANY_PAGE
        only, detail = view.selection(graph), view.detail
        folded = partial(
            fitted,
            graph,
            page,
            view.fold,
            expand=view.expand,
            only=only,
            detail=detail,
            engine=engine,
        )
        drawing = recording.drawings.get(name)
        dot = None
        if not view.expand:
            dot = whole_dot(graph, view.fold, drawing=drawing, only=only, detail=detail)
        if dot is None:
            found = folded()
            return _picture(graph, found.scene, closed=found.closed if found.less else None)
    drawn = drawn_scene(name, graph, dot, engine, beside)
    whole = replace(drawn, scene=page.arrange(drawn.scene))
    if view.fold == AUTO and not page.fits(whole.scene):
        found = folded()
        if page.fits(found.scene):
            return _picture(graph, found.scene, closed=found.closed)
    return whole


def drawn_scene(name: str, graph: Graph, dot: str, engine: str, beside: Path | None) -> Picture:
    """Lay out a drawing of the graph. Errors: as in `scene_for`."""
    from graphview.draw.read import scene_of

    layouts = lay_out({name: dot}, engine, beside)
    return _picture(graph, scene_of(layouts[name].svg), dot)


def _picture(
    graph: Graph, scene: Scene, dot: str | None = None, closed: str | None = None
) -> Picture:
    from graphview.draw.describe import description, title
    from graphview.draw.formats.picture import Picture

    return Picture(graph, scene, title(graph), description(graph), dot, closed)
