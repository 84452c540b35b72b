"""`graphview explain`: what an operation or a kind of node is, on the command line."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import asdict

import click

WIDEST, NARROWEST = 88, 20


@click.command(short_help="What an operation or a kind of node is.")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--json", "as_json", is_flag=True, help="For programs rather than for people.")
def explain(names: tuple[str, ...], as_json: bool) -> None:
    """Explain operations by any of their names: mul, mul.Tensor, MulBackward0; or a word of the
    pictures: leaf, operation, root, AccumulateGrad, saved.

    Without a NAME: list all that has been explained by hand. The others have their schema and
    autograd's own formulas.
    """
    from graphview.explain.lookup import look_up
    from graphview.explain.told import contents, listed, told

    found = [each for name in names for each in look_up(name)]
    if as_json:
        click.echo(json.dumps([asdict(each) for each in found] if names else listed(), indent=1))
        return
    width = _width()
    parts = ["\n".join(told(each, width)) for each in found] if names else [contents(width)]
    click.echo("\n\n".join(parts))


def _width() -> int:
    if sys.stdout is None or not sys.stdout.isatty():
        return WIDEST
    return max(NARROWEST, min(shutil.get_terminal_size().columns, WIDEST))
