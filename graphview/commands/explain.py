"""`graphview explain`: what an operation, a kind of node or a finding is, on the command line."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from graphview.commands.printing import columns

if TYPE_CHECKING:
    from graphview.check.rule import Code

WIDEST, NARROWEST = 88, 20


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--json", "as_json", is_flag=True, help="For programs rather than for people.")
def explain(names: tuple[str, ...], as_json: bool) -> None:
    """Explain operations by any of their names: mul, mul.Tensor, MulBackward0; a word of the
    pictures: leaf, operation, root, AccumulateGrad, saved; or a finding of `graphview check`:
    GV102, leaf-missing.

    Without a NAME: list all that has been explained by hand. The others have their schema and
    autograd's own formulas.
    """
    if not names:
        click.echo(_listed(as_json))
        return
    found = [each for name in names for each in _look_up(name, as_json)]
    click.echo(json.dumps(found, indent=1) if as_json else "\n\n".join(found))


def _listed(as_json: bool) -> str:
    from graphview.check import told as findings
    from graphview.check.rules import CODES
    from graphview.explain.told import contents, listed

    if as_json:
        return json.dumps(listed() | {findings.TITLE: list(CODES)}, indent=1)
    return f"{contents(_width())}\n\n{findings.contents(_width())}"


def _look_up(name: str, as_json: bool) -> list[Any]:
    """What a name stands for, a finding first: as text, or as plain data."""
    from graphview.check import told as findings
    from graphview.explain.lookup import look_up
    from graphview.explain.told import told

    codes = findings.find(name)
    if codes:
        return list(map(findings.as_dict, codes)) if as_json else [_told(codes)]
    if as_json:
        return [asdict(each) for each in look_up(name)]
    return ["\n".join(told(each, _width())) for each in look_up(name)]


def _told(codes: Sequence[Code]) -> str:
    """All of one code, or a list of several."""
    from graphview.check import told as findings

    if len(codes) > 1:
        return "\n".join(findings.listed(codes, _width()))
    return "\n".join(findings.told(codes[0], _width()))


def _width() -> int:
    if sys.stdout is None or not sys.stdout.isatty():
        return WIDEST
    return max(NARROWEST, min(columns(), WIDEST))
