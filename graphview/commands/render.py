"""`graphview render`: one graph as one SVG."""

from __future__ import annotations

from pathlib import Path

import click

from graphview.commands.drawn import lay_out
from graphview.commands.options import device_option, engine_option, recording_argument
from graphview.commands.output import Output
from graphview.commands.subject import recorded
from graphview.errors import RootError
from graphview.files import file_name


@click.command(short_help="One graph as one SVG.")
@recording_argument
@click.option("--root", default="loss", show_default=True, help="Which tensor's graph to draw.")
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    show_default="ROOT.svg",
    help="Where to write the SVG; - for standard output.",
)
@click.option(
    "--theme",
    type=click.Choice(["auto", "light", "dark"]),
    default="auto",
    show_default=True,
    help="auto is light, and dark where the reader's system is.",
)
@engine_option
@device_option
def render(
    recording: Path | None, root: str, output: str | None, theme: str, engine: str, device: str
) -> None:
    """Draw the graph behind a tensor of the lesson, or of a RECORDING, as SVG."""
    target = Output(output or file_name(root, ".svg"), recording)
    observed = recorded(recording, device, epochs=1, steps=("forward",))
    if root not in observed.graphs:
        known = ", ".join(observed.graphs) or "none"
        raise RootError(f"there is no root {root!r} in {observed.subject}; its roots are {known}.")

    from graphview.draw.describe import look_of
    from graphview.draw.svg import publish

    layouts = lay_out({root: observed.drawings[root]}, engine, target.folder)
    svg = publish(layouts[root].svg, look_of(observed.graphs[root], theme=theme))
    target.write(svg.encode())
