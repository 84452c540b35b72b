"""The mathematics of every explanation, compared with autograd in numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

import graphview
from graphview.explain.words import OPERATIONS, read

Tensor = torch.Tensor
ENTRIES: dict[str, dict[str, Any]] = {
    key: entry
    for name in OPERATIONS
    for key, entry in read(f"operations/{name}.yaml")["operations"].items()
}
CHECKED = [key for key, entry in ENTRIES.items() if "cannot" not in entry["check"]]
VALUES = {
    "any": lambda x: x,
    "big": lambda x: 3 * x,
    "positive": lambda x: x.abs() + 0.3,
    "nonzero": lambda x: x + 0.3 * x.sign(),
    "unit": lambda x: 0.8 * x.tanh(),
    "probability": lambda x: 0.1 + 0.8 * x.sigmoid(),
    "invertible": lambda x: x + 4 * torch.eye(len(x), dtype=x.dtype),
}


def _write_first(p: Tensor, q: Tensor) -> Tensor:
    """`out[0] = q`, on a copy."""
    out = p * 1
    out[0] = q
    return out


# Every size is at least 2, so that nothing is trivially right.
SIZES = st.lists(st.integers(2, 4), min_size=1, max_size=3)
LETTERS = st.fixed_dictionaries({letter: st.integers(2, 4) for letter in "bchkmn"})


@pytest.mark.parametrize("key", CHECKED)
@given(SIZES, LETTERS, st.integers(0, 2**32 - 1))
@settings(max_examples=8)
def test_the_mathematics_is_autograds(
    key: str, shape: list[int], letters: dict[str, int], seed: int
) -> None:
    check = ENTRIES[key]["check"]
    known = _inputs(check, shape, letters, torch.Generator().manual_seed(seed))
    inputs = {name: known[name] for name in _differentiated(check)}
    out, g = _run(check, known, seed)
    found = torch.autograd.grad(out, list(inputs.values()), g)
    for (name, tensor), gradient in zip(inputs.items(), found, strict=True):
        said = eval(check[name], known).broadcast_to(tensor.shape)
        assert torch.allclose(gradient, said, rtol=1e-6, atol=1e-9), (name, gradient, said)


def _differentiated(check: dict[str, Any]) -> list[str]:
    return [name for name in check if name not in ("call", "draw", "with", "then")]


def _inputs(
    check: dict[str, Any], shape: list[int], letters: dict[str, int], random: torch.Generator
) -> dict[str, Any]:
    known: dict[str, Any] = {"torch": torch, "F": F, "math": math, "_write_first": _write_first}
    for name in _differentiated(check):
        kind, size = _look(check.get("draw", {}).get(name, ""), shape, letters)
        values = torch.randn(size, generator=random, dtype=torch.float64)
        known[name] = VALUES[kind](values).requires_grad_()
    return known


def _look(text: str, shape: list[int], letters: dict[str, int]) -> tuple[str, list[int]]:
    words = text.split()
    kind = words.pop(0) if words and words[0] in VALUES else "any"
    size = [letters[word] if word in letters else int(word) for word in words]
    return kind, size or shape


def _run(check: dict[str, Any], known: dict[str, Any], seed: int) -> tuple[Tensor, Tensor]:
    """The result, and a gradient to send back; both are then known to the expressions."""
    _also(check.get("with", {}), known)
    torch.manual_seed(seed)
    out: Tensor = eval(check["call"], known)
    known["out"] = out.detach()
    known["g"] = torch.randn(out.shape, dtype=out.dtype)
    _also(check.get("then", {}), known)
    return out, known["g"]


def _also(texts: dict[str, str], known: dict[str, Any]) -> None:
    with torch.no_grad():
        for name, text in texts.items():
            known[name] = eval(text, known)


@pytest.mark.parametrize("key", CHECKED)
def test_the_words_stand_at_the_right_operation(key: str) -> None:
    check = ENTRIES[key]["check"]
    letters = dict.fromkeys("bchkmn", 3)
    known = _inputs(check, [3, 4], letters, torch.Generator().manual_seed(0))
    out, _ = _run(check, known, 0)
    graph = graphview.capture({"out": out})
    operators = [graph.operator_of(node) for node in graph.operations]
    assert any(key in (operator.op, operator.family) for operator in operators), operators


def test_there_are_words_for_the_eighty_commonest() -> None:
    assert len({key.partition(".")[0] for key in CHECKED}) >= 80


def test_what_is_not_checked_says_why() -> None:
    reasons = {key: entry["check"].get("cannot") for key, entry in ENTRIES.items()}
    assert [key for key, reason in reasons.items() if reason] == [
        "linear",
        "pack_padded_sequence",
        "fused_rms_norm",
        "rnn",
        "ctc_loss",
    ]


def test_no_operation_is_explained_twice() -> None:
    keys = [key for name in OPERATIONS for key in read(f"operations/{name}.yaml")["operations"]]
    assert sorted(keys) == sorted(set(keys))


def _texts() -> Iterator[tuple[str, str]]:
    for key, entry in ENTRIES.items():
        for field in ("what", "mathematics", "backward"):
            yield f"{key}.{field}", entry[field]


@pytest.mark.parametrize(("place", "text"), list(_texts()))
def test_every_text_is_one_that_can_be_read(place: str, text: str) -> None:
    assert text == " ".join(text.split()) or "   ⇒   " in text or ",  " in text
    assert text.endswith(".") or "mathematics" in place


@pytest.mark.parametrize(
    ("call", "wrong"),
    [("p * q", "g * p"), ("p.exp()", "g * p"), ("p**3", "g * 2 * p**2")],
)
def test_wrong_mathematics_is_found(call: str, wrong: str) -> None:
    check = {"call": call, "p": wrong} | ({"q": "g * p"} if "q" in call else {})
    known = _inputs(check, [3], {}, torch.Generator().manual_seed(1))
    out, g = _run(check, known, 1)
    (gradient, *_) = torch.autograd.grad(out, [known[name] for name in _differentiated(check)], g)
    assert not torch.allclose(gradient, eval(wrong, known))
