"""Why a parameter got no gradient: what was watched, put together into one reason for each."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence

import torch

from graphview.autograd.locate import locate
from graphview.autograd.tensors import tensor_info
from graphview.model.graph import Graph, Node
from graphview.model.missing import Link, Missing
from graphview.observe.trails import Cut, Joint, Trails

MOST_LINKS = 60


def gaps(
    parameters: Mapping[str, torch.Tensor],
    *,
    graded: Collection[int],
    reached: Collection[int],
    joints: Sequence[Joint],
    trails: Trails,
) -> tuple[Missing, ...]:
    """Each of the parameters, by name, that got no gradient.

    `graded` are the ids of those that did, `reached` of those to which a backward came; `joints`
    are the cut-off values that went into any graph from which backward started.
    """
    missing = [
        _missing(name, tensor, reached, joints, trails)
        for name, tensor in parameters.items()
        if id(tensor) not in graded
    ]
    return tuple(missing)


def gap_of_root(name: str, root: torch.Tensor, trails: Trails) -> Missing:
    """Why a tensor has no graph: what it was computed from and lost on the way."""
    cuts = list(trails.lost.get(root, ()))
    info = tensor_info(root)
    if not cuts:
        return Missing(name, "root", info, "unused")
    told = _told_first(cuts, [])[0]
    trail = _longest_trail(told)
    return Missing(
        name,
        "root",
        info,
        "no_grad" if told.silent else "cut",
        told.by,
        told.source,
        trail,
        also=tuple(Link(cut.by, cut.source) for cut in cuts if cut is not told),
    )


def _missing(
    name: str,
    tensor: torch.Tensor,
    reached: Collection[int],
    joints: Sequence[Joint],
    trails: Trails,
) -> Missing:
    info = tensor_info(tensor)
    if not tensor.requires_grad:
        return Missing(name, "parameter", info, "frozen")
    if id(tensor) in reached:
        return Missing(name, "parameter", info, "nothing")
    cuts = [cut for cut in trails.cuts.values() if _has(cut, tensor)]
    open_cuts = [cut for cut in cuts if not cut.silent]
    use = trails.used.get(id(tensor))
    used = use is not None and use[0]() is tensor
    joined = [joint for joint in joints if joint.cut in cuts]
    if joined or open_cuts or (cuts and not used):
        candidates = [joint.cut for joint in joined] or open_cuts or cuts
        return _cut_off(name, tensor, _told_first(candidates, joined), joined)
    if use is not None and used:
        return Missing(name, "parameter", info, "dead end", source=locate(*use[1]))
    return Missing(name, "parameter", info, "unused")


def _cut_off(
    name: str, tensor: torch.Tensor, cuts: Sequence[Cut], joined: Sequence[Joint]
) -> Missing:
    cut, *others = cuts
    joint = next((each for each in joined if each.cut is cut), None)
    reason = "no_grad" if cut.silent else "left" if cut.left and joint is None else "cut"
    return Missing(
        name,
        "parameter",
        tensor_info(tensor),
        reason,  # type: ignore[arg-type]
        cut.by,
        cut.source,
        _trail(cut, tensor),
        None if joint is None else locate(joint.code, joint.lasti, joint.line),
        tuple(Link(other.by, other.source) for other in others),
    )


def _has(cut: Cut, tensor: torch.Tensor) -> bool:
    found = cut.leaves.get(id(tensor))
    return found is not None and found() is tensor


def _told_first(cuts: Iterable[Cut], joined: Sequence[Joint]) -> list[Cut]:
    """What went on into a graph, then what was said outright, then what left for Python."""
    known = {joint.cut for joint in joined}
    return sorted(dict.fromkeys(cuts), key=lambda cut: (cut not in known, cut.silent, cut.left))


def _trail(cut: Cut, tensor: torch.Tensor) -> tuple[Link, ...]:
    """The operations from the parameter to the cut, the shortest way."""
    for graph, leaves in cut.graphs:
        if id(tensor) in leaves:
            return _links(graph, _way(graph, leaves[id(tensor)]))
    return ()


def _longest_trail(cut: Cut) -> tuple[Link, ...]:
    """From whichever leaf is furthest: nobody asked for a certain one."""
    ways = [
        _links(graph, _way(graph, leaf)) for graph, leaves in cut.graphs for leaf in leaves.values()
    ]
    return max(ways, key=len, default=())


def _way(graph: Graph, leaf: int) -> list[Node]:
    """From the leaf's AccumulateGrad, left out, to the root, the shortest way."""
    towards: dict[int, int] = {}
    waiting = deque([graph.roots[0].node])
    seen = {graph.roots[0].node}
    while waiting:
        user = waiting.popleft()
        for edge in graph.nodes[user].inputs:
            if edge.node is not None and edge.node not in seen:
                seen.add(edge.node)
                towards[edge.node] = user
                waiting.append(edge.node)
    way, at = [], towards.get(leaf)
    while at is not None:
        way.append(graph.nodes[at])
        at = towards.get(at)
    return way


def _links(graph: Graph, way: Sequence[Node]) -> tuple[Link, ...]:
    links = [Link(node.name, graph.source_of(node)) for node in way]
    if len(links) > MOST_LINKS:
        links = links[: MOST_LINKS // 2] + links[-MOST_LINKS // 2 :]
    return tuple(links)
