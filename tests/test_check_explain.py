"""`graphview explain CODE`: all that there is to say of a finding."""

from __future__ import annotations

import json
import tomllib

import pytest

from graphview.check.rule import Code
from graphview.check.rules import CODES, RULES
from graphview.check.told import as_dict, example
from graphview.cli import COULD_NOT, FINE, run
from graphview.explain.lookup import names


def _said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(["explain", *arguments]) == FINE
    return capsys.readouterr().out


@pytest.mark.parametrize("name", ["GV103", "gv103", "leaf-unexpected", " Leaf-Unexpected "])
def test_a_code_is_explained_by_itself_and_by_its_name(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    said = _said(capsys, name)
    code = CODES["GV103"]
    assert said.startswith(f"GV103 leaf-unexpected (error)\n{code.summary}\n\nWhy: ")
    assert 'leaves = ["encoder.*"' in said
    assert said.rstrip().endswith('GV103 = "off"')
    assert max(map(len, said.splitlines())) <= 88


def test_the_beginning_of_codes_lists_them(capsys: pytest.CaptureFixture[str]) -> None:
    said = _said(capsys, "gv20")
    assert [line.split()[0] for line in said.splitlines() if line.startswith("  GV")] == [
        code for code in CODES if code.startswith("GV20")
    ]
    assert len(json.loads(_said(capsys, "GV20", "--json"))) == 7


@pytest.mark.parametrize("code", CODES.values(), ids=list(CODES))
def test_every_code_has_all_its_words(code: Code) -> None:
    told = as_dict(code)
    assert all(told.values())
    sentences = told["summary"], told["why"], told["remedy"]
    assert all(text[0].isupper() and text.endswith(".") for text in sentences)


def test_every_code_has_an_example_that_is_a_contract() -> None:
    for code in CODES.values():
        document = tomllib.loads(example(code))
        assert document["rules"] == {code.code: "off"}


def test_the_examples_of_rules_can_be_read() -> None:
    from graphview.check.rules import rule_of
    from graphview.check.value import Value

    for rule in RULES:
        ((key, raw),) = tomllib.loads(rule.EXAMPLE).items()
        assert key == rule.KEY
        rule_of(key).read(Value(raw, key, "graphview.toml"))


def test_findings_and_operations_can_be_asked_for_together(
    capsys: pytest.CaptureFixture[str],
) -> None:
    finding, operation = json.loads(_said(capsys, "GV111", "mul", "--json"))
    assert finding == as_dict(CODES["GV111"])
    assert operation["name"] == "mul"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("leaf-unexpectd", "no finding is called 'leaf-unexpectd'; did you mean leaf-unexpected?"),
        ("GV999", "no finding is called 'GV999'; `graphview explain` lists the codes."),
    ],
)
def test_what_looks_like_a_code_and_is_none_is_told(
    name: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["explain", name]) == COULD_NOT
    assert words in capsys.readouterr().err


def test_no_finding_is_called_like_an_operation() -> None:
    assert {code.name for code in CODES.values()}.isdisjoint(names())


def test_without_a_name_the_codes_are_listed_too(capsys: pytest.CaptureFixture[str]) -> None:
    said = _said(capsys)
    assert all(f"{code.code} {code.name}:" in said for code in CODES.values())
