"""Saved tensors, their bytes and the attributes; nothing is unpacked to find them."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from models import Counted, Sandwich, Scale, frozen, leaf, nested
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks
from torch.utils.checkpoint import checkpoint

from graphview.autograd import capture, capture_live
from graphview.model.graph import Graph, Node, SavedTensor

FLOAT = 4


def saved(graph: Graph) -> dict[str, list[tuple[str, str, int]]]:
    return {
        node.name: [(s.name, s.status, s.bytes) for s in node.saved]
        for node in graph.nodes
        if node.saved
    }


def last(target: Any, params: Any = None) -> Node:
    return capture_live(target, params=params).graph.nodes[-1]


def test_an_operation_has_what_it_saved() -> None:
    x, y = leaf(3), leaf(3)
    product = last(x.cos() * y.sin())
    assert [(s.name, s.status, s.bytes) for s in product.saved] == [
        ("other", "kept", 3 * FLOAT),
        ("self", "kept", 3 * FLOAT),
    ]
    assert [str(s.tensor) for s in product.saved] == ["(3,) float32 cpu"] * 2


def test_a_storage_is_counted_once_and_shared_by_number() -> None:
    hidden = leaf(4).exp()
    graph = capture(hidden.view(2, 2).sin().sum() + hidden.cos().sum())
    assert sorted(saved(graph).items()) == [
        ("CosBackward0", [("self", "kept", 0)]),
        ("ExpBackward0", [("result", "kept", 16)]),
        ("SinBackward0", [("self", "kept", 0)]),
    ]
    assert len({s.storage for node in graph.nodes for s in node.saved}) == 1
    assert graph.saved_bytes == 16


def test_a_storage_is_counted_whole_though_a_part_was_saved() -> None:
    table = leaf(100, 2) * 1
    assert last(table[:1].exp().sin()).saved_bytes == 0 + 2 * FLOAT - 2 * FLOAT
    assert capture(table[:1].sin()).saved_bytes == 100 * 2 * FLOAT + 8  # the 1 of `* 1`, a double


def test_parameters_are_not_charged_to_nodes() -> None:
    model = nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, 2))
    x = torch.ones(3, 5)
    graph = capture_live(model(x).sum(), params=model).graph
    # Saved: the input x, and tanh's result, which the second layer shares.
    assert graph.saved_bytes == (3 * 5 + 3 * 7) * FLOAT
    assert sum(found.bytes for found in graph.leaves) == sum(
        p.numel() * FLOAT for p in model.parameters()
    )


def test_frozen_parameters_and_buffers_of_the_model_are_not_charged_either() -> None:
    target, model = frozen()
    with_model = capture_live(target, params=model).graph
    without = capture_live(target).graph
    # Saved besides: what goes into the second layer. The first one's input is for its weight.
    assert with_model.saved_bytes == 3 * 2 * FLOAT
    assert without.saved_bytes == 3 * 2 * FLOAT
    norm = nn.BatchNorm1d(3).eval()
    for parameter in norm.parameters():
        parameter.requires_grad_(False)
    result = norm(leaf(4, 3))
    assert capture_live(result).graph.saved_bytes == 3 * 3 * FLOAT
    assert capture_live(result, params=norm).graph.saved_bytes == 0


def test_bytes_and_numbers_of_storages_do_not_depend_on_what_else_is_in_scope() -> None:
    x = leaf(3)
    result = x.exp() * 2
    alone = capture_live(result, params={"x": x}).graph
    other = nn.Linear(3, 3)
    beside = capture_live(result, params={"x": x, **dict(other.named_parameters())}).graph
    assert alone == beside


def independent_bytes(make: Any) -> int:
    """What all saved tensors hold, seen as they are packed, without those of the parameters."""
    seen: dict[int, int] = {}
    kept = []

    def pack(tensor: Tensor) -> Tensor:
        kept.append(tensor)
        storage = tensor.untyped_storage()
        seen[storage.data_ptr()] = storage.nbytes()
        return tensor

    with saved_tensors_hooks(pack, lambda tensor: tensor):
        model = make()[1]
    owned = {p.untyped_storage().data_ptr() for p in (*model.parameters(), *model.buffers())}
    return sum(size for place, size in seen.items() if place not in owned)


def perceptron() -> tuple[Tensor, nn.Module]:
    model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.LayerNorm(16), nn.Linear(16, 2))
    return model(torch.ones(5, 8)).pow(2).mean(), model


def convolutional() -> tuple[Tensor, nn.Module]:
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.GELU(), nn.Flatten())
    return model(torch.ones(2, 1, 8, 8)).log_softmax(-1).sum(), model


def attentive() -> tuple[Tensor, nn.Module]:
    model = nn.TransformerEncoderLayer(8, 2, dim_feedforward=16, dropout=0.0)
    return model(torch.ones(3, 2, 8)).sum(), model


@pytest.mark.parametrize("make", [perceptron, convolutional, attentive])
def test_bytes_equal_an_independent_account(make: Any) -> None:
    target, model = make()
    graph = capture_live(target, params=model).graph
    assert graph.saved_bytes == independent_bytes(make)
    assert graph.saved_bytes > 0


def test_tensors_in_the_callers_variables_name_what_is_saved() -> None:
    inputs, w = torch.ones(3), leaf(3)
    yhat = inputs * w
    (found,) = [s for node in capture(yhat).nodes for s in node.saved]
    assert (found.name, found.variable) == ("self", "inputs")


def test_lists_of_saved_tensors_are_numbered() -> None:
    result = leaf(4, 4)[torch.tensor([0, 1]), torch.tensor([2, 3])]
    assert [s.name for s in last(result).saved] == ["indices[0]", "indices[1]"]


def test_after_backward_tensors_are_freed_and_attributes_stay() -> None:
    x = leaf(2, 2)
    result = torch.softmax(x.exp(), dim=-1)
    loss = Scale.apply(result).sum()
    before = capture(loss)
    loss.backward()
    after = capture(loss)
    assert saved(after) == {
        "ExpBackward0": [("result", "freed", 0)],
        "SoftmaxBackward0": [("result", "freed", 0)],
        "ScaleBackward": [("saved_tensors", "freed", 0)],
    }
    assert after.saved_bytes == 0
    assert [node.attributes for node in after.nodes] == [node.attributes for node in before.nodes]


def test_a_custom_function_that_saves_none_and_one_that_sets_a_tensor() -> None:
    x = leaf(2)
    assert [s.name for s in last(Scale.apply(x * 2)).saved] == ["saved_tensors[0]"]
    (kept,) = last(Sandwich.apply(x.exp(), 2)).saved
    assert (kept.name, kept.status, kept.bytes) == ("ctx.kept", "kept", 0)


def test_hooks_are_never_run_and_packed_tensors_are_named_so() -> None:
    calls = []

    def unpack(packed: Tensor) -> Tensor:
        calls.append(packed)
        return packed

    x = leaf(3)
    with saved_tensors_hooks(lambda tensor: tensor, unpack):
        loss = Scale.apply(x.exp() * x).sum()
    graph = capture(loss)
    assert calls == []
    assert {s.status for node in graph.nodes for s in node.saved} == {"packed"}
    assert [s.name for s in graph.nodes[-2].saved] == ["saved_tensors[0]"]
    assert graph.saved_bytes == 0
    loss.backward()
    # The hooks themselves are whole: backward runs them, for exp, mul and not for Scale.
    assert len(calls) == 3


def test_a_checkpoints_tensors_are_packed_and_its_forward_ran_once() -> None:
    model = Counted()
    loss = checkpoint(model, leaf(2, 3), use_reentrant=False).sum()
    graph = capture(loss, params=model)
    statuses = {s.status for node in graph.nodes for s in node.saved}
    assert (statuses, model.calls) == ({"packed"}, 1)
    assert graph.saved_bytes == 0


def test_reading_what_a_changed_tensor_was_saved_as_raises_nothing() -> None:
    w = leaf(3)
    hidden = w * 1
    loss = hidden.sin().sum()
    hidden.data.add_(1)
    with torch.no_grad():
        hidden.add_(1)
    assert ("self", "kept") in [(s.name, s.status) for n in capture(loss).nodes for s in n.saved]


def test_saved_tensors_without_strides_are_weighed_by_their_parts() -> None:
    values, rows = torch.ones(2, 3).to_sparse(), leaf(3, 2)
    found = last(torch.sparse.mm(values, rows)).saved
    indices, numbers = values._indices(), values._values()
    size = indices.untyped_storage().nbytes() + numbers.untyped_storage().nbytes()
    assert {s.name: s.bytes for s in found}["mat1"] == size
    ragged = capture(nested(torch.jagged).target)
    (kept,) = [s for s in ragged.nodes[-1].saved if s.name == "self"]
    assert kept.tensor is not None
    assert kept.tensor.shape == (2, "*", 3)
    # Six rows of three floats; the offsets belong to the leaf, which was counted first.
    assert kept.bytes == 6 * 3 * FLOAT


def test_a_ragged_shape_has_a_star_and_a_strided_nested_tensor_none() -> None:
    jagged = capture(nested(torch.jagged).target)
    assert str(jagged.nodes[-1].outputs[0]) == "(2, *, 3) float32 cpu"
    strided = capture(nested(torch.strided).target)
    assert str(strided.nodes[-1].outputs[0]) == "ragged float32 cpu"
    assert strided.leaves[0].tensor.shape is None


def test_meta_tensors_weigh_what_real_ones_would() -> None:
    model = nn.Sequential(nn.Linear(1_000_000, 1_000_000, device="meta"), nn.Tanh())
    result = model(torch.ones(2, 1_000_000, device="meta"))
    graph = capture_live(result, params=model).graph
    assert sum(found.bytes for found in graph.leaves) == (10**12 + 10**6) * FLOAT
    assert graph.saved_bytes == 2 * 2 * 10**6 * FLOAT
    assert str(graph.nodes[-1].outputs[0]) == "(2, 1000000) float32 meta"


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda x: x.sum(dim=-1), {"dim": [-1], "keepdim": False, "self_sym_sizes": [2, 3]}),
        (lambda x: x.transpose(-2, -1), {"dim0": -2, "dim1": -1}),
        (lambda x: torch.softmax(x, -1), {"dim": -1}),
        (lambda x: x**2, {"exponent": 2}),
        (lambda x: x ** float("inf"), {"exponent": "inf"}),
        (lambda x: x ** (1 + 2j), {"exponent": "(1+2j)"}),
        (lambda x: x.clamp(max=1.5), {"max": 1.5, "min": None}),
        (lambda x: x[:, 1:], {"dim": 1, "end": 9223372036854775807, "start": 1, "step": 1}),
        (lambda x: torch.cat([x, x], dim=-1), {"dim": -1}),
        (lambda x: torch.nn.functional.gelu(x, approximate="tanh"), {"approximate": "tanh"}),
    ],
)
def test_attributes_are_plain_values_with_their_signs(make: Any, expected: Any) -> None:
    attributes = last(make(leaf(2, 3))).attributes
    assert {name: attributes[name] for name in expected} == expected


def test_a_negative_padding_index_has_its_sign() -> None:
    table = torch.nn.functional.embedding(torch.tensor([1]), leaf(4, 2), padding_idx=-1)
    # torch's own Python counts from the end before it calls the operation.
    assert last(table).attributes["padding_idx"] == 3
    plain = torch.nn.functional.embedding(torch.tensor([1]), leaf(4, 2))
    assert last(plain).attributes["padding_idx"] == -1


def test_a_ragged_dimension_in_an_attribute_is_a_star() -> None:
    target = nested(torch.jagged).target.mean(-1)
    # The symbol that torch has there is numbered anew for each nested tensor.
    assert last(target).attributes["self_sym_sizes"] == [2, "*", 3]


def test_a_saved_tensor_is_plain_data() -> None:
    graph = capture(leaf(2).exp())
    (found,) = graph.nodes[-1].saved
    assert isinstance(found, SavedTensor)
    assert found == SavedTensor("result", "kept", found.tensor, 8, found.storage, None)
