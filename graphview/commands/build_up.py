"""Pictures that build one graph up: root by root, or node by node as backward walks it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from graphview.commands.scenes import scene_for
from graphview.commands.view_options import View
from graphview.errors import LayoutError, RootError
from graphview.model.graph import Graph, Root, counted, node_id, root_id

if TYPE_CHECKING:
    from graphview.draw.fitted import Page
    from graphview.draw.formats.picture import Picture
    from graphview.model.recording import Recording

ROOTS, BACKWARD = "roots", "backward"
WAYS = (ROOTS, BACKWARD)
MOST_STEPS = 200

Keys = Mapping[str, str]


def build_up(
    way: str,
    recording: Recording,
    name: str,
    engine: str,
    beside: Path | None,
    view: View,
    page: Page | None = None,
) -> list[Picture]:
    """One picture for each step, all parts of one, which is folded as a single one would be.

    Errors: RootError for a graph that no other one is part of, LayoutError for too many steps,
    and those of `scene_for`.
    """
    lay_out = partial(scene_for, engine=engine, beside=beside, view=view, page=page)
    if way == ROOTS:
        return _by_roots(recording, name, view, lay_out)
    return _by_backward(lay_out(recording, name))


def _by_backward(picture: Picture) -> list[Picture]:
    from graphview.draw.steps import backward, part_of

    steps = backward(picture.scene)
    if len(steps) > MOST_STEPS:
        raise LayoutError(
            f"backward would be {counted(len(steps), 'step')}, and at most {MOST_STEPS} are drawn; "
            "choose a smaller graph with --root."
        )
    return [
        replace(
            picture,
            scene=part_of(picture.scene, step),
            title=f"{picture.title}, step {number} of {len(steps)} of backward",
        )
        for number, step in enumerate(steps, 1)
    ]


def _by_roots(
    recording: Recording, name: str, view: View, lay_out: Callable[[Recording, str], Picture]
) -> list[Picture]:
    from graphview.draw.describe import description, title
    from graphview.draw.steps import known_in, part_of
    from graphview.report.identity import identities

    keys = identities(recording.graphs)
    names = _growing(recording.graphs, keys, name)
    if len(names) == 1:
        raise RootError(
            f"no other root's graph is part of that of {name}, so it cannot grow root by root; "
            f"give --steps {BACKWARD}."
        )
    whole = _with_roots_of(recording.graphs, keys, names)
    laid_out = lay_out(replace(recording, graphs={name: whole}, drawings={}), name)
    inside = _inside(laid_out, view)
    pictures, roots = [], 0
    for count, each in enumerate(names, 1):
        graph = recording.graphs[each]
        roots += len(graph.roots)
        known = _known(keys, names[:count], name) | {root_id(i) for i in range(roots)}
        pictures.append(
            replace(
                laid_out,
                graph=graph,
                scene=part_of(laid_out.scene, known_in(laid_out.scene, known, inside)),
                title=title(graph),
                description=description(graph),
            )
        )
    return pictures


def _inside(picture: Picture, view: View) -> dict[str, set[str]]:
    """The nodes in each folded group of a picture; it has none where all was drawn as one."""
    from graphview.draw.folding.tree import tree_of
    from graphview.draw.steps import inside_groups

    if picture.dot is not None:
        return {}
    tree = tree_of(picture.graph, view.detail, only=view.selection(picture.graph))
    return inside_groups(picture.scene, tree)


def _known(keys: Mapping[str, Keys], names: list[str], whole: str) -> set[str]:
    """What is in some of the graphs, as it is called in the whole of them; no roots."""
    known = {key for name in names for key in keys[name].values()}
    return {id_ for id_, key in keys[whole].items() if key in known and id_[:4] != "root"}


def _growing(graphs: Mapping[str, Graph], keys: Mapping[str, Keys], name: str) -> list[str]:
    """The graphs that lie wholly within one of them, from the smallest on, and then that one."""
    whole = set(keys[name].values())
    inside = [
        other
        for other in graphs
        if other != name
        and all(key in whole for id_, key in keys[other].items() if id_[:4] != "root")
    ]
    return [*sorted(inside, key=lambda other: len(graphs[other].nodes)), name]


def _with_roots_of(
    graphs: Mapping[str, Graph], keys: Mapping[str, Keys], names: list[str]
) -> Graph:
    """The largest of the graphs, with the roots of all of them."""
    whole = graphs[names[-1]]
    ids = {key: id_ for id_, key in keys[names[-1]].items()}
    numbers = {node.id: node.index for node in whole.nodes}

    def moved(graph: Graph, own: Keys) -> list[Root]:
        return [replace(root, node=numbers[ids[own[node_id(root.node)]]]) for root in graph.roots]

    roots = [root for name in names[:-1] for root in moved(graphs[name], keys[name])]
    return replace(whole, roots=(*roots, *whole.roots))
