"""One file for each key of a contract; all of them stand in `KEYS`, and are loaded on first use."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any, cast

from graphview.check.rule import Code, Rule

# In the order in which the docs and `graphview init` have them. `max-depth` is `max_depth.py`.
KEYS = (
    "leaves",
    "frozen",
    "parameters",
    "operations",
    "casts",
    "devices",
    "max-nodes",
    "max-depth",
    "max-saved",
    "opaque",
    "custom-functions",
    "path",
    "no-path",
    "shapes",
)
# All of them, made on first use: a contract that is fine needs only the rules that it names.
RULES: tuple[Rule, ...]
CODES: dict[str, Code]


def __getattr__(name: str) -> Any:
    if name == "RULES":
        return _rules()
    if name == "CODES":
        return _codes()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def rule_of(key: str) -> Rule:
    """The rule of one of `KEYS`."""
    return cast(Rule, import_module(f"{__name__}.{key.replace('-', '_')}"))


def code_of(text: str) -> Code:
    """A code by itself, or by its name; whatever its case. Errors: KeyError."""
    by_name = {code.name: code for code in _codes().values()}
    return _codes().get(text.upper()) or by_name[text.lower()]


@cache
def _rules() -> tuple[Rule, ...]:
    return tuple(map(rule_of, KEYS))


@cache
def _codes() -> dict[str, Code]:
    from graphview.check import baseline_codes, diagnoses
    from graphview.check.roots import MISSING as ROOT_MISSING
    from graphview.check.unused import UNUSED

    of_rules = [code for rule in _rules() for code in rule.CODES]
    others = (ROOT_MISSING, UNUSED, *baseline_codes.CODES, *diagnoses.CODES)
    by_number = sorted((*of_rules, *others), key=lambda code: code.code)
    return {code.code: code for code in by_number}
