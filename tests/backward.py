"""Backward passes that several tests watch, and how their numbers are compared."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from graphview.autograd import Live, capture_live
from graphview.model.backward import Backward, BackwardStep, TensorValues
from graphview.observe.backward import watch_backward
from graphview.observe.results import watch_results


def lesson(dtype: torch.dtype = torch.float64) -> dict[str, Tensor]:
    """The lesson's tensors, with 80 points."""
    torch.manual_seed(0)
    x, a, b = (torch.randn(size, dtype=dtype) for size in ((80, 1), 1, 1))
    y = 1 + 2 * x
    a.requires_grad_()
    b.requires_grad_()
    product = b * x
    yhat = a + product
    error = y - yhat
    square = error**2
    return {"a": a, "b": b, "x": x, "product": product, "yhat": yhat, "error": error,
            "square": square, "loss": square.mean()}  # fmt: skip


def observed(make: Callable[[], dict[str, Tensor]]) -> tuple[Live, Backward, dict[str, Tensor]]:
    """Run forward and backward, both watched."""
    with watch_results():
        tensors = make()
    live = capture_live({"loss": tensors["loss"]}, params=leaves_of(tensors))
    with watch_backward(live) as watched:
        tensors["loss"].backward()
    assert watched.backward is not None
    return live, watched.backward, tensors


def leaves_of(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: t for name, t in tensors.items() if t.is_leaf and t.requires_grad}


def step_of(live: Live, backward: Backward, name: str) -> BackwardStep:
    names = [node.name.removesuffix("Backward0") for node in live.graph.nodes]
    return next(step for step in backward.steps if names[step.node] == name)


def local(live: Live, backward: Backward, name: str, argument: str) -> TensorValues:
    flow = next(f for f in step_of(live, backward, name).sent if f.argument == argument)
    assert flow.local is not None
    return flow.local


def same(values: TensorValues | None, tensor: Tensor) -> bool:
    """Whether the summary is that of the tensor."""
    assert values is not None
    flat = tensor.detach().double().reshape(-1)
    row = tensor.detach().double()
    while row.dim() > 1:
        row = row[0]
    return (
        values.shape == tuple(tensor.shape)
        and (values.least, values.greatest) == (flat.min().item(), flat.max().item())
        and values.mean == pytest.approx(flat.mean().item(), rel=1e-5, abs=1e-9)
        and values.first == tuple(row.reshape(-1).tolist()[: len(values.first)])
        and values.whole == (tuple(flat.tolist()) if flat.numel() <= 6 else None)
    )
