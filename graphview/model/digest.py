"""A graph's digest: equal for equal graphs, on any machine, before and after backward."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import Any

from graphview.model.graph import Graph, Node


def digest(graph: Graph) -> str:
    """SHA-256 (64 hex digits) over what the graph computes.

    Node names, attributes, edges, shapes, dtypes, devices and the names of leaves and roots
    count. Source lines, variable names and saved tensors don't: backward frees the latter, and
    moving code does not change a graph.
    """
    body = {
        "nodes": [_node(node) for node in graph.nodes],
        "leaves": [[leaf.node, leaf.name, asdict(leaf.tensor)] for leaf in graph.leaves],
        "roots": [[root.name, root.node, root.output] for root in graph.roots],
    }
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _node(node: Node) -> list[Any]:
    edges = [[edge.node, edge.output] for edge in node.inputs]
    return [node.name, node.attributes, edges, [asdict(output) for output in node.outputs]]
