"""Which call of which module made a node, and in which order the forward pass made them."""

from __future__ import annotations

import copy
import weakref

import pytest
import torch
from torch import Tensor, nn

from graphview.autograd import capture, watch_nodes
from graphview.model.graph import Call, Graph
from graphview.model.store import graph_from_json, to_json


class Twice(nn.Module):
    """Calls the same part two times, with an operation of its own between."""

    def __init__(self) -> None:
        super().__init__()
        self.part = nn.Sequential(nn.Linear(2, 2), nn.Tanh())

    def forward(self, x: Tensor) -> Tensor:
        return self.part(self.part(x) * 2)


def watched(model: nn.Module, *, named: bool = True) -> Graph:
    with watch_nodes():
        loss = model(torch.ones(1, 2)).sum()
    return capture({"loss": loss}, params=model if named else None)


def test_calls_are_nested_and_counted_from_outside_in() -> None:
    assert watched(Twice()).calls == (
        Call("Twice", "", 0, None),
        Call("Sequential", "part", 0, 0),
        Call("Linear", "part.0", 0, 1),
        Call("Tanh", "part.1", 0, 1),
        Call("Sequential", "part", 1, 0),
        Call("Linear", "part.0", 1, 4),
        Call("Tanh", "part.1", 1, 4),
    )


def test_each_node_has_the_innermost_call() -> None:
    graph = watched(Twice())
    assert [(node.name, node.call) for node in graph.operations] == [
        ("TBackward0", 2),
        ("AddmmBackward0", 2),
        ("TanhBackward0", 3),
        ("MulBackward0", 0),
        ("TBackward0", 5),
        ("AddmmBackward0", 5),
        ("TanhBackward0", 6),
        ("SumBackward0", None),
    ]


def test_calls_of_an_unrolled_cell_are_told_apart() -> None:
    class Unrolled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.cell = nn.LSTMCell(2, 3)

        def forward(self, x: Tensor) -> Tensor:
            state = None
            for _ in range(50):
                state = self.cell(x, state)
            return state[0]

    graph = watched(Unrolled())
    cells = [call for call in graph.calls if call.kind == "LSTMCell"]
    assert [(call.number, call.module, call.parent) for call in cells] == [
        (number, "cell", 0) for number in range(50)
    ]
    sizes = [sum(node.call == place for node in graph.nodes) for place in range(1, 51)]
    assert len(set(sizes[1:])) == 1


def test_the_sequence_is_that_of_the_forward_pass() -> None:
    x = torch.ones(2, requires_grad=True)
    with watch_nodes():
        late_input = x.exp()
        first = x.sin()
        loss = (first.cos() + late_input).sum()
    graph = capture(loss)
    by_time = sorted(graph.operations, key=lambda node: node.sequence or 0)
    names = ["ExpBackward0", "SinBackward0", "CosBackward0", "AddBackward0", "SumBackward0"]
    assert [node.name for node in by_time] == names
    assert [node.sequence for node in by_time] == [0, 1, 2, 3, 4]
    assert [node.sequence for node in graph.nodes if node.kind == "accumulate"] == [None]


def test_the_order_is_known_without_watching_and_calls_are_not() -> None:
    graph = capture({"loss": Twice()(torch.ones(1, 2)).sum()})
    assert graph.calls == ()
    assert {node.call for node in graph.nodes} == {None}
    assert sorted(node.sequence for node in graph.operations) == list(range(8))


def test_a_model_that_is_gone_leaves_the_classes_of_its_calls() -> None:
    model = Twice()
    with watch_nodes():
        loss = model(torch.ones(1, 2)).sum()
    gone = weakref.ref(model)
    del model
    assert gone() is None
    graph = capture({"loss": loss})
    assert graph.calls[2] == Call("Linear", None, 0, 1)
    assert graph.calls[5] == Call("Linear", None, 1, 4)
    assert graph.operations[0].module == "Twice/Sequential/Linear"


def test_two_modules_of_one_class_are_counted_apart() -> None:
    part = nn.Tanh()
    model = nn.Sequential(nn.Linear(2, 2), part, copy.deepcopy(part), part)
    calls = watched(model, named=False).calls
    assert [call.number for call in calls if call.kind == "Tanh"] == [0, 0, 1]


def test_a_call_that_raised_does_not_hold_the_next_one() -> None:
    class Fails(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            x = x * 2
            if x.sum() < 10:
                raise ValueError
            return x

    model, x = Fails(), torch.ones(2, requires_grad=True)
    with watch_nodes():
        with pytest.raises(ValueError):
            model(x)
        loss = model(x * 10).sum()
    assert [call.kind for call in capture({"loss": loss}, params=model).calls] == ["Fails"]


def test_calls_survive_json() -> None:
    graph = watched(Twice())
    assert graph_from_json(to_json(graph)) == graph
