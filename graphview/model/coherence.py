"""Whether the parts of a graph or recording fit together, so that its readers need not ask."""

from __future__ import annotations

from collections.abc import Iterator

from graphview.model.graph import Graph, Leaf, Node, Root
from graphview.model.recording import Recording, TrainingRun


def faults_of_recording(recording: Recording) -> Iterator[str]:
    """What is wrong, a clause each; nothing for a recording that graphview wrote."""
    for name, graph in recording.graphs.items():
        yield from (f"in graph {name}, {fault}" for fault in faults_of_graph(graph))
    if recording.drawings.keys() != recording.graphs.keys():
        yield "its drawings are not those of its graphs"
    if recording.run is not None:
        yield from _faults_of_run(recording.run)


def faults_of_graph(graph: Graph) -> Iterator[str]:
    """What is wrong, a clause each: indices that lead nowhere, nodes out of order."""
    if not graph.roots:
        yield "there is no root"
    for position, node in enumerate(graph.nodes):
        yield from _faults_of_node(graph, position, node)
    ends: tuple[Leaf | Root, ...] = (*graph.leaves, *graph.roots)
    for end in ends:
        if not 0 <= end.node < len(graph.nodes):
            yield f"{end.kind} {end.name} stands at node {end.node}, which is missing"


def _faults_of_node(graph: Graph, position: int, node: Node) -> Iterator[str]:
    if node.index != position:
        yield f"node {node.index} stands in place {position}"
    if node.operator not in graph.operators:
        yield f"node {position} has an operator that is missing"
    if node.source is not None and not 0 <= node.source < len(graph.sources):
        yield f"node {position} has source {node.source}, which is missing"
    for edge in node.inputs:
        if edge.node is not None and not 0 <= edge.node < position:
            yield f"node {position} has input {edge.node}, which does not come before it"


def _faults_of_run(run: TrainingRun) -> Iterator[str]:
    if not run.epochs:
        yield "its run has no epoch"
    if not run.parameters.keys() == run.gradients.keys() >= run.truth.keys() | run.optimum.keys():
        yield "its run names parameters of which it has no values or no gradients"
    columns = (run.validation_loss, run.seconds, *run.gradients.values())
    if any(len(values) != run.epochs for values in columns) or any(
        len(values) != run.epochs + 1 for values in run.parameters.values()
    ):
        yield f"its run has {run.epochs} losses, and not as many of everything else"
