"""Whether the parts of a graph or recording fit together, so that its readers need not ask."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

from graphview.model.backward import Backward, TensorValues
from graphview.model.graph import Graph, Leaf, Node, Root
from graphview.model.journal import Journal, Series
from graphview.model.measures import Measures
from graphview.model.recording import Recording
from graphview.model.run import TrainingRun

MEASURED = ("forward", "backward", "norm", "zeros", "nan", "inf")


def faults_of_recording(recording: Recording) -> Iterator[str]:
    """What is wrong, a clause each; nothing for a recording that graphview wrote."""
    yield from _faults_of_graphs(recording.graphs)
    # Large graphs have none.
    if not recording.drawings.keys() <= recording.graphs.keys():
        yield "its drawings are not those of its graphs"
    names = [run.name for run in recording.runs]
    if recording.main is not None and recording.main not in names:
        yield "its main run is missing"
    for run in recording.runs:
        yield from _faults_of_run(run)
    for step in recording.steps:
        yield from _faults_of_graphs(step.graphs)
        if step.drawings.keys() != step.graphs.keys():
            yield f"the drawings of step {step.key} are not those of its graphs"
        if step.run is not None and step.run not in names:
            yield f"the run of step {step.key} is missing"
    if recording.backward is not None:
        yield from _faults_of_backward(recording.backward, recording.graphs)
    if recording.journal is not None:
        yield from _faults_of_journal(recording.journal, recording.graphs)
    for name, measures in recording.measures.items():
        yield from _faults_of_measures(name, measures, recording.graphs)


def _faults_of_graphs(graphs: Mapping[str, Graph]) -> Iterator[str]:
    for name, graph in graphs.items():
        yield from (f"in graph {name}, {fault}" for fault in faults_of_graph(graph))


def faults_of_graph(graph: Graph) -> Iterator[str]:
    """What is wrong, a clause each: indices that lead nowhere, nodes out of order."""
    if not graph.roots:
        yield "there is no root"
    for position, node in enumerate(graph.nodes):
        yield from _faults_of_node(graph, position, node)
    for position, call in enumerate(graph.calls):
        if call.parent is not None and not 0 <= call.parent < position:
            yield f"call {position} was made in call {call.parent}, which does not come before it"
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
    if node.call is not None and not 0 <= node.call < len(graph.calls):
        yield f"node {position} has call {node.call}, which is missing"
    for edge in node.inputs:
        if edge.node is not None and not 0 <= edge.node < position:
            yield f"node {position} has input {edge.node}, which does not come before it"


def _faults_of_run(run: TrainingRun) -> Iterator[str]:
    if not run.steps or run.steps_per_epoch < 1:
        yield "its run has no epoch"
    if not run.parameters.keys() == run.gradients.keys() >= run.truth.keys() | run.optimum.keys():
        yield "its run names parameters of which it has no values or no gradients"
    columns = (run.validation_loss, run.seconds, *run.gradients.values())
    if any(len(values) != run.steps for values in columns) or any(
        len(values) != run.steps + 1 for values in run.parameters.values()
    ):
        yield f"its run has {run.steps} losses, and not as many of everything else"


def _faults_of_backward(backward: Backward, graphs: Mapping[str, Graph]) -> Iterator[str]:
    graph = graphs.get(backward.graph)
    if graph is None:
        yield f"its backward went through {backward.graph}, a graph that is missing"
        return
    nodes = len(graph.nodes)
    if len(backward.values) != nodes:
        yield f"its backward has values of {len(backward.values)} nodes, and the graph has {nodes}"
    if any(not 0 <= step.node < nodes for step in backward.steps):
        yield "its backward visits a node that is missing"
        return
    for step in backward.steps:
        edges = [(edge.argument, edge.node) for edge in graph.nodes[step.node].inputs]
        if any((flow.argument, flow.node) not in edges for flow in step.sent):
            yield f"its backward leaves node {step.node} where there is no edge"
    if any(not values.first or not (values.shape or values.whole) for values in _tensors(backward)):
        yield "its backward has a tensor without numbers"


def _tensors(backward: Backward) -> Iterator[TensorValues]:
    for values in backward.values:
        yield from filter(None, (values.result, values.gradient))
    for step in backward.steps:
        yield step.arrived
        for flow in step.sent:
            yield from filter(None, (flow.gradient, flow.local))


def _faults_of_journal(journal: Journal, graphs: Mapping[str, Graph]) -> Iterator[str]:
    for site in journal.sites:
        if site.graph is not None and site.graph not in graphs:
            yield f"the graph of {site.name} is missing"
    for series in _series(journal):
        if len(series.steps) != len(series.values):
            yield f"its series {series.name} has not as many steps as values"
        if any(step < 0 for step in series.steps[:1]) or any(
            later < earlier for earlier, later in pairwise(series.steps)
        ):
            yield f"the steps of its series {series.name} go back"


def _series(journal: Journal) -> Iterator[Series]:
    for site in journal.sites:
        yield from (site.loss, site.nodes)
    yield from journal.learning_rates
    yield from journal.gradient_norms
    yield from journal.parameter_norms
    yield from journal.validation
    yield from (journal.seconds, journal.memory)


def _faults_of_measures(
    name: str, measures: Measures, graphs: Mapping[str, Graph]
) -> Iterator[str]:
    graph = graphs.get(name)
    if graph is None:
        yield f"it measured {name}, a graph that is missing"
        return
    columns = (getattr(measures, column) for column in MEASURED)
    if any(column and len(column) != len(graph.nodes) for column in columns):
        yield f"it measured other nodes of {name} than its graph has"
