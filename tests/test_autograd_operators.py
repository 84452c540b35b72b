"""Node classes are known by operator, family, arguments and formulas."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from models import SUBJECTS, Sandwich, Scale, in_place_on_views, leaf
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from graphview.autograd import capture
from graphview.autograd.operators import BUILTIN, edge_arguments, node_name
from graphview.catalogue import derivatives
from graphview.catalogue.families import family
from graphview.model.graph import Node, Operator

HAND_WRITTEN = {
    "AccumulateGrad",
    "CopyBackwards",
    "CopySlices",
    "DelayedError",
    "Error",
    "NotImplemented",
    "SendRpcBackward",
    "UndefinedGrad",
    "UndefinedGradBackward",
}


def last(target: Tensor) -> tuple[Node, Operator]:
    graph = capture(target)
    return graph.nodes[-1], graph.operator_of(graph.nodes[-1])


def arguments(target: Tensor) -> list[tuple[str | None, bool]]:
    """(argument, whether a gradient goes there) of the last node's edges."""
    return [(edge.argument, edge.node is not None) for edge in last(target)[0].inputs]


def test_every_class_of_torchs_has_an_operator_but_the_hand_written_ones() -> None:
    classes = {name for name in dir(torch._C._functions) if not name.startswith("_")}
    assert classes - derivatives.operators().keys() == HAND_WRITTEN
    assert BUILTIN.keys() >= HAND_WRITTEN


def test_operators_know_their_own_names() -> None:
    known = derivatives.operators()
    assert [name for name, operator in known.items() if operator.name != name] == []
    assert all(operator.formulas and operator.schema for operator in known.values())


def test_formulas_and_numbers_equal_those_of_torchs_own_generator() -> None:
    theirs = {}
    for infos in torchs_own_table().values():
        for info in infos.values():
            if info.op is not None:
                theirs[info.op] = {
                    " ".join(d.original_formula.split()): set(d.var_names) for d in info.derivatives
                }
    ours = derivatives.operators()
    assert len(theirs) > 500
    assert ours.keys() >= theirs.keys()
    for name, formulas in theirs.items():
        merged: dict[str, set[str]] = {}
        for formula in ours[name].formulas:
            merged.setdefault(formula.text, set()).update(formula.arguments)
        assert merged.keys() == formulas.keys(), name


@cache
def torchs_own_table() -> Any:
    from torchgen.packaged.autograd.load_derivatives import load_derivatives

    path = derivatives.derivatives_file()
    assert path is not None
    native = path.parents[1] / "ATen" / "native"
    files = (path, native / "native_functions.yaml", native / "tags.yaml")
    return load_derivatives(*map(str, files))[0]


def test_a_torch_without_the_file_leaves_operators_unknown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(derivatives, "FILE", Path("no/such/file.yaml"))
    derivatives.operators.cache_clear()
    try:
        node, operator = last(leaf(2).exp())
    finally:
        monkeypatch.undo()
        derivatives.operators.cache_clear()
    assert operator == Operator("ExpBackward0", "ExpBackward0", "ExpBackward0", "unknown")
    assert [edge.argument for edge in node.inputs] == [None]


def test_a_formula_is_in_autograds_own_words() -> None:
    _, operator = last(leaf(2) * leaf(2))
    assert (operator.op, operator.family, operator.origin) == (
        "mul.Tensor",
        "mul",
        "derivatives.yaml",
    )
    assert operator.schema == "mul.Tensor(Tensor self, Tensor other) -> Tensor"
    assert [(f.arguments, f.text) for f in operator.formulas] == [
        (("self",), "mul_tensor_backward(grad, other, self.scalar_type())"),
        (("other",), "mul_tensor_backward(grad, self, other.scalar_type())"),
    ]


@pytest.mark.parametrize(
    ("op", "expected"),
    [
        ("mul.Tensor", "mul"),
        ("mul_", "mul"),
        ("add_.Tensor", "add"),
        ("_log_softmax", "log_softmax"),
        ("__lshift__.Tensor", "lshift"),
        ("native_layer_norm", "layer_norm"),
        ("cudnn_batch_norm", "batch_norm"),
        ("_cudnn_rnn", "rnn"),
        ("mkldnn_rnn_layer", "rnn"),
        ("_scaled_dot_product_flash_attention_for_cpu", "scaled_dot_product_attention"),
        ("convolution_overrideable", "convolution"),
        ("_to_copy", "to_copy"),
    ],
)
def test_a_family_is_one_name_for_the_same_mathematics(op: str, expected: str) -> None:
    assert family(op) == expected


def test_families_in_the_table_are_real_operators() -> None:
    from graphview.catalogue.families import SAME

    known = {operator.op.split(".")[0].strip("_") for operator in derivatives.operators().values()}
    # Three of them have no derivative of their own on this build of torch.
    assert len(set(SAME) - known) <= 3


def test_arguments_name_the_edges() -> None:
    x, y = leaf(3), leaf(3)
    flags = torch.ones(3) > 0
    assert arguments(torch.where(flags, x, y)) == [("self", True), ("other", True)]
    assert arguments(torch.where(flags, x, torch.ones(3))) == [("self", True), ("other", False)]
    assert arguments(x - 1) == [("self", True), ("other", False)]
    assert arguments(torch.ones(3) - x) == [("self", False), ("other", True)]
    assert arguments(torch.addmm(y, torch.ones(3, 3), leaf(3, 3))) == [
        ("self", True), ("mat1", False), ("mat2", True),
    ]  # fmt: skip
    assert arguments(torch.addcmul(x, y, y)) == [
        ("self", True), ("tensor1", True), ("tensor2", True),
    ]  # fmt: skip
    assert arguments(F.layer_norm(leaf(2, 3), [3], x, y)) == [
        ("input", True), ("weight", True), ("bias", True),
    ]  # fmt: skip
    assert arguments(F.conv1d(torch.ones(1, 1, 5), leaf(1, 1, 3), leaf(1))) == [
        ("input", False), ("weight", True), ("bias", True),
    ]  # fmt: skip
    assert arguments(F.embedding(torch.tensor([1]), leaf(3, 2))) == [("weight", True)]


def test_a_list_of_tensors_is_numbered() -> None:
    x, y = leaf(2), leaf(2)
    expected = [("tensors[0]", True), ("tensors[1]", False), ("tensors[2]", True)]
    assert arguments(torch.cat([x, torch.ones(2), y])) == expected
    assert arguments(torch.stack([x, torch.ones(2), y])) == expected
    assert arguments(torch.stack([x])) == [("tensors[0]", True)]


def test_an_lstms_edges_are_named() -> None:
    cudnn = next(
        operator for operator in derivatives.operators().values() if operator.op == "_cudnn_rnn"
    )
    assert edge_arguments(cudnn, 7) == (
        "input", "weight[0]", "weight[1]", "weight[2]", "weight[3]", "hx", "cx",
    )  # fmt: skip
    model = nn.LSTM(2, 3)
    graph = capture(model(torch.ones(2, 1, 2))[0].sum(), params=model)
    leaves = {found.node: found.name for found in graph.leaves}
    fused = [node for node in graph.nodes if graph.operator_of(node).op == "mkldnn_rnn_layer"]
    if not fused:
        pytest.skip("this machine's torch runs an LSTM without oneDNN")
    named = {edge.argument: leaves.get(edge.node or 0) for edge in fused[0].inputs if edge.node}
    assert named["weight1"] == "weight_hh_l0"
    assert [edge.argument for edge in fused[0].inputs] == [
        "input", "weight0", "weight1", "weight2", "weight3", "hx_", "cx_",
    ]  # fmt: skip


OWN_NAMES = {"custom Functions", "in-place on views"}


@pytest.mark.parametrize("name", [name for name in SUBJECTS if name not in OWN_NAMES])
def test_every_edge_of_torchs_own_operations_is_named(name: str) -> None:
    subject = SUBJECTS[name]()
    graph = capture(subject.target, params=subject.params)
    assert [e for node in graph.operations for e in node.inputs if e.argument is None] == []
    assert {operator.origin for operator in graph.operators.values()} <= {
        "derivatives.yaml", "builtin", "custom",
    }  # fmt: skip


def test_an_in_place_operation_on_a_view_says_what_it_hides() -> None:
    graph = capture(in_place_on_views().target)
    slices = [node for node in graph.nodes if node.name == "CopySlices"]
    assert len(slices) >= 2
    assert {node.inputs[0].argument for node in slices} == {"base"}
    # What else goes in belongs to an operation that Python cannot see.
    assert {edge.argument for node in slices for edge in node.inputs[1:]} == {None}
    assert graph.operator_of(slices[0]).opaque == (
        "the in-place operation on the view runs inside this node"
    )


def test_a_custom_function_is_known_by_class_file_and_line() -> None:
    node, operator = last(Scale.apply(leaf(2)))
    assert (node.name, operator.op) == ("ScaleBackward", "models.Scale")
    assert (operator.family, operator.origin) == ("Scale", "custom")
    assert operator.opaque == "a custom Function: its formula is the code of its backward"
    assert operator.file is not None
    lines = Path(__file__).with_name("models.py").read_text().splitlines()
    assert operator.file.endswith("models.py")
    assert not Path(operator.file).is_absolute()
    assert lines[(operator.line or 0) - 1] == "class Scale(torch.autograd.Function):"


def test_a_custom_functions_edges_are_its_forwards_tensors() -> None:
    x, y = leaf(2), leaf(2)
    assert arguments(Scale.apply(x)) == [("x", True)]
    assert arguments(Scale.apply(x, 3.0)) == [("x", True)]
    assert arguments(Sandwich.apply(x, 2)) == [("first", True)]
    assert arguments(Sandwich.apply(x, 2, y, y)) == [
        ("first", True), ("rest[0]", True), ("rest[1]", True),
    ]  # fmt: skip
    # Which of the arguments without gradient are tensors, nothing tells.
    assert arguments(Sandwich.apply(torch.ones(2), 2, y)) == [(None, False), ("rest[0]", True)]
    assert last(Sandwich.apply(x, 2))[1].arguments == ("first", "power", "*rest")


def test_a_custom_function_of_tensors_alone_names_those_without_gradient_too() -> None:
    class Both(torch.autograd.Function):
        @staticmethod
        def forward(context: Any, left: Tensor, right: Tensor) -> Tensor:
            return left * right

        @staticmethod
        def backward(context: Any, grad: Tensor) -> tuple[Tensor, Tensor]:
            return grad, grad

    assert arguments(Both.apply(torch.ones(1), leaf(1))) == [("left", False), ("right", True)]


def custom_of_one_name(line: str) -> Any:
    class Twin(torch.autograd.Function):
        note = line

        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            return x * 1

        @staticmethod
        def backward(ctx: Any, grad: Tensor) -> Tensor:
            return grad

    return Twin


def test_two_custom_functions_of_one_name_are_told_apart() -> None:
    class Twin(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            return x + 1

        @staticmethod
        def backward(ctx: Any, grad: Tensor) -> Tensor:
            return grad

    graph = capture(Twin.apply(custom_of_one_name("a").apply(leaf(1))))
    first, second = graph.operations
    assert first.name == second.name == "TwinBackward"
    assert graph.operator_of(first) != graph.operator_of(second)
    assert graph.operator_of(second).op.endswith("told_apart.<locals>.Twin")


def test_a_custom_function_without_a_file_has_no_place() -> None:
    variables: dict[str, Any] = {"torch": torch}
    exec(
        "class Typed(torch.autograd.Function):\n"
        "    forward = staticmethod(lambda ctx, x: x * 1)\n"
        "    backward = staticmethod(lambda ctx, grad: grad)\n",
        variables,
    )
    _, operator = last(variables["Typed"].apply(leaf(1)))
    assert (operator.file, operator.line) == (None, None)


def test_checkpoints_and_compiled_graphs_are_opaque() -> None:
    _, operator = last(checkpoint(nn.Linear(2, 2), leaf(1, 2), use_reentrant=True))
    assert operator.opaque == (
        "a reentrant checkpoint: the operations and parameters inside are recorded only "
        "during backward"
    )
    _, operator = last(leaf(1) * 2)
    assert operator.opaque is None


def test_an_operator_without_derivative_says_that_the_gradient_is_lost() -> None:
    library = torch.library.Library("graphview_tests", "FRAGMENT")
    library.define("no_derivative(Tensor x) -> Tensor")
    library.impl("no_derivative", lambda x: x.detach().clone(), "CPU")
    result = torch.ops.graphview_tests.no_derivative(leaf(2))
    # Made in C++ without a class of its own: a CppFunction.
    assert type(result.grad_fn).__name__ == "CppFunction"
    node, operator = last(result)
    assert node.name == "WarnNotImplemented"
    assert operator.opaque == "has no derivative: the gradient is silently lost here"
    assert [str(output) for output in node.outputs] == ["(2,) float32 cpu"]


@pytest.mark.parametrize(
    ("full", "expected"),
    [
        ("torch::autograd::CppNode<vision::(anonymous namespace)::RoiAlign>", "RoiAlign"),
        ("torch::autograd::CppNode<Mine>", "Mine"),
        (
            "torch::jit::(anonymous namespace)::DifferentiableGraphBackward",
            "DifferentiableGraphBackward",
        ),
        ("WarnNotImplemented", "WarnNotImplemented"),
    ],
)
def test_a_cpp_functions_name_is_the_class_that_its_author_wrote(full: str, expected: str) -> None:
    class CppFunction:
        def name(self) -> str:
            return full

    assert node_name(CppFunction()) == expected  # type: ignore[arg-type]
