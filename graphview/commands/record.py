"""`graphview record`: run a subject and keep all that was observed."""

from __future__ import annotations

import click

from graphview.commands.options import device_option, epochs_option, steps_option
from graphview.commands.output import Output
from graphview.commands.subject import recorded


@click.command(short_help="Keep all that was observed, as JSON.")
@click.option(
    "-o",
    "--output",
    default="recording.json",
    show_default=True,
    metavar="FILE",
    help="Where to write the recording; - for standard output.",
)
@device_option
@epochs_option
@steps_option
def record(output: str, device: str, epochs: int, steps: tuple[str, ...]) -> None:
    """Train the lesson and keep its graphs and numbers as JSON.

    `graphview report FILE` makes the page from it later, also on a machine without torch.
    """
    target = Output(output)
    recording = recorded(None, device, epochs, steps)
    from graphview.model.store import to_json

    target.write(to_json(recording))
