"""The captured graph is autograd's own: no node more, none less, and nothing is disturbed."""

from __future__ import annotations

import gc
import sys
import warnings
import weakref
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from models import SUBJECTS, Counted, Subject, chain, leaf, lstm_cell, mlp
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from graphview.autograd import capture, capture_live
from graphview.autograd.roots import NamedRoot
from graphview.model.graph import ACCUMULATE, Graph

# make_dot reads saved tensors: a None among them, freed ones, and the size of a ragged one fail.
MAKE_DOT_FAILS = {"custom Functions", "nested", "jagged", "after backward"}
# It takes a tensor or a flat tuple, and follows a view's base, which backward from it wouldn't.
MAKE_DOT_TAKES_NOT = {"several roots", "leaf as root"}


@pytest.fixture(params=list(SUBJECTS))
def subject(request: pytest.FixtureRequest) -> Subject:
    torch.manual_seed(0)
    return SUBJECTS[request.param]()


def naive_walk(functions: list[Any]) -> list[tuple[Any, list[tuple[Any, int]]]]:
    """Every function with its edges: plain recursion, numbered when left."""
    numbers: dict[Any, int | None] = {}
    found: list[tuple[Any, list[tuple[Any, int]]]] = []

    def visit(function: Any) -> None:
        if function in numbers:
            return
        numbers[function] = None
        for producer, _ in function.next_functions:
            if producer is not None:
                visit(producer)
        numbers[function] = len(found)
        edges = [(numbers.get(producer), slot) for producer, slot in function.next_functions]
        found.append((function, edges))

    for function in functions:
        visit(function)
    return found


@contextmanager
def recursion_limit(limit: int) -> Iterator[None]:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(limit)
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def assert_equals_naive_walk(graph: Graph, roots: list[NamedRoot]) -> None:
    naive = naive_walk([root.function for root in roots])
    assert len(graph.nodes) == len(naive)
    for index, (node, (function, edges)) in enumerate(zip(graph.nodes, naive, strict=True)):
        assert node.index == index
        assert node.name == str(function.name()).split("::")[-1]
        assert [(edge.node, edge.output) for edge in node.inputs] == edges
        assert len(node.outputs) == len(function._input_metadata)


def tensors_of(target: Any) -> list[Tensor]:
    if isinstance(target, Tensor):
        return [target]
    values = target.values() if isinstance(target, dict) else target
    return [tensor for value in values if value is not None for tensor in tensors_of(value)]


def test_every_node_and_edge_equals_a_naive_recursive_walk(subject: Subject) -> None:
    graph, roots, _ = capture_live(subject.target, params=subject.params)
    assert_equals_naive_walk(graph, roots)


def test_inputs_are_numbered_before_their_users(subject: Subject) -> None:
    graph = capture(subject.target, params=subject.params)
    assert all(producer < user for producer, user in graph.edges())
    assert len({edge for node in graph.nodes for edge in node.inputs}) > 0 or graph.leaves


def test_leaves_are_the_tensors_that_backward_fills(subject: Subject) -> None:
    graph, _, walked = capture_live(subject.target, params=subject.params)
    leaves = [getattr(walked.functions[found.node], "variable") for found in graph.leaves]  # noqa: B009
    assert all(tensor.is_leaf and tensor.requires_grad for tensor in leaves)
    assert [found.node for found in graph.leaves] == [
        node.index for node in graph.nodes if node.name == ACCUMULATE
    ]
    assert [found.tensor.dtype for found in graph.leaves] == [
        str(tensor.dtype).removeprefix("torch.") for tensor in leaves
    ]


def test_shapes_dtypes_and_devices_are_those_of_the_roots(subject: Subject) -> None:
    graph = capture(subject.target, params=subject.params)
    for root in graph.roots:
        assert root.tensor == graph.nodes[root.node].outputs[root.output]


@pytest.mark.parametrize("name", [name for name in SUBJECTS if name not in MAKE_DOT_TAKES_NOT])
def test_nodes_and_edges_equal_what_make_dot_draws(name: str) -> None:
    subject = SUBJECTS[name]()
    if name in MAKE_DOT_FAILS:
        with pytest.raises((AttributeError, RuntimeError)):
            make_dot_edges(subject.target)
        return
    nodes, edges = make_dot_edges(subject.target)
    graph, _, walked = capture_live(subject.target, params=subject.params)
    number = {str(id(function)): i for i, function in enumerate(walked.functions)}
    assert {name: nodes[name] for name in number} == {
        name: type(walked.functions[i]).__name__ for name, i in number.items()
    }
    drawn = Counter((number[a], number[b]) for a, b in edges if a in number and b in number)
    assert drawn == Counter(graph.edges())
    # The rest is tensors: one for each leaf, one for each root, and what custom Functions save.
    leaves = {str(id(walked.functions[found.node].variable)) for found in graph.leaves}
    assert leaves <= nodes.keys() - number.keys()


def make_dot_edges(target: Tensor) -> tuple[dict[str, str], list[tuple[str, str]]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from torchviz import make_dot

        body = make_dot(target).body
    lines = [line.strip().partition(" [") for line in body]
    nodes = {
        start: rest.partition("label=")[2].split()[0].rstrip("]")
        for start, _, rest in lines
        if "->" not in start and "label=" in rest
    }
    edges = [tuple(start.split(" -> ")) for start, _, _ in lines if "->" in start]
    return nodes, edges  # type: ignore[return-value]


@pytest.mark.parametrize("make", [lambda: lstm_cell(2_000), lambda: chain(50_000)])
def test_deep_graphs_are_walked_without_recursion(make: Any) -> None:
    subject = make()
    depth = sys.getrecursionlimit()
    graph, roots, _ = capture_live(subject.target, params=subject.params)
    assert sys.getrecursionlimit() == depth
    assert len(graph.nodes) > 25_000
    with recursion_limit(200_000):
        assert_equals_naive_walk(graph, roots)


def test_a_compiled_module_is_one_opaque_node() -> None:
    model = nn.Linear(3, 2)
    compiled = torch.compile(model, backend="aot_eager")
    graph, roots, _ = capture_live(compiled(torch.ones(4, 3)).sum(), params=model)
    assert_equals_naive_walk(graph, roots)
    node = next(node for node in graph.nodes if node.name == "CompiledFunctionBackward")
    assert graph.operator_of(node).opaque == (
        "a graph compiled by torch.compile: its operations are inside"
    )
    assert {found.name for found in graph.leaves} == {"weight", "bias"}


def test_a_fake_tensor_is_captured_like_a_real_one() -> None:
    from torch._subclasses.fake_tensor import FakeTensorMode

    with FakeTensorMode():
        model = nn.Linear(3, 2)
        fake = capture(model(torch.ones(4, 3)).sum(), params=model)
    real = nn.Linear(3, 2)
    graph = capture(real(torch.ones(4, 3)).sum(), params=real)
    assert (fake.nodes, fake.leaves) == (graph.nodes, graph.leaves)


def test_a_graph_is_captured_inside_torch_func() -> None:
    graphs = []

    def loss(x: Tensor) -> Tensor:
        result = (x**2).sum()
        graphs.append(capture(result))
        return result

    torch.func.grad(loss)(torch.ones(3))
    assert [node.name for node in graphs[0].operations] == ["PowBackward0", "SumBackward0"]


def test_a_graph_is_captured_in_inference_mode_from_a_leaf_too() -> None:
    w = leaf(2)
    with torch.inference_mode():
        assert [node.name for node in capture(w).nodes] == [ACCUMULATE]
    assert torch.is_inference_mode_enabled() is False


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_random_graphs_equal_the_naive_walk(data: st.DataObject) -> None:
    """Shared sub-expressions, constants, frozen tensors, broadcasts, several outputs."""
    shape = data.draw(st.sampled_from([(2, 3), (1, 3), (3,), (2, 1)]))
    wants = data.draw(st.lists(st.booleans(), min_size=1, max_size=4))
    values = [torch.rand(shape, requires_grad=want) for want in (True, *wants)]
    for _ in range(data.draw(st.integers(1, 15))):
        operation = data.draw(st.sampled_from(OPERATIONS))
        left, right = (data.draw(st.sampled_from(values)) for _ in range(2))
        values += operation(left, right)
    roots = [value for value in values if value.requires_grad][-2:]
    graph, named, _ = capture_live(roots)
    assert_equals_naive_walk(graph, named)
    assert all(producer < user for producer, user in graph.edges())


OPERATIONS = [
    lambda a, b: [a + b],
    lambda a, b: [a * b],
    lambda a, b: [a * a],
    lambda a, _: [a.exp()],
    lambda a, _: [a.detach()],
    lambda a, _: [a.sum(dim=-1, keepdim=True)],
    lambda a, b: [torch.where(a > b, a, b)],
    lambda a, b: [torch.cat([a.flatten(), b.flatten(), a.flatten()])[:1]],
    lambda a, _: list(torch.unbind(torch.stack([a, a]))),
    lambda a, _: [a.clone().mul_(2)],
]


def test_requires_grad_is_the_same_before_and_after() -> None:
    model = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3), nn.Linear(3, 1))
    model[0].weight.requires_grad_(False)
    x = torch.randn(4, 3)
    hidden = model[0](x)
    loss = model(x).sum() + hidden.sum()
    tensors = [x, hidden, loss, *model.parameters(), *model.buffers()]
    before = [tensor.requires_grad for tensor in tensors]
    versions = [tensor._version for tensor in tensors]
    grads = torch.is_grad_enabled()
    capture(loss, params=model)
    assert [tensor.requires_grad for tensor in tensors] == before
    assert [tensor._version for tensor in tensors] == versions
    assert [tensor.grad for tensor in tensors if tensor.is_leaf] == [None] * 6 + [None] * 4
    assert torch.is_grad_enabled() is grads


@contextmanager
def no_collector() -> Iterator[None]:
    """Reference counts alone must free everything: a cycle would only look freed."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def test_capture_keeps_no_tensor_alive() -> None:
    x = leaf(3)
    with no_collector():
        hidden = x.exp()
        loss = (hidden * hidden).sum()
        references = [weakref.ref(hidden), weakref.ref(loss)]
        graph = capture(loss, params={"x": x})
        del hidden, loss
        assert [reference() for reference in references] == [None, None]
    assert len(graph.operations) == 3


def test_capture_in_a_function_that_then_deletes_its_loss_keeps_none_alive() -> None:
    freed = []

    def step() -> None:
        hidden = leaf(3).exp()
        batch = [hidden * 2]
        loss = batch[0].sum()
        references = [weakref.ref(tensor) for tensor in (hidden, batch[0], loss)]
        capture(loss)
        del hidden, batch, loss
        freed.extend(reference() is None for reference in references)

    with no_collector():
        step()
    assert freed == [True] * 3


def test_a_users_locals_snapshot_is_left_as_it_is() -> None:
    loss = leaf(2).sum()
    mine = locals()
    capture(loss)
    assert mine["loss"] is loss


def test_the_collector_is_put_back_even_after_an_error() -> None:
    assert gc.isenabled()
    with pytest.raises(Exception, match="no autograd graph"):
        capture(torch.ones(1))
    assert gc.isenabled()
    gc.disable()
    try:
        capture(leaf(1))
        assert not gc.isenabled()
    finally:
        gc.enable()


@pytest.mark.parametrize("reentrant", [True, False])
def test_checkpointed_forwards_do_not_run_again(reentrant: bool) -> None:
    model = Counted()
    loss = checkpoint(model, leaf(2, 3), use_reentrant=reentrant).sum()
    capture(loss, params=model)
    capture(loss)
    assert model.calls == 1
    loss.backward()
    assert model.calls == 2


def test_capture_leaves_backward_as_it_was() -> None:
    torch.manual_seed(0)
    watched, plain = mlp(), None
    torch.manual_seed(0)
    plain = mlp()
    capture(watched.target, params=watched.params)
    watched.target.backward()
    plain.target.backward()
    pairs = zip(watched.params.parameters(), plain.params.parameters(), strict=True)
    assert all(torch.equal(left.grad, right.grad) for left, right in pairs)
