"""`graphview diff`: what changed between two graphs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from graphview.commands.output import Output, need_other_files
from graphview.commands.printing import printed
from graphview.errors import RootError
from graphview.files import STDOUT

if TYPE_CHECKING:
    from graphview.model.finding import Checked

FORMATS = ("text", "markdown", "concise", "json", "junit", "github", "gitlab", "sarif")
DIFFERENT = 1


@click.command()
@click.argument("old")
@click.argument("new")
@click.option("--root", metavar="NAME", help="Compare the graphs of this root only.")
@click.option(
    "--device", metavar="NAME", help="Where functions make their tensors: cpu, cuda, cuda:N, meta."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Set before a program runs.")
@click.option(
    "--format",
    type=click.Choice(FORMATS),
    default="text",
    show_default=True,
    help="markdown is for a comment on a pull request.",
)
@click.option(
    "-o",
    "--output",
    default=STDOUT,
    metavar="FILE",
    show_default="standard output",
    help="Where to write what differs.",
)
@click.option(
    "--picture",
    metavar="FILE",
    help="Also draw both graphs in one: what came green, what went red, what changed amber. The "
    "suffix says what: .svg, .png, .pdf, .pptx, .html.",
)
def diff(
    old: str,
    new: str,
    root: str | None,
    device: str | None,
    seed: int,
    format: str,
    output: str,
    picture: str | None,
) -> None:
    """Say what differs between OLD and NEW.

    Each is a recording (recording.json), a baseline, a script, a notebook, a function
    (package.module:name or file.py:name), or one of these as git has it: git:REF:PATH, as in
    git:main:model.py:loss.

    Ends with 0 where the graphs are the same, 1 where they differ, 2 where that could not be told.
    """
    outputs = [("-o", output)] + ([] if picture is None else [("--picture", picture)])
    need_other_files(outputs, (old, new))
    target = Output(output)
    drawn = None if picture is None else Output(picture)
    from graphview.check.diff import diff as compare
    from graphview.check.diff import pairs
    from graphview.commands.sides import side

    sides = side(old, device, seed), side(new, device, seed)
    compared = pairs(*sides, root)
    checked = compare(*sides, compared)
    if not compared:
        raise RootError(f"neither {old} nor {new} has a graph, so there is nothing to compare.")
    if drawn is not None:
        from graphview.commands.compared_picture import draw

        draw(*sides, compared, drawn)
    target.write(_told(checked, format, target))
    if checked.findings:
        raise click.exceptions.Exit(DIFFERENT)


def _told(checked: Checked, format: str, target: Output) -> bytes:
    if format == "markdown":
        from graphview.formats import summary

        return summary(checked).encode(errors="replace")
    return printed(checked, format, to_stdout=target.path is None)
