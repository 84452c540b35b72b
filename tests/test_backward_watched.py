"""Watching a backward pass disturbs nothing, and copes with whatever a graph holds."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest
import torch
import torch.utils.checkpoint
from backward import leaves_of, lesson, observed, same, step_of
from models import SUBJECTS, Scale, leaf
from torch import Tensor

import graphview.observe.backward as observe
from graphview.autograd import capture, capture_live, watch_nodes
from graphview.model.backward import TensorValues
from graphview.observe.backward import updates_of, watch_backward
from graphview.observe.results import result_of, watch_results
from graphview.observe.values import summarize

# Nothing is disturbed


@pytest.mark.parametrize("name", sorted(set(SUBJECTS) - {
    "after backward", "lists after backward", "several roots", "leaf as root", "chain", "nested",
    "jagged", "meta",
}))  # fmt: skip
def test_the_users_gradients_are_the_same_bits(name: str) -> None:
    def gradients(*, watch: bool) -> list[Tensor]:
        torch.manual_seed(0)
        with watch_nodes(), watch_results() if watch else torch.enable_grad():
            loss = SUBJECTS[name]().target
        live = capture_live({"loss": loss})
        functions: list[Any] = live.functions
        leaves = [functions[each.node].variable for each in live.graph.leaves]
        if watch:
            with watch_backward(live) as watched:
                loss.backward(torch.ones_like(loss))
            assert watched.backward is not None
        else:
            loss.backward(torch.ones_like(loss))
        return [each.grad for each in leaves]

    plain, seen = gradients(watch=False), gradients(watch=True)
    assert len(plain) == len(seen) > 0
    for one, other in zip(plain, seen, strict=True):
        if one is None:
            assert other is None
        elif one.layout is torch.strided:
            assert torch.equal(one, other)
            assert one.stride() == other.stride()


def test_source_lines_are_the_same_with_results_watched() -> None:
    def made(*, watch: bool) -> list[tuple[str, object, object]]:
        with watch_nodes(), watch_results() if watch else torch.enable_grad():
            x = leaf(4)
            base = x.clone()
            view = base[:2]
            base[0] = 2.0
            base += 1
            loss = (Scale.apply(view).sin() * base.split(2)[1]).sum()
        graph = capture(loss)
        return [(n.name, n.variable, graph.source_of(n)) for n in graph.nodes]

    plain, seen = made(watch=False), made(watch=True)
    assert [entry[:2] for entry in plain] == [entry[:2] for entry in seen]
    assert [entry[2] for entry in plain] == [entry[2] for entry in seen]


def test_no_tensor_is_kept_alive() -> None:
    live, backward, tensors = observed(lesson)
    kept = [weakref.ref(tensor) for tensor in tensors.values()]
    del live, tensors
    gc.collect()
    assert [ref() for ref in kept if ref() is not None] == []
    assert backward.steps


def test_hooks_are_gone_afterwards_also_when_backward_raises() -> None:
    class Wrong(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            return x * 1

        @staticmethod
        def backward(ctx: Any, gradient: Tensor) -> Tensor:
            raise ValueError("no derivative today")

    x = leaf(3)
    loss = Wrong.apply(x.exp()).sum()
    live = capture_live({"loss": loss}, params={"x": x})
    with pytest.raises(ValueError, match="today"), watch_backward(live) as watched:
        loss.backward()
    assert watched.backward is not None
    names = [live.graph.nodes[step.node].name for step in watched.backward.steps]
    assert names == ["SumBackward0", "WrongBackward"]
    assert watched.backward.steps[1].sent == ()


def test_hooks_are_gone_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Tensor] = []
    monkeypatch.setattr(observe, "summarize", calls.append)
    tensors = lesson()
    live = capture_live({"loss": tensors["loss"]})
    with watch_backward(live):
        tensors["loss"].backward(retain_graph=True)
    assert calls
    calls.clear()
    tensors["loss"].backward()
    assert calls == []


def test_the_users_own_hooks_run_as_often_and_before_ours() -> None:
    calls: list[str] = []

    def run(*, watch: bool) -> TensorValues | None:
        tensors = lesson()
        tensors["yhat"].register_hook(lambda g: calls.append("tensor") or g * 2)
        tensors["square"].grad_fn.register_prehook(lambda g: calls.append("node"))
        live = capture_live({"loss": tensors["loss"]})
        if not watch:
            tensors["loss"].backward()
            return None
        with watch_backward(live) as watched:
            tensors["loss"].backward()
        assert watched.backward is not None
        return step_of(live, watched.backward, "Add").arrived

    run(watch=False)
    alone = calls.copy()
    calls.clear()
    arrived = run(watch=True)
    assert calls == alone == ["node", "tensor"]
    fresh = lesson()
    (plain,) = torch.autograd.grad(fresh["loss"], fresh["yhat"])
    assert same(arrived, 2 * plain)


def test_the_users_forward_and_custom_functions_run_no_more_often() -> None:
    calls: list[str] = []

    class Counted(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            calls.append("forward")
            return x * 2

        @staticmethod
        def backward(ctx: Any, gradient: Tensor) -> Tensor:
            calls.append("backward")
            return gradient * 2

    x = leaf(3)
    with watch_results():
        y = Counted.apply(x)
        loss = torch.utils.checkpoint.checkpoint(torch.exp, y, use_reentrant=False).sum()
    live = capture_live({"loss": loss}, params={"x": x})
    with watch_backward(live) as watched:
        loss.backward()
    assert calls == ["forward", "backward"]
    assert watched.backward is not None
    step = step_of(live, watched.backward, "CountedBackward")
    assert same(watched.backward.values[step.node].result, y)
    assert step.sent[0].local is None
    assert step_of(live, watched.backward, "Exp").sent[0].local is None


# What else there is


def test_two_passes_in_one_block_count_once() -> None:
    once = observed(lesson)[1]
    tensors = lesson()
    live = capture_live({"loss": tensors["loss"]})
    with watch_backward(live) as watched:
        tensors["loss"].backward(retain_graph=True)
        tensors["loss"].backward()
    assert watched.backward is not None
    assert watched.backward.steps == once.steps
    gradient = next(each for each in live.graph.leaves)
    assert watched.backward.values[gradient.node] == once.values[gradient.node]


def test_a_leafs_gradient_is_what_it_has_gathered() -> None:
    tensors = lesson()
    tensors["a"].grad = torch.full((1,), 5.0).double()
    live = capture_live({"loss": tensors["loss"]}, params={"a": tensors["a"], "b": tensors["b"]})
    with watch_backward(live) as watched:
        tensors["loss"].backward()
    assert watched.backward is not None
    (node,) = (each.node for each in live.graph.leaves if each.name == "a")
    (step,) = (step for step in watched.backward.steps if step.node == node)
    assert same(watched.backward.values[node].gradient, tensors["a"].grad)
    assert step.arrived.mean == pytest.approx(tensors["a"].grad.item() - 5)


def test_what_is_pruned_has_no_step() -> None:
    tensors = lesson()
    live = capture_live({"loss": tensors["loss"]}, params=leaves_of(tensors))
    with watch_backward(live) as watched:
        tensors["loss"].backward(inputs=[tensors["a"]])
    assert watched.backward is not None
    visited = {step.node for step in watched.backward.steps}
    (b,) = (each.node for each in live.graph.leaves if each.name == "b")
    assert b not in visited
    assert watched.backward.values[b].gradient is None
    assert same(watched.backward.values[b].result, tensors["b"])
    assert "MulBackward0" not in {live.graph.nodes[node].name for node in visited}


def test_a_gradient_that_is_none_goes_nowhere() -> None:
    class Stop(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            ctx.set_materialize_grads(False)
            return x * 1

        @staticmethod
        def backward(ctx: Any, gradient: Tensor) -> None:
            return None

    x = leaf(3)
    loss = Stop.apply(x.exp()).sum()
    live = capture_live({"loss": loss}, params={"x": x})
    with watch_backward(live) as watched:
        loss.backward()
    assert watched.backward is not None
    assert [live.graph.nodes[step.node].name for step in watched.backward.steps] == [
        "SumBackward0",
        "StopBackward",
    ]
    assert watched.backward.steps[1].sent == ()
    assert x.grad is None


def test_of_several_results_the_one_with_a_gradient_is_told() -> None:
    x = leaf(6, 2)
    with watch_results():
        first, second, _ = x.split(2)
        loss = (second * 3).sum()
    live = capture_live({"loss": loss}, params={"x": x})
    with watch_backward(live) as watched:
        loss.backward()
    assert watched.backward is not None
    step = step_of(live, watched.backward, "Split")
    assert same(step.arrived, torch.full((2, 2), 3.0))
    assert same(watched.backward.values[step.node].result, second)
    assert same(result_of(first.grad_fn), first)


def test_in_place_changes_are_noted_where_they_were_made() -> None:
    with watch_results():
        x = leaf(3)
        y = x.exp()
        before = y.detach().clone()
        exp = y.grad_fn
        y *= 2
        doubled = y.detach().clone()
        mul = y.grad_fn
        y[0] = 7.0
        changed = y.detach().clone()
        with torch.no_grad():
            y.zero_()
    assert same(result_of(exp), before)
    assert same(result_of(mul), doubled)
    assert same(result_of(y.grad_fn), changed)


def test_without_watched_results_there_are_only_root_andleaves_of() -> None:
    tensors = lesson()
    live = capture_live({"loss": tensors["loss"]})
    with watch_backward(live) as watched:
        tensors["loss"].backward()
    assert watched.backward is not None
    known = [live.graph.nodes[i].name for i, v in enumerate(watched.backward.values) if v.result]
    assert known == ["AccumulateGrad", "AccumulateGrad", "MeanBackward0"]
    assert None not in [values.gradient for values in watched.backward.values]


def test_a_freed_graph_is_told_by_torch_itself() -> None:
    tensors = lesson()
    tensors["loss"].backward()
    live = capture_live({"loss": tensors["loss"]})
    with pytest.raises(RuntimeError, match="second time"), watch_backward(live) as watched:
        tensors["loss"].backward()
    assert watched.backward is not None
    assert watched.backward.steps[0].arrived.whole == (1.0,)


@pytest.mark.parametrize(
    "tensor",
    [
        torch.empty(0, 3),
        torch.ones(2, device="meta"),
        torch.eye(2).to_sparse(),
        torch.ones(2, dtype=torch.complex64),
        torch.ones(2, dtype=torch.int64),
    ],
)
def test_what_has_no_plain_numbers_has_no_summary(tensor: Tensor) -> None:
    assert summarize(tensor) is None


def test_a_large_tensor_is_cut_and_a_small_one_is_whole() -> None:
    large = torch.arange(40_000, dtype=torch.float16).reshape(4, -1).clamp(max=60_000)
    values = summarize(large)
    assert values is not None
    assert len(values.first) == 6
    assert values.whole is None
    assert values.mean == pytest.approx(large.double().mean().item(), rel=1e-3)
    assert summarize(torch.tensor(3.0)) == TensorValues((), 3.0, 3.0, 3.0, (3.0,), (3.0,))


def test_updates_are_what_was_observed() -> None:
    found = updates_of({"a": 1.0, "b": 2.0, "c": 3.0}, {"a": -3.0, "b": 4.0}, 0.1, {"a": 1.3})
    (update,) = found
    assert (update.name, update.before, update.gradient) == ("a", 1.0, -3.0)
    assert (update.learning_rate, update.after) == (0.1, 1.3)
