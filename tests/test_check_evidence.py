"""A leaf that is missing, or one too many: what is known of it, and what is only suspected."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from checking import code_at, codes, found, graph, leaf, lesson, lost
from handmade import ROW, node

from graphview.model.graph import SavedTensor
from graphview.model.missing import Link


def test_a_parameter_made_by_a_cast_is_no_leaf() -> None:
    missing, unexpected = found("leaves", ["a", "b"], lesson(cast=True))
    assert missing.message == "`a` is not a leaf: it is the result of ToCopyBackward0"
    assert missing.expected == "leaf `a`"
    assert missing.actual == "`a` made by ToCopyBackward0"
    assert missing.hint.startswith("Only leaves get a .grad.")
    assert missing.node == 3
    assert missing.source is not None
    assert missing.source.line == 18
    assert unexpected.message == (
        "a leaf without a name gets a gradient from `loss`, and is not one of those asked for"
    )
    # The leaf behind the cast is there because of the cast.
    assert unexpected.cause == missing.cause


def test_a_tensor_that_an_operation_only_keeps_is_a_constant() -> None:
    saved = (SavedTensor("other", "kept", ROW, 320, 0, "w"),)
    of = graph(
        leaf(0),
        node(1, "MulBackward0", 0, None, source=0, saved=saved),
        leaves={0: "b"},
        sources=(code_at(5, "b*w"),),
    )
    (missing,) = found("leaves", ["b", "w"], of)
    assert missing.message == "`w` gets no gradient: MulBackward0 takes it as a constant"
    assert missing.source == of.sources[0]


def test_where_nothing_was_seen_the_line_is_a_suspect() -> None:
    of = lesson()
    nodes = list(of.nodes)
    first, second = nodes[3].inputs
    nodes[3] = replace(nodes[3], inputs=(replace(first, node=None), second))
    of = replace(of, nodes=tuple(nodes), leaves=lesson().leaves[:1])
    (missing,) = found("leaves", ["a", "b"], of)
    assert missing.message == "`a` is no leaf of `loss`"
    assert missing.actual == "leaves `b`"
    assert missing.hint.startswith("Suspect: MulBackward0 at lesson.py:20 wants no gradient")
    assert missing.source == of.sources[1]


def test_without_a_trail_the_finding_says_so() -> None:
    (missing,) = found("leaves", ["a", "b", "far"], lesson())
    assert missing.source is None
    assert missing.hint.startswith("It leaves no trail in the graph")


def test_a_leaf_of_another_graph_is_told() -> None:
    other = graph(leaf(0), node(1, "MeanBackward0", 0), leaves={0: "d.w"})
    (missing,) = found("leaves", {"require": "d.*"}, lesson(), others={"loss_d": other})
    assert missing.message == "`d.*` reaches `loss_d`, and not `loss`"


CUT = lost(
    "c",
    "cut",
    by="detach",
    source=code_at(9, "h.detach()"),
    trail=(Link("AddmmBackward0", code_at(8)), Link("ReluBackward0", code_at(8))),
    joins=code_at(10, "self.head(h)"),
)


@pytest.mark.parametrize(
    ("missing", "message", "hint"),
    [
        (CUT, "`c` gets no gradient: cut by detach at lesson.py:9", "Leave detach out"),
        (lost("c", "frozen"), "`c` gets no gradient: requires_grad is False", "To train it"),
        (lost("c", "unused"), "`c` gets no gradient: no operation takes it", "Call it in the"),
        (
            lost("c", "no_grad", by="no_grad", source=code_at(4)),
            "`c` gets no gradient: used only where gradients are off: no_grad at lesson.py:4",
            "Take the forward pass out",
        ),
        (
            lost("c", "left", by="numpy", source=code_at(4)),
            "`c` gets no gradient: its value leaves torch by numpy at lesson.py:4",
            "Compute with the tensor itself",
        ),
        (
            lost("c", "dead end", source=code_at(4)),
            "`c` gets no gradient: used at lesson.py:4, and what is computed of it reaches no root",
            "Let the result go",
        ),
        (
            lost("c", "nothing"),
            "`c` gets no gradient: backward reaches it and brings nothing",
            "Look for a custom Function",
        ),
    ],
)
@pytest.mark.parametrize(
    ("key", "raw"),
    [
        ("leaves", ["a", "b", "c"]),
        ("parameters", "all-reach"),
        ("parameters", ["c*"]),
        ("path", "c -> loss"),
        ("shapes", {"c": [1]}),
    ],
)
def test_what_the_recording_has_seen_is_the_cause(
    key: str, raw: Any, missing: Any, message: str, hint: str
) -> None:
    (one,) = found(key, raw, lesson(), missing)
    assert one.message.endswith(message)
    assert one.hint.startswith(hint)
    assert one.source == missing.source
    assert one.way[-1].name == "c"
    assert one.cause == found("leaves", ["a", "b", "c"], lesson(), missing)[0].cause


def test_the_trail_of_a_cut_is_the_path() -> None:
    (one,) = found("parameters", "all-reach", lesson(), CUT)
    assert [point.name for point in one.way] == [
        "self.head(h)",
        "detach",
        "ReluBackward0",
        "AddmmBackward0",
        "c",
    ]
    assert [point.kind for point in one.way] == [*["operation"] * 4, "leaf"]


def test_the_generators_step_that_reaches_the_discriminator() -> None:
    """Its leaves are all that the gradient reaches; with `only` or `no-path` that is an error."""
    of = graph(
        leaf(0),
        node(1, "AddmmBackward0", 0, source=0, module="generator.0"),
        leaf(2),
        node(3, "AddmmBackward0", 1, 2, source=1, module="discriminator.0"),
        leaves={0: "generator.0.weight", 2: "discriminator.0.weight"},
        sources=(code_at(3), code_at(7)),
    )
    (only,) = found("leaves", {"only": ["generator.*"]}, of)
    (path,) = found("no-path", "discriminator.* -> loss", of)
    assert only.message == (
        "`discriminator.0.weight` gets a gradient from `loss`, and is not one of those asked for"
    )
    assert path.message == "a path leads from `discriminator.0.weight` to `loss`"
    assert path.source == only.source == of.sources[1]
    assert path.cause == only.cause
    # Frozen for this step its operations are there all the same, and all is well.
    inside = {"source": 1, "module": "discriminator.0"}
    frozen = replace(
        of,
        nodes=(*of.nodes[:3], node(3, "AddmmBackward0", 1, None, **inside)),
        leaves=of.leaves[:1],
    )
    seen = lost("discriminator.0.weight", "frozen")
    assert found("no-path", "discriminator.* -> loss", frozen, seen) == []
    assert found("leaves", {"only": ["generator.*"]}, frozen, seen) == []


def test_only_what_lora_adds_is_trained() -> None:
    names = {0: "h.0.lora_A", 2: "h.0.weight"}
    layers = node(1, "AddmmBackward0", 0), leaf(2), node(3, "AddmmBackward0", 1, 2)
    of = graph(leaf(0), *layers, leaves=names)
    (extra,) = found("leaves", {"only": ["*.lora_*"]}, of)
    assert extra.expected == "`*.lora_*`, and no other leaf"
    (thawed,) = found("frozen", ["h.*.weight"], of)
    assert thawed.message == "`h.0.weight` gets a gradient from `loss`, and is to be frozen"
    assert thawed.cause == extra.cause


def test_a_renamed_module_is_a_suspect_and_one_cause() -> None:
    of = graph(
        leaf(0),
        leaf(1),
        node(2, "AddmmBackward0", 0, 1),
        leaves={0: "net.head.weight", 1: "net.head.bias"},
    )
    some = found("leaves", ["net.heads.weight", "net.heads.bias"], of)
    assert codes(some) == ["GV102", "GV102", "GV103", "GV103"]
    assert len({each.cause for each in some}) == 1
    assert some[0].hint == (
        "Suspect: it is now called `net.head.weight`. Rename it in the contract."
    )


def test_a_weight_does_not_become_a_bias() -> None:
    of = graph(leaf(0), node(1, "AddmmBackward0", 0), leaves={0: "net.head.bias"})
    missing, unexpected = found("leaves", ["net.heads.weight"], of)
    assert missing.actual == "leaves `net.head.bias`"
    assert missing.cause != unexpected.cause
