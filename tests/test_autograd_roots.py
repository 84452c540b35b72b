"""Roots in every form, and one clear sentence for what is none."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, NamedTuple

import pytest
import torch
from models import leaf
from torch import Tensor

from graphview.autograd import capture, capture_live
from graphview.errors import RootError


class Pair(NamedTuple):
    loss: Tensor
    yhat: Tensor


def root_names(target: Any) -> list[str]:
    return [root.name for root in capture_live(target).graph.roots]


def test_roots_are_named_by_their_place() -> None:
    a, b = leaf(2) * 2, leaf(2) * 3
    assert root_names(a) == ["root"]
    assert root_names([a, b]) == ["root[0]", "root[1]"]
    assert root_names((a, [b])) == ["root[0]", "root[1][0]"]
    assert root_names({"loss": a, 3: b}) == ["loss", "3"]
    assert root_names(OrderedDict(x=[a, {"k": b}], y=None)) == ["x[0]", "x[1]['k']"]
    assert root_names(Pair(a, b)) == ["root[0]", "root[1]"]


def test_roots_are_named_by_the_callers_variables() -> None:
    loss, yhat = leaf(2) * 2, leaf(2) * 3
    names = [root.name for root in capture([yhat, loss, leaf(1)]).roots]
    assert names == ["yhat", "loss", "root[2]"]


def test_a_name_in_a_mapping_comes_before_a_variable() -> None:
    loss = leaf(2) * 2
    assert [root.name for root in capture({"objective": loss}).roots] == ["objective"]


def test_shared_parts_of_several_roots_are_captured_once() -> None:
    yhat = leaf(2) * 2
    graph = capture({"a": yhat, "b": yhat.sum(), "c": yhat})
    assert [(root.name, root.node) for root in graph.roots] == [("a", 1), ("b", 2), ("c", 1)]
    assert len(graph.nodes) == 3


def test_a_root_knows_which_output_of_its_node_it_is() -> None:
    _, second, third = leaf(6).split(2)
    graph = capture([third, second])
    assert [(root.node, root.output) for root in graph.roots] == [(1, 2), (1, 1)]


def test_a_leaf_is_a_root_of_its_own() -> None:
    w = leaf(2)
    graph = capture(w)
    assert repr(graph) == "<Graph of w: 0 operations, 1 leaf>"
    assert (graph.roots[0].node, graph.leaves[0].node) == (0, 0)


def test_a_model_output_with_a_grad_that_was_given_up_is_refused_by_name() -> None:
    with pytest.raises(RootError, match=r"^root 'logits' has no autograd graph"):
        capture({"loss": leaf(1) * 2, "logits": torch.ones(2)})


def sentence(_target: Any) -> str:
    with pytest.raises(RootError) as raised:
        capture(_target)
    return str(raised.value)


def test_a_tensor_without_a_graph_is_refused_in_one_sentence() -> None:
    yhat = (leaf(2) * 2).detach()
    assert sentence(yhat) == (
        "root 'yhat' has no autograd graph: it has no grad_fn and needs no gradient; compute it "
        "from a leaf with requires_grad=True, outside torch.no_grad() and without .detach()."
    )


@pytest.mark.parametrize("dtype", [torch.int64, torch.bool, torch.uint8])
def test_an_integer_tensor_is_refused_with_its_dtype(dtype: torch.dtype) -> None:
    target = torch.ones(2).to(dtype)
    assert sentence(target) == (
        "root 'target' has no autograd graph: it has no grad_fn and needs no gradient, since "
        f"{str(dtype).removeprefix('torch.')} tensors never do; pick a floating-point tensor."
    )


def test_an_inference_tensor_is_refused_with_the_mode() -> None:
    with torch.inference_mode():
        loss = leaf(2) * 2
    assert sentence(loss) == (
        "root 'loss' has no autograd graph: it has no grad_fn and needs no gradient, since it "
        "was made under torch.inference_mode(); leave that mode."
    )


def test_what_is_no_tensor_is_refused_with_its_type_and_place() -> None:
    remedy = "not a tensor; give a tensor, or a mapping or tuple of tensors."
    assert sentence(0.5) == f"the root is of type float, {remedy}"
    assert sentence("loss") == f"the root is of type str, {remedy}"
    assert sentence({"a": [leaf(1), 3]}) == f"'a[1]' is of type int, {remedy}"


@pytest.mark.parametrize("target", [None, [], {}, ({}, [None])])
def test_nothing_is_refused(target: Any) -> None:
    assert sentence(target) == ("there is no tensor in what was given as root; give at least one.")


def test_what_contains_itself_is_refused() -> None:
    listed: list[Any] = [leaf(2) * 2]
    listed.append(listed)
    mapped: dict[str, Any] = {}
    mapped["again"] = [mapped]
    for target in (listed, mapped):
        with pytest.raises(RootError, match="contains itself"):
            capture(target)


def _view_changed_without_gradients() -> Tensor:
    x = leaf(4)
    with torch.no_grad():
        first = x[0]
        first.add_(1)
    return first


def _one_of_several_views_changed() -> Tensor:
    x = leaf(4) * 2
    first, _ = x.split(2)
    with torch.no_grad():
        first.add_(1)
    return first


@pytest.mark.parametrize("make", [_view_changed_without_gradients, _one_of_several_views_changed])
@pytest.mark.parametrize("params", [None, {"w": leaf(2)}])
def test_a_view_that_torch_forbids_to_use_is_refused_in_its_words(make: Any, params: Any) -> None:
    view = make()
    with pytest.raises(RuntimeError) as said:
        _ = view.grad_fn
    with pytest.raises(RootError) as caught:
        capture({"v": view}, params=params)
    assert str(caught.value) == f"root 'v' may not be used: {said.value}"
    with pytest.raises(RootError):
        capture(leaf(2).detach(), params={"view": view})
