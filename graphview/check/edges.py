"""The uses of results: what a tensor was where it was made, and what was made of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from graphview.model.graph import Graph, Node, TensorInfo


@dataclass(frozen=True, slots=True)
class Use:
    """A result of `producer` that goes into `user`; `order` is the user's in the forward pass."""

    producer: int
    user: int
    before: TensorInfo
    after: TensorInfo
    order: int


def uses(graph: Graph) -> Iterator[Use]:
    """Each edge with each result of its user that is used in turn.

    What an operation gives besides, such as the statistics of a norm, is no step on the way.
    """
    taken = taken_outputs(graph)
    for node in graph.nodes:
        results = list(_results(node, taken))
        order = node.index if node.sequence is None else node.sequence
        for edge in node.inputs:
            before = None if edge.node is None else output(graph, edge.node, edge.output)
            if edge.node is not None and before is not None:
                for after in results:
                    yield Use(edge.node, node.index, before, after, order)


def output(graph: Graph, index: int, position: int) -> TensorInfo | None:
    outputs = graph.nodes[index].outputs
    return outputs[position] if position < len(outputs) else None


def taken_outputs(graph: Graph) -> set[tuple[int, int]]:
    """(node, output) of all results that an operation takes, or that are roots."""
    found = {(root.node, root.output) for root in graph.roots}
    found.update(
        (edge.node, edge.output)
        for node in graph.nodes
        for edge in node.inputs
        if edge.node is not None
    )
    return found


def _results(node: Node, taken: set[tuple[int, int]]) -> Iterator[TensorInfo]:
    if len(node.outputs) == 1:
        yield node.outputs[0]
        return
    for position, tensor in enumerate(node.outputs):
        if (node.index, position) in taken:
            yield tensor
