"""`graphview record`: run a subject and keep all that was observed."""

from __future__ import annotations

import click

from graphview.commands.options import Asked, lesson_options, subject_options
from graphview.commands.output import Output
from graphview.commands.subject import find, recorded


@click.command()
@subject_options
@lesson_options
@click.option(
    "-o",
    "--output",
    default="recording.json",
    show_default=True,
    metavar="FILE",
    help="Where to write the recording; - for standard output.",
)
def record(asked: Asked, output: str) -> None:
    """Run SUBJECT and keep its graphs and numbers as JSON.

    SUBJECT is a script (train.py), a notebook (notebook.ipynb) or a function (package.module:name
    or file.py:name); without one, the lesson is trained. ARGS are the script's own.
    `graphview report FILE` makes the page from it later, also on a machine without torch.
    """
    subject = find(asked)
    if subject is not None and subject.kind == "recording":
        raise click.UsageError(
            f"{subject.name} is a recording already; give it to `graphview report`.",
            click.get_current_context(),
        )
    target = Output(output, subject)
    seen = recorded(asked, subject, target)
    from graphview.model.store import to_json

    target.write(to_json(seen.recording))
    seen.end()
