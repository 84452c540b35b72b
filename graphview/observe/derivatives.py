"""Local derivatives, from autograd itself: what a node answers when the gradient is one."""

from __future__ import annotations

from typing import Any

import torch

from graphview.autograd import Live
from graphview.model.backward import TensorValues
from graphview.model.graph import Graph, Node
from graphview.observe.values import summarize

# Beyond this a second backward through the node would be felt.
MOST_ELEMENTS = 1_000_000
MOST_UNITS = 200
Derivatives = dict[tuple[int, int], TensorValues]


def local_derivatives(live: Live) -> Derivatives:
    """The derivative of each node's result by its inputs, by node and position of the edge.

    Found where it is a row of numbers: the result is a single number (then shaped like the
    argument), or the operation works element by element (then shaped like the result, also for an
    argument that was stretched to fit). The nodes are called before backward runs and can still be
    used by it; neither the user's hooks nor the code of custom Functions are.
    """
    found: Derivatives = {}
    with torch._C.DisableTorchFunction(), torch.no_grad():
        for node, function in zip(live.graph.nodes, live.functions, strict=True):
            if _can_be_asked(live.graph, node):
                found |= _of_node(live.graph, node, function)
    return found


def _can_be_asked(graph: Graph, node: Node) -> bool:
    known = graph.operator_of(node).origin == "derivatives.yaml"
    # Behind a hook of the user's, reading could run their forward again.
    readable = all(saved.status == "kept" for saved in node.saved)
    return known and readable and len(node.outputs) == 1


def _of_node(graph: Graph, node: Node, function: Any) -> Derivatives:
    info = function._input_metadata[0]
    if info.is_cpp_nested_tensor or not info.dtype.is_floating_point:
        return {}
    single = all(size == 1 for size in info.shape)
    large = torch.Size(info.shape).numel() > MOST_ELEMENTS
    if large or not (single or _is_pointwise(graph.operator_of(node).op)):
        return {}
    try:
        answers = _ask(function, torch.ones(info.shape, dtype=info.dtype, device=info.device))
        return _read(node, function, answers, single=single)
    except RuntimeError:
        # A saved tensor changed in place, a freed graph: backward will say so better.
        return {}


def _is_pointwise(op: str) -> bool:
    """Whether each element of the result comes from one element of each argument."""
    name, _, overload = op.partition(".")
    packet = getattr(torch.ops.aten, name, None)
    found = getattr(packet, overload or "default", None)
    return found is not None and torch.Tag.pointwise in found.tags


def _ask(function: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
    answer = function(gradient)
    return answer if isinstance(answer, tuple) else (answer,)


def _read(
    node: Node, function: Any, answers: tuple[torch.Tensor | None, ...], *, single: bool
) -> Derivatives:
    shape, found = function._input_metadata[0].shape, {}
    for position, (edge, answer) in enumerate(zip(node.inputs, answers, strict=False)):
        if edge.node is None or answer is None:
            continue
        if not single and answer.shape != shape:
            # It summed over the copies of the stretched argument: ask for each by itself.
            answer = _one_by_one(function, position)
        values = None if answer is None else summarize(answer)
        if values is not None:
            found[node.index, position] = values
    return found


def _one_by_one(function: Any, position: int) -> torch.Tensor | None:
    info = function._input_metadata[0]
    count = torch.Size(info.shape).numel()
    if count > MOST_UNITS:
        return None
    units = torch.eye(count, dtype=info.dtype, device=info.device)
    rows = [_ask(function, unit.reshape(info.shape))[position] for unit in units]
    sums = [row.sum() for row in rows if row is not None]
    return torch.stack(sums).reshape(info.shape) if len(sums) == count else None
