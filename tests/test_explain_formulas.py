"""The mathematics of every explanation, compared with autograd in numbers."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files

import pytest
import yaml
from formulas import ENTRIES, Check, checks, differentiated, ran
from hypothesis import given, settings
from hypothesis import strategies as st

import graphview
from graphview.explain.words import OPERATIONS

CHECKS = list(checks())
CASES = [
    pytest.param(key, check, id=f"{key}-{number}" if number else key)
    for key, number, check in CHECKS
]
# Every size is at least 2, so that nothing is trivially right.
SIZES = st.lists(st.integers(2, 4), min_size=1, max_size=3)
LETTERS = st.fixed_dictionaries({letter: st.integers(2, 4) for letter in "bchkmn"})
SHAPE, SIZE = [3, 4], dict(zip("bchkmn", (2, 3, 4, 2, 3, 4), strict=True))


@pytest.mark.parametrize(("key", "check"), CASES)
@given(SIZES, LETTERS, st.integers(0, 2**32 - 1))
@settings(max_examples=6, deadline=None)
def test_the_mathematics_is_autograds(
    key: str, check: Check, shape: list[int], letters: dict[str, int], seed: int
) -> None:
    run = ran(check, shape, letters, seed)
    for name in ("out", *differentiated(check)):
        assert name not in check or run.agrees(name, check[name]), (key, name, run)


@pytest.mark.parametrize(("key", "check"), CASES)
def test_a_gradient_that_is_slightly_wrong_is_found(key: str, check: Check) -> None:
    runs = [ran(check, SHAPE, SIZE, seed) for seed in range(4)]
    for name in ("out", *differentiated(check)):
        if name in check and check[name] not in ("g * 0", "torch.zeros_like(p)"):
            wrong = f"({check[name]}) * 1.001"
            assert not all(run.agrees(name, wrong) for run in runs), (key, name)


@pytest.mark.parametrize(
    ("key", "name", "wrong"),
    [
        ("mul", "p", "g * p"),
        ("mul", "q", "p * p"),
        ("exp", "p", "g * p"),
        ("relu", "p", "p * (p > 0)"),
        ("sigmoid", "p", "p * out * (1 - out)"),
        ("pow.Tensor_Scalar", "p", "g * 2 * p**2"),
        ("softmax", "p", "out * (p - (p * out).sum(-1, keepdim=True))"),
        ("linalg_cross", "q", "torch.linalg.cross(p, g)"),
        ("gelu", "out", "p * p.sigmoid()"),
    ],
)
def test_wrong_mathematics_is_found(key: str, name: str, wrong: str) -> None:
    check = next(check for known, _, check in CHECKS if known == key)
    assert not ran(check, SHAPE, SIZE, 1).agrees(name, wrong)


@pytest.mark.parametrize(("key", "check"), CASES)
def test_the_words_stand_at_the_right_operation(key: str, check: Check) -> None:
    graph = graphview.capture({"out": ran(check, SHAPE, SIZE, 0).out})
    operators = [graph.operator_of(node) for node in graph.operations]
    stands = any(key in (operator.op, operator.family) for operator in operators)
    assert stands is ("elsewhere" not in check), operators


def test_there_are_words_for_the_eighty_commonest() -> None:
    assert len({key.partition(".")[0] for key, _, _ in CHECKS}) >= 80


def test_what_is_not_checked_says_why() -> None:
    for key in ENTRIES.keys() - {key for key, *_ in CHECKS}:
        assert ENTRIES[key]["check"]["cannot"].endswith("."), key


def test_no_operation_is_explained_twice() -> None:
    # Of two equal keys in one file, a YAML loader would silently keep the second.
    keys = [key for name in OPERATIONS for key in _written(name)]
    assert sorted(keys) == sorted(set(keys))


def _written(name: str) -> Iterator[str]:
    text = files("graphview.explain").joinpath(f"operations/{name}.yaml").read_text("utf-8")
    entries = {key.value: node for key, node in yaml.compose(text).value}["operations"]
    for key, entry in entries.value:
        fields = [field.value for field, _ in entry.value]
        assert fields == ["what", "mathematics", "backward", "check"], key.value
        yield key.value


def test_every_file_of_words_is_read() -> None:
    folder = files("graphview.explain").joinpath("operations")
    assert {each.name for each in folder.iterdir()} == {f"{name}.yaml" for name in OPERATIONS}


def _texts() -> Iterator[tuple[str, str]]:
    for key, entry in ENTRIES.items():
        for field in ("what", "mathematics", "backward"):
            yield f"{key}.{field}", entry[field]


@pytest.mark.parametrize(("place", "text"), list(_texts()))
def test_every_text_is_one_that_can_be_read(place: str, text: str) -> None:
    assert text == " ".join(text.split()) or "   ⇒   " in text or ",  " in text
    assert text.endswith(".") or "mathematics" in place
