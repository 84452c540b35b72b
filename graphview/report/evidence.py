"""The numbers of the backward pass on the cards: what each thing was, and what arrived there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from graphview.model.backward import Backward, TensorValues
from graphview.model.graph import Graph, node_id, root_id
from graphview.model.recording import Recording
from graphview.report.amount import summary
from graphview.report.identity import Keys

Fact = tuple[str, str]
RESULT = "result in numbers"


def evidence(recording: Recording, keys: Mapping[str, Keys]) -> dict[str, list[Fact]]:
    """Facts by the key of a card; nothing for what the pass did not see."""
    backward = recording.backward
    walked = recording.graphs.get(backward.graph) if backward else None
    if backward is None or walked is None:
        return {}
    own = keys[backward.graph]
    found = {own[id_]: facts for id_, facts in _of_nodes(backward, walked)}
    # yhat is no root of loss's graph, but the node that made it stands there.
    walked_nodes = {own[node.id]: node.index for node in walked.nodes}
    for name, graph in recording.graphs.items():
        for position, root in enumerate(graph.roots):
            made = walked_nodes.get(keys[name][node_id(root.node)])
            if made is not None:
                found[keys[name][root_id(position)]] = list(
                    _of_root(backward, walked, made, root.name)
                )
    return found


def _of_nodes(backward: Backward, graph: Graph) -> Iterator[tuple[str, list[Fact]]]:
    arrived = {step.node: step.arrived for step in backward.steps}
    for leaf in graph.leaves:
        values = backward.values[leaf.node]
        facts = [*_fact("value", values.result), *_fact(".grad after backward", values.gradient)]
        yield leaf.id, facts
    for node, values in zip(graph.nodes, backward.values, strict=True):
        result = None if node.kind == "accumulate" else values.result
        facts = [*_fact(RESULT, result), *_fact("gradient that arrived", arrived.get(node.index))]
        yield node.id, facts


def _of_root(backward: Backward, graph: Graph, node: int, name: str) -> Iterator[Fact]:
    values, start = backward.values[node], graph.roots[0]
    yield from _fact(RESULT, values.result)
    if node == start.node:
        yield from _fact("gradient that backward starts with", values.gradient)
    else:
        yield from _fact(f"gradient of {start.name} by {name}", values.gradient)


def _fact(name: str, values: TensorValues | None) -> Iterator[Fact]:
    if values is not None:
        yield name, summary(values)
