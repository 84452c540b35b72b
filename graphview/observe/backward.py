"""Watch one backward pass of the user's own graph: what arrived at each node, what it sent on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch

from graphview.autograd import Live
from graphview.model.backward import (
    Backward,
    BackwardStep,
    Flow,
    NodeValues,
    TensorValues,
    Update,
)
from graphview.model.graph import Node
from graphview.observe.derivatives import Derivatives, local_derivatives
from graphview.observe.results import result_of
from graphview.observe.values import summarize

Gradients = Sequence[torch.Tensor | None]


@dataclass(slots=True)
class Watched:
    """What was seen, once the block has ended; until then `backward` is None."""

    backward: Backward | None = None


@contextmanager
def watch_backward(live: Live, name: str | None = None) -> Iterator[Watched]:
    """Watch the backward pass that runs inside the block, through the graph `live`.

    `name` is the graph's, its first root's by default. Local derivatives are asked for on
    entering. Nothing is changed: the user's gradients are the same bits as without, and their
    hooks see nothing. A node that is not reached, or to which no plain numbers arrive (undefined,
    sparse, complex), has no step; of several passes the first is kept. When backward raises, all
    that was seen until then is there.
    """
    watched, visits = Watched(), _Visits(live)
    handles: list[Any] = []
    try:
        visits.hook(handles)
        yield watched
    finally:
        for handle in handles:
            handle.remove()
        watched.backward = visits.told(name or live.graph.roots[0].name)


def updates_of(
    before: Mapping[str, float],
    gradients: Mapping[str, float],
    learning_rate: float,
    after: Mapping[str, float],
) -> tuple[Update, ...]:
    """The updates of parameters that are single numbers, as they were observed.

    Nothing is computed. A parameter that is missing from one of the three has no update.
    """
    return tuple(
        Update(name, before[name], gradients[name], learning_rate, after[name])
        for name in before
        if name in gradients and name in after
    )


@dataclass(slots=True)
class _Visit:
    """A node at work; `output` is the result for which the gradient arrived."""

    node: int
    output: int
    arrived: TensorValues
    sent: list[Flow] = field(default_factory=list)


class _Visits:
    """Collects visits in autograd's own order."""

    def __init__(self, live: Live) -> None:
        self.live = live
        self.locals: Derivatives = local_derivatives(live)
        self.leaves = {leaf.node: _leaf_value(live, leaf.node) for leaf in live.graph.leaves}
        self.filled: dict[int, TensorValues | None] = {}
        self.visits: dict[int, _Visit] = {}
        self.done: set[int] = set()

    def hook(self, handles: list[Any]) -> None:
        functions: list[Any] = self.live.functions
        for node, function in zip(self.live.graph.nodes, functions, strict=True):
            handles.append(function.register_prehook(self._arrival(node.index)))
            handles.append(function.register_hook(self._departure(node, function)))

    def _arrival(self, node: int) -> Callable[[Gradients], None]:
        def arrived(gradients: Gradients) -> None:
            if node in self.visits or node in self.done:
                return
            for output, gradient in enumerate(gradients):
                values = None if gradient is None else summarize(gradient)
                if values is not None:
                    self.visits[node] = _Visit(node, output, values)
                    return

        return arrived

    def _departure(self, node: Node, function: Any) -> Callable[[Gradients, Gradients], None]:
        def departed(sent: Gradients, arrived: Gradients) -> None:
            if node.index in self.done:
                return
            self.done.add(node.index)
            if node.kind == "accumulate":
                gradient = function.variable.grad
                self.filled[node.index] = None if gradient is None else summarize(gradient)
            elif node.index in self.visits:
                self.visits[node.index].sent += self._flows(node, sent)

        return departed

    def _flows(self, node: Node, sent: Gradients) -> Iterator[Flow]:
        for position, (edge, gradient) in enumerate(zip(node.inputs, sent, strict=False)):
            values = None if gradient is None else summarize(gradient)
            if edge.node is not None and values is not None:
                local = self.locals.get((node.index, position))
                yield Flow(edge.argument, edge.node, values, local)

    def told(self, name: str) -> Backward:
        steps = tuple(
            BackwardStep(visit.node, visit.arrived, tuple(visit.sent))
            for visit in self.visits.values()
        )
        values = tuple(self._values(node) for node in self.live.graph.nodes)
        return Backward(name, values, steps)

    def _values(self, node: Node) -> NodeValues:
        if node.kind == "accumulate":
            return NodeValues(self.leaves.get(node.index), self.filled.get(node.index))
        visit = self.visits.get(node.index)
        output = visit.output if visit else 0
        noted = result_of(self.live.functions[node.index], output)
        result = noted or self._root_value(node.index, output)
        return NodeValues(result, visit.arrived if visit else None)

    def _root_value(self, node: int, output: int) -> TensorValues | None:
        """A root is at hand, whether its forward pass was watched or not."""
        for root, live in zip(self.live.graph.roots, self.live.roots, strict=True):
            if (root.node, root.output) == (node, output):
                return summarize(live.tensor)
        return None


def _leaf_value(live: Live, node: int) -> TensorValues | None:
    function: Any = live.functions[node]
    return summarize(function.variable)
