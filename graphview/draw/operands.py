"""The name of an input that autograd does not follow, read off the expression that used it."""

from __future__ import annotations

import re

from graphview.model.graph import Edge, Graph, Node

# Two names with one sign between them: `y_train_tensor - yhat`.
BINARY = re.compile(r"(?P<self>[\w.]+) *[-+*/@] *(?P<other>[\w.]+)")


def operand(graph: Graph, node: Node, argument: str | None) -> str | None:
    """What the code calls this input; None where the expression leaves any doubt.

    Python may swap the two (`2 * x` runs as x · 2), so the other one must be where it is known.
    """
    source = graph.source_of(node)
    found = BINARY.fullmatch(source.expression) if source and source.expression else None
    others = [edge for edge in node.inputs if edge.argument != argument]
    if found is None or argument not in ("self", "other") or len(others) != 1:
        return None
    known = found["other" if argument == "self" else "self"]
    return found[argument] if known == _name(graph, others[0]) else None


def _name(graph: Graph, edge: Edge) -> str | None:
    if edge.node is None:
        return None
    node = graph.nodes[edge.node]
    if node.kind == "operation":
        return node.variable
    return next((leaf.name for leaf in graph.leaves if leaf.node == node.index), None)
