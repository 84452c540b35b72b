"""Why a parameter got no gradient: what was watched, put together into one reason for each."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence

import torch

from graphview.autograd.tensors import tensor_info
from graphview.model.graph import Graph, Node, TensorInfo, counted
from graphview.model.missing import Link, Missing, Reason
from graphview.observe.leaves import LeafFacts
from graphview.observe.trails import Cut, Joint, Trails

MOST_LINKS = 60


def gaps(trails: Trails, joints: Sequence[Joint]) -> tuple[Missing, ...]:
    """Each parameter of a trained model that got no gradient.

    `joints` are the cut-off values that went into any graph from which backward started.
    """
    trails.leaves.look()
    of_interest = [facts for facts in trails.leaves.of_interest() if not facts.graded]
    return tuple(gap_of_leaf(facts.title, facts, trails, joints) for facts in of_interest)


def gap_of_root(name: str, root: torch.Tensor, trails: Trails) -> Missing:
    """Why a tensor has no graph: what it was computed from and lost on the way."""
    cuts, info = trails.cuts_behind(root), tensor_info(root)
    if not cuts:
        return _made_of_nothing(name, info, trails)
    cut, *others = _told_first(cuts, ())
    # Of whichever leaf is furthest: nobody asked for a certain one.
    ways = (_links(graph, leaf) for graph, leaves in cut.graphs for leaf in leaves.values())
    trail = (*max(ways, key=len, default=()), *_in_block(cut))
    reason: Reason = "no_grad" if cut.silent else "cut"
    return Missing(name, "root", info, reason, cut.by, cut.source, trail, also=_linked(others, cut))


def _made_of_nothing(name: str, info: TensorInfo, trails: Trails) -> Missing:
    """A root that no tensor with a gradient was followed to, and what may have been meant."""
    left = next((cut for cut in reversed(trails.cuts.values()) if cut.left), None)
    if left is not None:
        # The last one: what is made of its value cannot be told from other numbers.
        return Missing(name, "root", info, "left", left.by, left.source)
    trails.leaves.look()
    leaves = trails.leaves.all
    if any(facts.used is not None for facts in leaves):
        return Missing(name, "root", info, "dead end")
    frozen = leaves and not any(facts.wants_gradient for facts in leaves)
    return Missing(name, "root", info, "frozen" if frozen else "unused")


def gap_of_leaf(name: str, facts: LeafFacts, trails: Trails, joints: Sequence[Joint]) -> Missing:
    """Why a leaf got no gradient. `joints` as in `gaps`."""
    if not facts.wants_gradient:
        return Missing(name, "parameter", facts.tensor, "frozen")
    if facts.reached:
        return Missing(name, "parameter", facts.tensor, "nothing")
    cuts = [cut for cut in trails.cuts.values() if facts in cut.leaves]
    joined = [joint for joint in joints if joint.cut in cuts]
    outright = [cut for cut in cuts if not cut.silent]
    if joined or outright or (cuts and facts.used is None):
        candidates = [joint.cut for joint in joined] or outright or cuts
        return _cut_off(name, facts, _told_first(candidates, joined), joined)
    if facts.used is not None:
        return Missing(name, "parameter", facts.tensor, "dead end", source=facts.used)
    return Missing(name, "parameter", facts.tensor, "unused")


def _cut_off(name: str, facts: LeafFacts, cuts: Sequence[Cut], joined: Sequence[Joint]) -> Missing:
    cut, *others = cuts
    joint = next((each for each in joined if each.cut is cut), None)
    return Missing(
        name,
        "parameter",
        facts.tensor,
        _reason(cut, joint),
        cut.by,
        cut.source,
        _trail(cut, facts),
        None if joint is None else joint.source,
        _linked(others, cut),
    )


def _reason(cut: Cut, joint: Joint | None) -> Reason:
    if cut.silent:
        return "no_grad"
    return "left" if cut.left and joint is None else "cut"


def _told_first(cuts: Iterable[Cut], joined: Sequence[Joint]) -> list[Cut]:
    """What went on into a graph, then what was said outright, then what left for Python."""
    known = {joint.cut for joint in joined}
    return sorted(dict.fromkeys(cuts), key=lambda cut: (cut not in known, cut.silent, cut.left))


def _linked(cuts: Iterable[Cut], told: Cut) -> tuple[Link, ...]:
    """Each once: a block in which gradients are off cuts at each of its calls."""
    links = dict.fromkeys(Link(cut.by, cut.source) for cut in cuts)
    return tuple(link for link in links if link != Link(told.by, told.source))


def _trail(cut: Cut, facts: LeafFacts) -> tuple[Link, ...]:
    """The operations from the parameter to the cut, the shortest way."""
    found = (_links(graph, leaves[facts]) for graph, leaves in cut.graphs if facts in leaves)
    return (*next(found, ()), *_in_block(cut))


def _in_block(cut: Cut) -> tuple[Link, ...]:
    """The call itself, where it is a block around it that cut."""
    return () if cut.block is None else (Link(cut.call, cut.at),)


def _links(graph: Graph, leaf: int) -> tuple[Link, ...]:
    links = [Link(node.name, graph.source_of(node)) for node in _way(graph, leaf)]
    return tuple(_in_short(links))


def _in_short(links: list[Link]) -> list[Link]:
    """Both ends of a very long way; between them a link that says how many are left out."""
    if len(links) <= MOST_LINKS:
        return links
    end = MOST_LINKS // 2
    between = Link(counted(len(links) - 2 * end, "more operation"), None)
    return [*links[:end], between, *links[-end:]]


def _way(graph: Graph, leaf: int) -> list[Node]:
    """From the leaf's AccumulateGrad, left out, to the root, the shortest way."""
    root = graph.roots[0].node
    towards: dict[int, int] = {}
    waiting, seen = deque([root]), {root}
    while waiting:
        user = waiting.popleft()
        for edge in graph.nodes[user].inputs:
            if edge.node is not None and edge.node not in seen:
                seen.add(edge.node)
                towards[edge.node] = user
                waiting.append(edge.node)
    way, at = list[Node](), towards.get(leaf)
    while at is not None:
        way.append(graph.nodes[at])
        at = towards.get(at)
    return way
