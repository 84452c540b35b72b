"""Pictures that build one graph up: root by root, or node by node as backward walks it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from graphview.commands.scenes import drawn_scene, scene_for
from graphview.commands.view_options import View
from graphview.errors import LayoutError, RootError
from graphview.model.graph import Graph, Root, counted, node_id, root_id

if TYPE_CHECKING:
    from graphview.draw.formats.picture import Picture
    from graphview.model.recording import Recording

ROOTS, BACKWARD = "roots", "backward"
WAYS = (ROOTS, BACKWARD)
MOST_STEPS = 200

Keys = Mapping[str, str]


def build_up(
    way: str, recording: Recording, name: str, engine: str, beside: Path | None, view: View
) -> list[Picture]:
    """One picture for each step, all on one layout, so that everything keeps its place.

    Errors: RootError for a graph that no other one is part of, LayoutError for too many steps,
    and those of `scene_for`.
    """
    if way == ROOTS:
        return _by_roots(recording, name, engine, beside)
    return _by_backward(scene_for(recording, name, engine, beside, view))


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


def _by_roots(recording: Recording, name: str, engine: str, beside: Path | None) -> list[Picture]:
    from graphview.draw.boxes import drawing_of
    from graphview.draw.describe import description, title
    from graphview.draw.drawing import to_dot
    from graphview.draw.steps import part_of
    from graphview.report.identity import identities

    keys = identities(recording.graphs)
    names = _growing(recording.graphs, keys, name)
    if len(names) == 1:
        raise RootError(
            f"no other root's graph is part of that of {name}, so it cannot grow root by root; "
            f"give --steps {BACKWARD}."
        )
    whole = _with_roots_of(recording.graphs, keys, names)
    laid_out = drawn_scene(name, whole, to_dot(drawing_of(whole)), engine, beside)
    pictures, roots = [], 0
    for count, each in enumerate(names, 1):
        roots += len(recording.graphs[each].roots)
        known = {key for other in names[:count] for key in keys[other].values()}
        shown = {id_ for id_, key in keys[name].items() if key in known and id_[:4] != "root"}
        shown |= {root_id(i) for i in range(roots)}
        graph = recording.graphs[each]
        scene = part_of(laid_out.scene, shown)
        pictures.append(
            replace(
                laid_out,
                graph=graph,
                scene=scene,
                title=title(graph),
                description=description(graph),
            )
        )
    return pictures


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
