"""`graphview record`: run a subject and keep all that was observed."""

from __future__ import annotations

from pathlib import Path

import click

from graphview.commands.options import device_option, epochs_option, recorded
from graphview.files import STDOUT, check_writable, write_or_print


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
def record(output: str, device: str, epochs: int) -> None:
    """Train the lesson and keep its graphs and numbers as JSON.

    `graphview report FILE` makes the page from it later, also on a machine without torch.
    """
    if output != STDOUT:
        check_writable(Path(output))
    recording = recorded(None, device, epochs)
    from graphview.model.store import to_json

    write_or_print(output, to_json(recording))
    if output != STDOUT:
        click.echo(f"Wrote {output}", err=True)
