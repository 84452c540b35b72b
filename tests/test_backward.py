"""One backward pass, watched: its numbers are autograd's own."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
import torch
from backward import lesson, local, observed, same, step_of
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from graphview.autograd import capture_live
from graphview.model.backward import Flow
from graphview.observe.backward import watch_backward


def test_every_gradient_that_arrives_is_autograds_own() -> None:
    live, backward, _ = observed(lesson)
    fresh = lesson()
    names = {"Mean": "loss", "Pow": "square", "Sub": "error", "Add": "yhat", "Mul": "product"}
    wanted = torch.autograd.grad(fresh["loss"], [fresh[name] for name in names.values()])
    for name, gradient in zip(names, wanted, strict=True):
        step = step_of(live, backward, name)
        assert same(step.arrived, gradient), name
        assert backward.values[step.node].gradient == step.arrived
        assert same(backward.values[step.node].result, fresh[names[name]]), name


def test_steps_come_in_the_order_in_which_autograd_ran() -> None:
    live, backward, _ = observed(lesson)
    names = [live.graph.nodes[step.node].name for step in backward.steps]
    assert [name for name in names if name != "AccumulateGrad"] == [
        "MeanBackward0", "PowBackward0", "SubBackward0", "AddBackward0", "MulBackward0",
    ]  # fmt: skip
    assert names.count("AccumulateGrad") == 2
    assert backward.steps[0].arrived.whole == (1.0,)
    assert backward.graph == "loss"


def test_what_is_sent_is_what_arrives() -> None:
    _, backward, _ = observed(lesson)
    sent = {flow.node: flow.gradient for step in backward.steps for flow in step.sent}
    arrived = {step.node: step.arrived for step in backward.steps[1:]}
    assert sent == arrived


def test_a_leaf_has_its_value_and_its_gradient() -> None:
    live, backward, tensors = observed(lesson)
    for each in live.graph.leaves:
        values, tensor = backward.values[each.node], tensors[each.name or ""]
        assert same(values.result, tensor)
        assert tensor.grad is not None
        assert same(values.gradient, tensor.grad)
        (step,) = (step for step in backward.steps if step.node == each.node)
        assert step.sent == ()
        assert same(step.arrived, tensor.grad)


def test_local_derivatives_are_those_of_the_mathematics() -> None:
    live, backward, t = observed(lesson)
    assert same(
        local(live, backward, "Mean", "self"), torch.full((80, 1), 1 / 80, dtype=torch.float64)
    )
    assert same(local(live, backward, "Pow", "self"), 2 * t["error"])
    assert same(local(live, backward, "Sub", "other"), -torch.ones(80, 1).double())
    # a and b were stretched to 80 points: a row for each of them.
    assert same(local(live, backward, "Add", "self"), torch.ones(80, 1).double())
    assert same(local(live, backward, "Mul", "self"), t["x"])


def test_gradients_agree_with_finite_differences() -> None:
    live, backward, tensors = observed(lesson)
    step = 1e-6
    for each in live.graph.leaves:
        values = backward.values[each.node].gradient
        assert values is not None
        assert values.whole is not None
        losses = []
        for sign in (1, -1):
            t = {name: value.detach().clone() for name, value in tensors.items()}
            t[each.name or ""] += sign * step
            y = tensors["error"].detach() + tensors["yhat"].detach()
            losses.append(((y - (t["a"] + t["b"] * t["x"])) ** 2).mean().item())
        slope = (losses[0] - losses[1]) / (2 * step)
        assert values.whole[0] == pytest.approx(slope, rel=1e-6)


def mlp() -> dict[str, Tensor]:
    torch.manual_seed(1)
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1)).double()
    inputs, target = torch.randn(5, 3).double(), torch.randn(5, 1).double()
    first = model[0](inputs)
    hidden = model[1](first)
    output = model[2](hidden)
    named = dict(model.named_parameters())
    loss = nn.functional.mse_loss(output, target)
    return {**named, "first": first, "hidden": hidden, "output": output, "loss": loss}


def test_an_mlp_is_watched_truthfully() -> None:
    live, backward, tensors = observed(mlp)
    fresh = mlp()
    parts = ("loss", "output", "hidden", "first")
    wanted = torch.autograd.grad(fresh["loss"], [fresh[name] for name in parts])
    made_by = {"MseLoss": 0, "Tanh": 2, "Addmm": 1}
    for name, number in made_by.items():
        step = step_of(live, backward, name)
        assert same(step.arrived, wanted[number])
        assert same(backward.values[step.node].result, fresh[parts[number]])
    assert same(local(live, backward, "Tanh", "self"), 1 - tensors["hidden"] ** 2)
    assert len(live.graph.leaves) == 4
    for each in live.graph.leaves:
        gradient = tensors[each.name or ""].grad
        assert gradient is not None
        assert same(backward.values[each.node].gradient, gradient)


OPERATIONS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "mul": torch.mul,
    "div": torch.div,
    "add": lambda p, q: torch.add(p, q, alpha=3),
    "maximum": torch.maximum,
    "atan2": torch.atan2,
}


@st.composite
def broadcast(draw: st.DrawFn) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Two shapes that go together."""
    full = draw(st.lists(st.integers(1, 4), max_size=3))
    shapes = []
    for _ in range(2):
        kept = [size if draw(st.booleans()) else 1 for size in full]
        shapes.append(tuple(kept[draw(st.integers(0, len(kept))) if draw(st.booleans()) else 0 :]))
    return shapes[0], shapes[1]


@given(broadcast(), st.sampled_from(sorted(OPERATIONS)))
def test_for_any_shapes_the_local_derivative_times_what_arrives_is_what_is_sent(
    shapes: tuple[tuple[int, ...], tuple[int, ...]], name: str
) -> None:
    torch.manual_seed(len(name))
    p, q = (torch.randn(shape, dtype=torch.float64) + 3 for shape in shapes)
    p.requires_grad_()
    q.requires_grad_()
    out = OPERATIONS[name](p, q)
    loss = (out**2).sum()
    live = capture_live({"loss": loss}, params={"p": p, "q": q})
    with watch_backward(live) as watched:
        loss.backward()
    assert watched.backward is not None
    step = watched.backward.steps[2]
    for flow, argument in zip(step.sent, (p, q), strict=True):
        assert argument.grad is not None
        assert same(flow.gradient, argument.grad)
        # Each element of the result depends on one of the argument, so that the sums agree.
        assert flow.local is not None
        whole = _elementwise(OPERATIONS[name], p, q, argument)
        if out.numel() > 1:
            assert same(flow.local, whole)
        assert (whole * 2 * out).sum().item() == pytest.approx(argument.grad.sum().item())


def _elementwise(
    operation: Callable[[Tensor, Tensor], Tensor], p: Tensor, q: Tensor, by: Tensor
) -> Tensor:
    """The same derivative, of copies that are stretched beforehand."""
    copies = [c.detach().clone().requires_grad_() for c in torch.broadcast_tensors(p, q)]
    (gradient,) = torch.autograd.grad(operation(*copies).sum(), copies[0 if by is p else 1])
    return gradient


def test_a_flow_without_a_local_derivative_has_none() -> None:
    live, backward, _ = observed(mlp)
    flows: list[Flow] = list(step_of(live, backward, "Addmm").sent)
    assert {flow.argument for flow in flows} == {"self", "mat1", "mat2"}
    assert [flow.local for flow in itertools.islice(flows, 3)] == [None] * 3
