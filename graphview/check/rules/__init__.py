"""One file for each key of a contract; all of them stand in `RULES`."""

from __future__ import annotations

from graphview.check import baseline_codes, diagnoses
from graphview.check.roots import MISSING as ROOT_MISSING
from graphview.check.rule import Code, Rule
from graphview.check.rules import (
    casts,
    custom_functions,
    devices,
    frozen,
    leaves,
    max_depth,
    max_nodes,
    max_saved,
    no_path,
    opaque,
    operations,
    parameters,
    path,
    shapes,
)
from graphview.check.unused import UNUSED

RULES: tuple[Rule, ...] = (
    leaves,
    frozen,
    parameters,
    operations,
    casts,
    devices,
    max_nodes,
    max_depth,
    max_saved,
    opaque,
    custom_functions,
    path,
    no_path,
    shapes,
)
_OF_RULES = [code for rule in RULES for code in rule.CODES]
_OTHERS = (ROOT_MISSING, UNUSED, *baseline_codes.CODES, *diagnoses.CODES)
_ALL = sorted((*_OF_RULES, *_OTHERS), key=lambda code: code.code)
CODES: dict[str, Code] = {code.code: code for code in _ALL}


def code_of(text: str) -> Code:
    """A code by itself, or by its name; whatever its case. Errors: KeyError."""
    by_name = {code.name: code for code in CODES.values()}
    return CODES.get(text.upper()) or by_name[text.lower()]
