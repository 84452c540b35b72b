"""Which nodes of several graphs are one and the same: yhat's graph is part of loss's graph."""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping

from graphview.model.graph import Graph, Node, node_id, root_id
from graphview.report.kin import Kin, kin_of

Keys = dict[str, str]


def identities(graphs: Mapping[str, Graph]) -> dict[str, Keys]:
    """For each graph, a key for each leaf, node and root id; equal keys mean the same thing.

    Two nodes are the same when they have the same name, attributes, source and leaf, and their
    inputs are the same. A second such node within one graph gets a key of its own.
    """
    known: dict[Hashable, str] = {}
    return {name: _keys(graph, known) for name, graph in graphs.items()}


def kindred(
    others: Mapping[str, Graph], known: Mapping[str, Keys], own: Mapping[str, Graph]
) -> dict[str, Keys]:
    """Keys for other graphs than `own`, whose keys are `known`.

    A node that is kin to one of `own` gets that one's key; any other one a key for its kin.
    """
    found: dict[Kin, str] = {}
    for name, graph in own.items():
        for id_, kin in kin_of(graph).items():
            found.setdefault(kin, known[name][id_])
    return {
        name: {id_: found.setdefault(kin, f"k{len(found)}") for id_, kin in kin_of(graph).items()}
        for name, graph in others.items()
    }


def _keys(graph: Graph, known: dict[Hashable, str]) -> Keys:
    keys: Keys = {}
    taken: set[str] = set()
    leaves = graph.leaf_at()

    def keep(id_: str, *what: Hashable) -> None:
        copy = 0
        while (key := known.setdefault((what, copy), f"c{len(known)}")) in taken:
            copy += 1
        taken.add(key)
        keys[id_] = key

    for node in graph.nodes:
        leaf = leaves.get(node.index)
        if leaf is not None:
            keep(leaf.id, "leaf", leaf.name, leaf.tensor)
        keep(node.id, *_node(graph, node, keys), keys.get(leaf.id) if leaf else None)
    for position, root in enumerate(graph.roots):
        keep(root_id(position), "root", root.name, keys[node_id(root.node)], root.output)
    return keys


def _node(graph: Graph, node: Node, keys: Keys) -> tuple[Hashable, ...]:
    inputs = tuple(
        (edge.argument, None if edge.node is None else keys[node_id(edge.node)], edge.output)
        for edge in node.inputs
    )
    return node.name, json.dumps(node.attributes), graph.source_of(node), inputs
