"""Each rule holds a good graph and a bad one to a key of the contract."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from checking import (
    DOUBLE,
    FILE,
    ON_GPU,
    RULE_OF,
    code_at,
    codes,
    found,
    graph,
    leaf,
    lesson,
    lost,
)
from handmade import ROW, model, node

from graphview.check.rules import CODES, RULES, code_of
from graphview.check.value import Value
from graphview.errors import ContractError
from graphview.model.graph import Graph, SavedTensor, TensorInfo

# What `lesson` and `model` keep, and the code of what they break.
GOOD_AND_BAD: list[tuple[str, Graph, Any, Any, str]] = [
    ("leaves", lesson(), ["a", "b"], ["a", "b", "c"], "GV102"),
    ("leaves", lesson(), ["?"], ["a"], "GV103"),
    ("leaves", lesson(), {"only": ["a", "b", "c"]}, {"only": "b"}, "GV103"),
    ("leaves", lesson(), {"require": "a"}, {"forbid": "a"}, "GV103"),
    ("leaves", lesson(), {"count": "1..2"}, {"count": 3}, "GV104"),
    ("leaves", model(), ["blocks.*", "params['w']"], ["blocks.*"], "GV103"),
    ("frozen", model(), [], ["blocks.0.*"], "GV105"),
    ("parameters", lesson(), "all-reach", ["a", "c"], "GV106"),
    ("operations", lesson(), {"require": {"mul": 1}}, {"require": ["softmax"]}, "GV107"),
    ("operations", lesson(), {"forbid": ["to_copy"]}, {"forbid": "mul.*"}, "GV108"),
    ("operations", model(), {"require": {"addmm": 2}}, {"require": {"addmm": 3}}, "GV109"),
    ("operations", model(), {"require": {"addmm": ">=1"}}, {"require": {"addmm": 1}}, "GV109"),
    (
        "operations",
        lesson(),
        {"exactly": {"mul": 1, "add": 1, "PowBackward0": 1, "mean": 1}},
        {"exactly": {"mul": 1, "add": 1, "mean": 1}},
        "GV110",
    ),
    ("operations", model(), {"exactly": ["addmm", "C*", "m*"]}, {"exactly": ["addmm"]}, "GV110"),
    ("devices", lesson(), "one", ["cuda"], "GV112"),
    ("devices", lesson(), ["cpu"], ["cpu:1"], "GV112"),
    ("max-nodes", lesson(), 6, 5, "GV113"),
    ("max-depth", lesson(), 4, 3, "GV114"),
    ("max-saved", model(), 320, 319, "GV115"),
    ("opaque", model(), ["Cell"], "forbid", "GV116"),
    ("custom-functions", model(), ["CellBackward"], "forbid", "GV117"),
    ("path", lesson(), "b -> loss", "loss -> b", "GV118"),
    ("path", lesson(), ["a -> yhat", "mul -> loss"], ["a -> yhat", "a -> mul"], "GV118"),
    ("path", model(), "blocks.0 -> yhat", "nothing -> yhat", "GV118"),
    ("no-path", lesson(), "a -> mul", "a -> loss", "GV119"),
    ("no-path", model(), "params['w'] -> blocks.0", "ghost.* -> loss", "GV121"),
    ("shapes", lesson(), {"loss": [], "b": [1], "yhat": ["batch", 1]}, {"loss": [1]}, "GV120"),
    ("shapes", lesson(), {"[ab]": ["n"]}, {"a": ["n"], "yhat": ["*", "m"], "b": [2]}, "GV120"),
    ("shapes", lesson(), {"b": ["n"], "yhat": ["m", "n"]}, {"b": ["n"], "yhat": ["n", 1]}, "GV120"),
    ("shapes", lesson(), {"loss": []}, {"los": []}, "GV120"),
]


@pytest.mark.parametrize(("key", "of", "good", "bad", "code"), GOOD_AND_BAD)
def test_a_rule_holds_where_it_should_and_breaks_where_it_should(
    key: str, of: Graph, good: Any, bad: Any, code: str
) -> None:
    assert found(key, good, of) == []
    assert codes(found(key, bad, of)) == [code]


def test_a_cast_is_seen_along_an_edge_where_no_node_copies() -> None:
    assert found("casts", "forbid", lesson()) == []
    mixed = _mixed()
    (cast,) = found("casts", "forbid", mixed)
    assert cast.message == (
        "float32 becomes float64 in MulBackward0 at lesson.py:5, and on 1 other edge"
    )
    assert cast.expected == "no cast"
    assert cast.actual == "float32 -> float64 at lesson.py:5 and lesson.py:6"
    assert cast.source == mixed.sources[0]
    assert cast.hint == (
        "`x` is float64 there and takes the rest with it: make it float32, as by "
        "x.to(torch.float32)."
    )


def _mixed() -> Graph:
    """b*x + a with float64 data x: no node is a copy."""
    saved = (SavedTensor("other", "kept", DOUBLE, 640, 0, "x"),)
    return graph(
        leaf(0),
        replace(node(1, "MulBackward0", 0, None, source=0, saved=saved), outputs=(DOUBLE,)),
        leaf(2),
        replace(node(3, "AddBackward0", 1, 2, source=1), outputs=(DOUBLE,)),
        leaves={0: "b", 2: "a"},
        sources=(code_at(5, "b*x"), code_at(6, "a + bx")),
    )


@pytest.mark.parametrize("allowed", ["float32 -> float64", "float32->double", "torch.float32 -> *"])
def test_a_cast_may_be_allowed(allowed: str) -> None:
    assert found("casts", [allowed], _mixed()) == []
    (cast,) = found("casts", ["float64 -> float32"], _mixed())
    assert cast.expected == "no cast but float64 -> float32"


def test_what_an_operation_gives_besides_is_no_cast() -> None:
    half = TensorInfo((80, 1), "bfloat16", "cpu")
    norm = replace(node(1, "AddmmBackward0", 0), outputs=(half, ROW, ROW))
    of = graph(leaf(0, half), norm, leaves={0: "w"})
    assert found("casts", "forbid", of) == []


def test_a_complex_number_is_as_precise_as_its_parts() -> None:
    parts = replace(ROW, dtype="complex64")
    of = graph(leaf(0), replace(node(1, "AddmmBackward0", 0), outputs=(parts,)), leaves={0: "w"})
    assert found("casts", "forbid", of) == []


def test_a_copy_that_no_code_spells_out_is_a_suspected_autocast() -> None:
    half = TensorInfo((80, 1), "bfloat16", "cuda:0")
    copy = replace(node(1, "ToCopyBackward0", 0, source=0), outputs=(half,))
    of = graph(leaf(0, ON_GPU), copy, leaves={0: "w"}, sources=(code_at(9, "self.fc(x)"),))
    (cast,) = found("casts", "forbid", of)
    assert "suspect autocast" in cast.hint


def test_what_one_autocast_does_has_one_cause() -> None:
    """To bfloat16 at a copy, and back where the result meets what stayed in float32."""
    half = TensorInfo((80, 1), "bfloat16", "cpu")
    of = graph(
        leaf(0),
        replace(node(1, "ToCopyBackward0", 0, source=0), outputs=(half,)),
        node(2, "AddBackward0", 1, 0, source=1),
        leaves={0: "w"},
        sources=(code_at(9, "self.fc(x)"), code_at(10, "x + h")),
    )
    there, back = found("casts", "forbid", of)
    assert (there.source, back.source) == of.sources
    assert there.cause == back.cause


def test_a_copy_that_the_code_spells_out_is_named() -> None:
    of = lesson(cast=True)
    nodes = [replace(n, outputs=(DOUBLE,)) if n.index > 2 else n for n in of.nodes]
    (cast,) = found("casts", "forbid", replace(of, nodes=tuple(nodes)))
    assert cast.message == (
        "float32 becomes float64 in ToCopyBackward0 at lesson.py:18, and on 1 other edge"
    )
    assert cast.hint == (
        "`torch.randn(1, requires_grad=True).to(torch.float64)` casts; make it in the dtype that "
        "it is needed in."
    )


def test_a_result_on_another_device_is_found_with_its_line() -> None:
    of = graph(
        leaf(0),
        replace(node(1, "ToCopyBackward0", 0, source=0), outputs=(ON_GPU,)),
        replace(node(2, "MeanBackward0", 1, source=1), outputs=(ON_GPU,)),
        leaves={0: "w"},
        sources=(code_at(3), code_at(4)),
    )
    (one,) = found("devices", "one", of)
    assert (one.message, one.expected) == ("`w` is on cpu", "all on cuda:0, where `loss` is")
    (two,) = found("devices", ["cpu"], of)
    assert two.message == "ToCopyBackward0 is on cuda:0 at lesson.py:3, with 1 other node"
    assert two.actual == "on cuda:0: operations at lesson.py:3 and lesson.py:4"
    assert found("devices", ["cpu", "cuda"], of) == []


def test_attention_that_is_written_out_is_a_suspect() -> None:
    of = graph(
        leaf(0),
        node(1, "BmmBackward0", 0, source=0),
        node(2, "SoftmaxBackward0", 1, source=1),
        leaves={0: "w"},
        sources=(code_at(40), code_at(41)),
    )
    (missing,) = found("operations", {"require": ["scaled_dot_product_attention"]}, of)
    assert missing.message == "there is no `scaled_dot_product_attention` in `loss`"
    assert missing.actual == "0; there are bmm 1 and softmax 1"
    assert missing.hint == "Suspect: it is written out as `softmax` and `bmm` at lesson.py:41."
    assert missing.source == of.sources[1]
    (alike,) = found("operations", {"forbid": ["softmax"]}, of)
    assert alike.cause == missing.cause


def test_fused_attention_without_a_kernel_is_told_as_such() -> None:
    call = code_at(41, "F.scaled_dot_product_attention(q, k, v)")
    of = graph(
        leaf(0),
        node(1, "BmmBackward0", 0, source=0),
        node(2, "SoftmaxBackward0", 1, source=0),
        leaves={0: "w"},
        sources=(call,),
    )
    (missing,) = found("operations", {"require": ["scaled_dot_product_attention"]}, of)
    assert missing.hint.startswith("Suspect: lesson.py:41 calls it, and torch takes its plain form")


def test_what_people_call_a_function_is_told_as_autograd_records_it() -> None:
    (missing,) = found("operations", {"require": ["cross_entropy"]}, lesson())
    assert missing.hint == (
        "Autograd records `cross_entropy` as `log_softmax` and `nll_loss_forward`."
    )


def test_a_forbidden_copy_is_told_with_its_lines() -> None:
    (copy,) = found("operations", {"forbid": ["to_copy"]}, lesson(cast=True))
    assert copy.message == "`ToCopyBackward0` is in `loss` once, and `to_copy` is forbidden"
    assert (copy.expected, copy.actual) == ("no `to_copy`", "1: lesson.py:18")


def test_operations_that_differ_are_told_side_by_side() -> None:
    counts = {"mul": 1, "add": 1, "pow": 2, "mean": 1}
    (one,) = found("operations", {"exactly": counts}, lesson(cast=True))
    assert one.message == (
        "`loss` does not compute what is listed: `ToCopyBackward0` 0 → 1 and `pow` 2 → 1"
    )
    assert one.expected == "mul 1, add 1, pow 2 and mean 1"
    assert one.actual == "mul 1, add 1, pow 1, mean 1 and to_copy 1"
    assert one.source is not None
    assert one.source.line == 18


@pytest.mark.parametrize(
    ("key", "raw", "message"),
    [
        ("max-nodes", 5, "`loss` has 6 nodes, 1 too many"),
        ("max-depth", 2, "the longest path of `loss` has 4 operations, 2 too many"),
    ],
)
def test_a_budget_names_the_busiest_line(key: str, raw: int, message: str) -> None:
    (one,) = found(key, raw, lesson())
    assert one.message == message
    assert one.source is not None
    assert one.hint == f"lesson.py:{one.source.line} has 2 of them."


def test_the_busiest_line_is_the_one_with_most() -> None:
    (one,) = found("max-nodes", 5, lesson(cast=True))
    assert one.hint == "lesson.py:20 has 2 of them."


def test_bytes_that_were_freed_are_not_taken_for_none() -> None:
    saved = (SavedTensor("self", "freed"),)
    of = graph(leaf(0), node(1, "MeanBackward0", 0, saved=saved), leaves={0: "w"})
    (one,) = found("max-saved", "1 GB", of)
    assert one.actual == "0 bytes, and 1 tensor of unknown size"


def test_a_symbol_is_one_size_everywhere() -> None:
    (one,) = found("shapes", {"yhat": ["batch", 1], "b": ["batch"]}, lesson())
    assert one.message == "`b` has the shape (1,): axis 0 is 1, and batch is 80 in `yhat`"
    assert (one.expected, one.actual) == ("(batch,)", "(1,)")


def test_an_axis_too_many_is_explained() -> None:
    (one,) = found("shapes", {"yhat": ["batch"]}, lesson())
    assert one.message == "`yhat` has the shape (80, 1): 2 axes and not 1"
    assert "stretched" in one.hint


def test_a_pattern_that_matches_nothing_known_is_told() -> None:
    (one,) = found("frozen", ["blocks.0.fc.weigth"], model())
    assert (one.code.code, one.code.severity) == ("GV121", "warning")
    assert one.hint == "Suspect: `blocks.0.fc.weight` is meant."
    assert found("frozen", ["d.*"], lesson(), lost("d.w", "frozen")) == []
    (forbid,) = found("operations", {"forbid": ["sofmax"]}, lesson())
    assert "`softmax`" in forbid.hint
    assert found("operations", {"forbid": ["PolygammaBackward0", "F*Backward?"]}, lesson()) == []


@pytest.mark.parametrize(
    ("key", "raw", "words"),
    [
        ("leaves", {}, "asks for nothing"),
        ("leaves", {"ony": "a"}, "did you mean only?"),
        ("leaves", 3, "must be a text or a list of texts"),
        ("operations", {}, "asks for nothing"),
        ("operations", {"require": {"mul": "many"}}, "must be a count"),
        ("parameters", "all-reached", "did you mean all-reach?"),
        ("casts", "float32 -> float16", "forbid"),
        ("casts", ["float32"], "no cast as in"),
        ("casts", ["float32 -> flaot16"], "did you mean"),
        ("opaque", "allow", "forbid"),
        ("path", "a", "no path as in"),
        ("no-path", ["a -> b -> c"], "no path as in"),
        ("shapes", {"loss": ["1x"]}, "a size is a number"),
        ("shapes", {"loss": [-1]}, "must be at least 0"),
        ("max-saved", "much", "must be a size"),
        ("max-nodes", "10", "must be a whole number"),
    ],
)
def test_what_cannot_be_asked_is_refused(key: str, raw: Any, words: str) -> None:
    with pytest.raises(ContractError) as error:
        RULE_OF[key].read(Value(raw, key, FILE, 7))
    assert str(error.value).startswith(f"{FILE}:7: {key}")
    assert words in str(error.value)


def test_codes_and_names_are_unique_and_found_in_any_case() -> None:
    assert len({code.name for code in CODES.values()}) == len(CODES)
    for code in CODES.values():
        assert code_of(code.code.lower()) == code_of(code.name.upper()) == code


def test_every_code_of_a_rule_has_an_example_that_breaks_it() -> None:
    shown = {code for *_, code in GOOD_AND_BAD} | {"GV111"}
    assert shown >= {code.code for rule in RULES for code in rule.CODES}


def test_a_graph_of_100_000_nodes_takes_no_time() -> None:
    """A chain, with everything wrong that can be: each rule makes a few passes over it."""
    nodes = [leaf(0), *(node(index, "MulBackward0", index - 1) for index in range(1, 100_000))]
    of = graph(*nodes, leaves={0: "blocks.0.weight"})
    assert codes(found("max-depth", 10, of)) == ["GV114"]
    assert codes(found("operations", {"forbid": "mul"}, of)) == ["GV108"]
    assert codes(found("path", "blocks.* -> nowhere", of)) == ["GV118"]
