"""What the page shows, as data: cards, code, verdict, numbers in words."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from recordings import lesson, with_run

from graphview.draw.operands import operand
from graphview.model.graph import Node
from graphview.model.recording import Recording
from graphview.model.run import TrainingRun
from graphview.model.step import Excerpt
from graphview.report import numbers
from graphview.report.cards import Card, cards
from graphview.report.code import code_blocks
from graphview.report.identity import identities
from graphview.report.verdict import badges


def _run(recording: Recording) -> TrainingRun:
    assert recording.run is not None
    return recording.run


def _cards(recording: Recording) -> list[Card]:
    return cards(recording.graphs, identities(recording.graphs), recording.run)


def test_there_is_a_card_for_each_thing_in_the_order_of_the_forward_pass() -> None:
    found = [(card.kind, card.name, card.graphs) for card in _cards(lesson())]
    everywhere = ["yhat", "error", "loss"]
    assert found == [
        ("leaf", "a", everywhere),
        ("accumulate", "AccumulateGrad of a", everywhere),
        ("leaf", "b", everywhere),
        ("accumulate", "AccumulateGrad of b", everywhere),
        ("operation", "MulBackward0", everywhere),
        ("operation", "AddBackward0", everywhere),
        ("root", "yhat", ["yhat"]),
        ("operation", "SubBackward0", ["error", "loss"]),
        ("root", "error", ["error"]),
        ("operation", "PowBackward0", ["loss"]),
        ("operation", "MeanBackward0", ["loss"]),
        ("root", "loss", ["loss"]),
    ]


@pytest.mark.parametrize(
    ("shape", "single"), [((), True), ((1,), True), ((1, 1), True), ((2,), False), (None, False)]
)
def test_a_roots_card_knows_where_backward_can_start(
    shape: tuple[int, ...] | None, single: bool
) -> None:
    graph = lesson().graphs["loss"]
    (root,) = graph.roots
    bare = replace(graph, roots=(replace(root, tensor=replace(root.tensor, shape=shape)),))
    card = cards({"loss": bare}, identities({"loss": bare}), None)[-1]
    assert ("starts here with the gradient 1" in card.what) == single


def test_an_operations_card_says_what_it_is_and_why_it_is_here() -> None:
    card = next(card for card in _cards(lesson()) if card.name == "MulBackward0")
    assert card.here == (
        "Recorded because b needs a gradient. x_train_tensor does not, so no arrow comes from it."
    )
    assert card.source is not None
    assert card.source.expression == "b * x_train_tensor"
    assert {formula.arguments: formula.text for formula in card.formulas} == {
        ("self",): "mul_tensor_backward(grad, other, self.scalar_type())",
        ("other",): "mul_tensor_backward(grad, self, other.scalar_type())",
    }
    assert card.facts == [
        ("operation", "mul.Tensor"),
        ("shape", "(80, 1)"),
        ("dtype, device", "float32 on cpu"),
        ("input self", "b"),
        ("input other", "needs no gradient"),
        ("keeps for backward", "other (x_train_tensor): (80, 1) float32, 320 bytes"),
    ]


def _here(expression: str, leaf: str, argument: str) -> str | None:
    """What the card calls the input `argument`, which needs no gradient; the other is `leaf`."""
    graph = lesson().graphs["yhat"]
    (mul,) = (node for node in graph.nodes if node.name == "MulBackward0")
    edges = [replace(edge, argument=name) for edge, name in zip(mul.inputs, ARGUMENTS, strict=True)]
    if argument == "self":
        first, second = edges
        edges = [replace(second, argument="self"), replace(first, argument="other")]
    assert mul.source is not None
    sources = list(graph.sources)
    sources[mul.source] = replace(sources[mul.source], expression=expression)
    leaves = tuple(replace(each, name=leaf) for each in graph.leaves)
    changed = replace(mul, inputs=tuple(edges), saved=())
    nodes = tuple(changed if node is mul else node for node in graph.nodes)
    graph = replace(graph, sources=tuple(sources), leaves=leaves, nodes=nodes)
    return operand(graph, changed, argument)


ARGUMENTS = ("self", "other")


@pytest.mark.parametrize(
    ("expression", "argument", "name"),
    [
        ("b * x_train_tensor", "other", "x_train_tensor"),
        ("x_train_tensor - b", "self", "x_train_tensor"),
        ("self.x @ b", "self", "self.x"),
        # Python runs 2 * b as b · 2: the operands are swapped.
        ("2 * b", "other", None),
        ("c * b", "other", None),
        ("torch.mul(b, x)", "other", None),
        ("a + b * x", "other", None),
    ],
)
def test_an_input_without_gradient_has_its_name_from_the_code(
    expression: str, argument: str, name: str | None
) -> None:
    assert _here(expression, "b", argument) == name


def test_what_a_card_cannot_follow_it_names() -> None:
    card = next(card for card in _cards(lesson()) if card.name == "SubBackward0")
    assert card.here is not None
    assert card.here.endswith("y_train_tensor does not, so no arrow comes from it.")


def test_the_reduction_of_a_loss_is_named() -> None:
    step = next(step for step in lesson().steps if step.key == "mse_loss")
    found = cards(step.graphs, identities(step.graphs), None)
    card = next(card for card in found if card.name == "MseLossBackward0")
    assert dict(card.facts)["reduction"] == "mean"


def test_a_leafs_card_has_the_numbers_of_the_run() -> None:
    card = next(card for card in _cards(lesson()) if (card.kind, card.name) == ("leaf", "a"))
    assert dict(card.facts) == {
        "shape": "(1,)",
        "dtype, device": "float32 on cpu",
        "memory": "4 bytes",
        "value in epoch 0": "0.3367",
        "its .grad after backward in epoch 0": "−3.1125",
        "value after training": "1.0235",
    }


def test_without_a_run_a_leafs_card_has_no_numbers() -> None:
    found = _cards(with_run(lesson(), None))
    assert [name for name, _ in found[0].facts] == ["shape", "dtype, device", "memory"]


def test_only_a_scalar_is_called_a_start_of_backward() -> None:
    said = {card.name: card.what for card in _cards(lesson()) if card.kind == "root"}
    assert "call it on a number made of it" in said["yhat"]
    assert "shape (80, 1)" in said["error"]
    assert "backward() starts here with the gradient 1" in said["loss"]
    assert "call it on a number" not in said["loss"]


def test_the_same_thing_has_the_same_key_in_every_graph() -> None:
    graphs = lesson().graphs
    keys = identities(graphs)
    shared = [set(keys[name].values()) for name in graphs]
    assert len(shared[0] & shared[1]) == len(keys["yhat"]) - 1
    assert len(shared[1] & shared[2]) == len(keys["error"]) - 1
    for name in graphs:
        assert len(set(keys[name].values())) == len(keys[name])
    for leaf in graphs["loss"].leaves:
        assert keys["yhat"][leaf.id] == keys["loss"][leaf.id]


def test_two_equal_operations_in_one_graph_have_two_keys() -> None:
    graph = lesson().graphs["yhat"]
    last = graph.nodes[-1]
    twin: Node = replace(last, index=last.index + 1)
    doubled = replace(graph, nodes=(*graph.nodes, twin))
    keys = identities({"yhat": graph, "both": doubled})
    assert keys["both"][last.id] == keys["yhat"][last.id]
    assert keys["both"][twin.id] not in keys["yhat"].values()


def test_other_attributes_make_another_node() -> None:
    graph = lesson().graphs["loss"]
    nodes = tuple(replace(node, attributes={"exponent": 3}) for node in graph.nodes)
    keys = identities({"one": graph, "other": replace(graph, nodes=nodes)})
    assert not {keys["one"][f"n{node.index}"] for node in nodes} & {
        keys["other"][f"n{node.index}"] for node in nodes
    }


def test_what_is_made_of_another_thing_is_another_thing() -> None:
    graph = lesson().graphs["yhat"]
    a, b = graph.leaves
    other = replace(graph, leaves=(replace(a, name="c"), b))
    one, two = identities({"one": graph, "other": other}).values()
    same = {node.name for node in graph.operations if one[node.id] == two[node.id]}
    assert same == {"MulBackward0"}
    assert one["root0"] != two["root0"]


def test_code_lines_know_the_nodes_that_they_made() -> None:
    found = _cards(lesson())
    keys = {card.name: card.key for card in found}
    forward = next(b for b in code_blocks(lesson().code, found) if b.made_nodes)
    made = {line.text.strip(): line.keys for line in forward.lines if line.keys}
    assert made == {
        "yhat = a + b * x_train_tensor": (keys["MulBackward0"], keys["AddBackward0"], keys["yhat"]),
        "error = y_train_tensor - yhat": (keys["SubBackward0"], keys["error"]),
        "loss = (error**2).mean()": (keys["PowBackward0"], keys["MeanBackward0"], keys["loss"]),
    }
    assert sum(block.made_nodes for block in code_blocks(lesson().code, found)) == 1


def test_an_excerpt_without_lines_is_left_out() -> None:
    assert code_blocks([Excerpt("empty.py", 1, ())], []) == []


def _verdict(recording: Recording) -> dict[str, tuple[str, str]]:
    return {badge.label: (badge.sign, badge.text) for badge in badges(recording)}


def test_a_good_run_is_called_good() -> None:
    verdict = _verdict(lesson())
    assert verdict["gradient"] == ("✓", "of loss reaches a and b")
    assert verdict["learned"] == ("✓", "a = 1.0235, b = 1.9690: the least-squares answer")
    assert verdict["training"][1].startswith("1,000 epochs on cpu (")
    assert verdict["training"][1].endswith(" each")


def test_a_run_that_was_too_short_says_how_far_it_is() -> None:
    verdict = _verdict(lesson(epochs=1))
    sign, text = verdict["learned"]
    assert sign == "!"
    assert text.endswith(": not there yet, least squares gives a = 1.0235, b = 1.9690")
    assert verdict["training"][1].startswith("1 epoch on cpu (")
    assert not verdict["training"][1].endswith(" each")


@pytest.mark.parametrize("bad", ["a", "b"])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_run_that_diverged_says_so(bad: str, value: float) -> None:
    run = _run(lesson())
    values = run.parameters | {bad: (*run.parameters[bad][:-1], value)}
    sign, text = _verdict(with_run(lesson(), replace(run, parameters=values)))["learned"]
    assert sign == "!"
    assert text.endswith(": the training diverged")


def test_a_gradient_that_does_not_arrive_is_said() -> None:
    graph = lesson().graphs["loss"]
    cut = replace(graph, leaves=graph.leaves[:1])
    sign, text = _verdict(replace(lesson(), graphs={"loss": cut}))["gradient"]
    assert (sign, text) == ("!", "none from loss to b")


def test_without_a_run_only_the_device_is_told() -> None:
    assert list(_verdict(with_run(lesson(), None))) == ["device"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.02354, "1.0235"),
        (-3.3881, "−3.3881"),
        (0.0, "0.0000"),
        (5.48e-7, "5.48e−07"),
        (1e38, "1.00e+38"),
        (math.nan, "NaN"),
        (math.inf, "∞"),
        (-math.inf, "−∞"),
    ],
)
def test_a_number_is_written_as_people_read_it(value: float, text: str) -> None:
    assert numbers.number(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0 s"),
        (4.2e-8, "42 ns"),
        (9.8e-5, "98 µs"),
        (1.4e-3, "1.4 ms"),
        (0.99999, "1 s"),
        (0.999499, "999 ms"),
        (2.3, "2.3 s"),
        (1234.4, "1,234 s"),
        (math.nan, "unknown"),
        (math.inf, "unknown"),
    ],
)
def test_a_duration_is_written_as_people_read_it(value: float, text: str) -> None:
    assert numbers.seconds(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0 bytes"), (1, "1 byte"), (320, "320 bytes"), (1536, "1.5 KiB"), (1 << 31, "2.0 GiB")],
)
def test_a_size_is_written_as_people_read_it(value: int, text: str) -> None:
    assert numbers.size(value) == text


@pytest.mark.parametrize(
    ("items", "text"),
    [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")],
)
def test_a_list_is_written_as_people_read_it(items: list[str], text: str) -> None:
    assert numbers.listed(items) == text
