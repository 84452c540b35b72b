"""The words of an operation hold for each op that they are shown for."""

from __future__ import annotations

import math
import re

import pytest

from graphview.catalogue.derivatives import operators
from graphview.explain import glossary, kind_words, operation_words
from graphview.explain.words import topics
from graphview.lesson.plan import steps
from graphview.model.graph import Operator

BY_OP = {operator.op: operator for operator in operators().values()}
BUILT_IN = {"copy", "copy_slices"}
FAMILIES = {operator.family for operator in operators().values()}


@pytest.mark.parametrize("key", [key for words in topics().values() for key in words])
def test_each_entry_is_about_an_operation_that_torch_has(key: str) -> None:
    assert key in BY_OP or key in FAMILIES or key in BUILT_IN


@pytest.mark.parametrize(
    ("op", "mathematics"),
    [
        ("pow.Tensor_Scalar", "out = pⁿ   ⇒   ∂out/∂p = n·pⁿ⁻¹"),
        ("pow.Scalar", "out = cᵖ   ⇒   ∂out/∂p = cᵖ·ln c = out·ln c"),
        (
            "pow.Tensor_Tensor",
            "out = p^q   ⇒   ∂out/∂p = q·p^(q−1),  ∂out/∂q = p^q·ln p = out·ln p",
        ),
        ("div.Tensor", "out = p / q   ⇒   ∂out/∂p = 1/q,  ∂out/∂q = −p/q²"),
        ("mul.Tensor", "out = p·q   ⇒   ∂out/∂p = q,  ∂out/∂q = p"),
        (
            "div.Tensor_mode",
            "with rounding, out = ⌊p/q⌋ or trunc(p/q)   ⇒   ∂out/∂p = 0,  ∂out/∂q = 0",
        ),
        ("polygamma", None),
    ],
)
def test_an_overload_has_its_own_mathematics(op: str, mathematics: str | None) -> None:
    assert operation_words(BY_OP[op]).mathematics == mathematics


def test_without_words_the_op_is_named() -> None:
    words = operation_words(BY_OP["polygamma"])
    assert words.what == "torch's polygamma; autograd's own formula for it stands below."
    assert words.mathematics is None


def test_a_custom_function_is_not_taken_for_torchs_own() -> None:
    operator = Operator("MulBackward", "user.mul", "mul", "custom", file="user.py", line=3)
    assert operation_words(operator).what == (
        "A custom autograd Function, user.mul, at user.py:3: its backward is the user's code."
    )


def test_an_opaque_node_says_what_it_hides() -> None:
    operator = Operator("Sealed", "Sealed", "Sealed", "unknown", opaque="hides a graph")
    assert operation_words(operator).what == "Sealed: hides a graph."


@pytest.mark.parametrize("kind", ["leaf", "operation", "accumulate", "root"])
def test_every_kind_has_words(kind: str) -> None:
    words = kind_words(kind)
    assert min(len(words.what), len(words.why)) > len(words.title)


def test_pow_words_agree_with_autograd() -> None:
    import torch

    x = torch.tensor(1.7, dtype=torch.float64, requires_grad=True)
    y = torch.tensor(2.3, dtype=torch.float64, requires_grad=True)
    (x**y).backward()  # type: ignore[no-untyped-call]
    assert x.grad is not None
    assert y.grad is not None
    assert x.grad.item() == pytest.approx(2.3 * 1.7**1.3)
    assert y.grad.item() == pytest.approx(1.7**2.3 * math.log(1.7))


def test_every_word_of_the_glossary_is_linked_once_from_the_lesson() -> None:
    text = " ".join(" ".join((*s.text, *s.after, *s.cpu)) for s in steps())
    linked = re.findall(r"\[\[(.+?)\]\]", text)
    assert sorted(linked) == sorted(glossary())
    assert len(glossary()) >= 12
