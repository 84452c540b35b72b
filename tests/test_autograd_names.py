"""Leaves and results have the names that the user gave them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest
import torch
from models import leaf
from torch import Tensor, nn

from graphview.autograd import capture, capture_live
from graphview.errors import ParameterError, RootError
from graphview.model.graph import Graph

FORMS: dict[str, Callable[[nn.Module], Any]] = {
    "module": lambda model: model,
    "dict": lambda model: dict(model.named_parameters()),
    "named_parameters()": lambda model: model.named_parameters(),
    "a list of pairs": lambda model: [list(pair) for pair in model.named_parameters()],
    "state_dict()": lambda model: model.state_dict(),
    "detached on the way": lambda model: ((n, p.detach()) for n, p in model.named_parameters()),
}


def leaf_names(graph: Graph) -> list[str | None]:
    return [found.name for found in graph.leaves]


def a_loss() -> tuple[nn.Module, Tensor]:
    model = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3), nn.Linear(3, 2))
    return model, model(torch.randn(4, 3)).sum()


EXPECTED = ["2.bias", "1.bias", "0.bias", "0.weight", "1.weight", "2.weight"]


@pytest.mark.parametrize("form", FORMS)
def test_leaves_are_named_by_params_given_as(form: str) -> None:
    made = a_loss()
    graph = capture_live(made[1], params=FORMS[form](made[0])).graph
    assert leaf_names(graph) == EXPECTED


def test_without_params_and_variables_leaves_have_no_names() -> None:
    assert leaf_names(capture_live(a_loss()[1]).graph) == [None] * 6


def test_a_module_in_the_callers_variables_names_its_leaves() -> None:
    net, loss = a_loss()
    assert leaf_names(capture(loss)) == [f"net.{name}" for name in EXPECTED]
    assert [root.name for root in capture(loss).roots] == ["loss"]
    assert isinstance(net, nn.Module)


def test_params_come_before_variables() -> None:
    w = leaf(2)
    assert leaf_names(capture(w * 2, params={"weight": w})) == ["weight"]


def test_tensors_in_the_callers_variables_name_leaves_and_results() -> None:
    a, parts, table = leaf(1), [leaf(1), leaf(1)], {"k": leaf(1)}
    yhat = a + parts[1]
    loss = yhat * table["k"]
    graph = capture(loss)
    assert leaf_names(graph) == ["a", "parts[1]", "table['k']"]
    assert [node.variable for node in graph.operations] == ["yhat", "loss"]


def test_an_outer_function_names_what_the_inner_one_does_not() -> None:
    outer = leaf(1)

    def inner(given: Tensor) -> Graph:
        mine = leaf(1)
        return capture({"root": given * mine * outer_again()})

    def outer_again() -> Tensor:
        return torch.ones(1)

    assert leaf_names(inner(outer)) == ["given", "mine"]
    hidden = [outer]
    assert leaf_names(captured_elsewhere(hidden)) == ["outer"]


def captured_elsewhere(_hidden: list[Tensor]) -> Graph:
    return capture({"root": _hidden[0] * 2})


def test_a_method_of_a_module_names_its_parameters_as_the_module_does() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.w = nn.Parameter(torch.ones(2))

        def forward(self) -> Graph:
            return capture({"root": self.w * 2})

    graph = Net()()
    assert leaf_names(graph) == ["w"]


def test_one_parameter_under_two_names_has_the_first() -> None:
    w = leaf(2)
    assert leaf_names(capture(w * 2, params={"first": w, "second": w})) == ["first"]


def test_views_of_one_storage_are_told_apart_in_a_state_dict() -> None:
    flat = torch.zeros(4)
    left, right = flat[:2].requires_grad_(), flat[2:].requires_grad_()
    state = {"left": left.detach(), "right": right.detach()}
    assert leaf_names(capture_live(right * left, params=state).graph) == ["right", "left"]


def test_sparse_and_ragged_leaves_are_named() -> None:
    matrix = torch.eye(2).to_sparse().requires_grad_()
    graph = capture_live(torch.sparse.sum(matrix), params={"matrix": matrix}).graph
    assert leaf_names(graph) == ["matrix"]


@pytest.mark.parametrize(
    "name", ['a"b', "<script>alert(1)</script>", "a\nb", "", "größe 😀", "x; y -> z", "a::b", "\\N"]
)
def test_hostile_names_pass_through_unchanged(name: str) -> None:
    w = leaf(2)
    graph = capture({f"root {name}": w * 2}, params={name: w})
    assert leaf_names(graph) == [name]
    assert [root.name for root in graph.roots] == [f"root {name}"]


def test_what_is_no_identifier_names_nothing() -> None:
    # As the variables that pytest writes into an assert, and a comprehension's `.0`.
    w = leaf(1)
    scope: dict[str, Any] = {"capture": capture, "@py_assert1": w, ".0": [w]}
    exec("graph = capture({'root': globals()['@py_assert1'] * 2})", scope)
    assert leaf_names(scope["graph"]) == ["w"]


REMEDY = "; give a module, a mapping of names to tensors, or named_parameters()."


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        (3, "it is a int"),
        ("weights", "it is a str"),
        (torch.ones(2, 2), "it is a Tensor"),
        (["w"], "it is a list"),
        ([("a", "b", "c")], "it is a list"),
        ([("w", 3)], "its entry 'w' is no tensor"),
        ({"w": None}, "its entry 'w' is no tensor"),
    ],
)
def test_params_that_give_no_names_are_refused(params: Any, reason: str) -> None:
    with pytest.raises(ParameterError) as raised:
        capture(leaf(1), params=params)
    assert str(raised.value) == f"params gives no names, {reason}{REMEDY}"


def test_parameters_without_names_are_refused_even_with_two_rows() -> None:
    model = nn.Linear(3, 2)
    with pytest.raises(ParameterError) as raised:
        capture(model(torch.ones(1, 3)).sum(), params=model.parameters())
    assert str(raised.value) == f"params gives no names, it is a generator{REMEDY}"


class _Raises:
    def __repr__(self) -> str:
        raise ValueError

    def __hash__(self) -> int:
        return 1


class _HalfMade(torch.nn.Module):
    def __init__(self) -> None:
        """Without the base class's."""


def test_what_cannot_be_looked_at_only_gives_no_name() -> None:
    a = torch.ones(2, requires_grad=True)
    odd = [
        torch.nn.LazyLinear(3),
        _HalfMade(),
        {_Raises(): a * 3},
        mock.Mock(spec=torch.nn.Module),
    ]
    for strange in odd:
        graph = capture({"y": a * 2})
        assert [leaf.name for leaf in graph.leaves] == ["a"]
        del strange


def test_a_leaf_that_torch_cannot_start_at_is_said() -> None:
    with pytest.raises(RootError, match="is a leaf at which torch cannot start a graph"):
        capture(torch.eye(3).to_sparse().requires_grad_())


def test_functions_of_one_name_and_line_stay_apart() -> None:
    made: list[Any] = []
    for argument in "pqr":
        scope: dict[str, Any] = {"torch": torch}
        exec(FUNCTION.format(argument), scope)
        made.append(scope["S"])
    a = torch.ones(2, requires_grad=True)
    graph = capture(made[2].apply(made[1].apply(made[0].apply(a))))
    found = [graph.operator_of(node).arguments for node in graph.operations]
    assert found == [("p",), ("q",), ("r",)]


FUNCTION = """
class S(torch.autograd.Function):
    @staticmethod
    def forward(ctx, {0}):
        return {0} * 1
    @staticmethod
    def backward(ctx, g):
        return g
"""
