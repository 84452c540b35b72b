"""`graphview render`: one graph as one SVG."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from graphview.commands.drawn import lay_out
from graphview.commands.options import Asked, engine_option, subject_options
from graphview.commands.output import Output
from graphview.commands.subject import find, recorded
from graphview.errors import LayoutError, RootError
from graphview.files import file_name

if TYPE_CHECKING:
    from graphview.model.recording import Recording

# Of the graphs the one that is drawn when nobody says which.
USUAL, SUFFIX = "loss", ".svg"


@click.command(short_help="One graph as one SVG.")
@subject_options
@click.option(
    "--root",
    metavar="NAME",
    show_default="loss, else the last graph",
    help="Which tensor's graph to draw.",
)
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
def render(asked: Asked, root: str | None, output: str | None, theme: str, engine: str) -> None:
    """Draw the graph behind a tensor of SUBJECT as SVG.

    SUBJECT is a script (train.py), a notebook (notebook.ipynb), a function (package.module:name or
    file.py:name) or a recording; without one, it is the lesson. ARGS are the script's own.
    """
    subject = find(asked)
    target = Output(output or file_name(root or USUAL, SUFFIX), subject)
    seen = recorded(asked, subject, target)
    seen.need_graph()
    chosen = _chosen(seen.recording, root)
    if output is None:
        target = target.renamed(file_name(chosen, SUFFIX), subject)

    from graphview.draw.describe import look_of
    from graphview.draw.svg import publish

    layouts = lay_out({chosen: _drawing(seen.recording, chosen)}, engine, target.folder)
    svg = publish(layouts[chosen].svg, look_of(seen.recording.graphs[chosen], theme=theme))
    target.write(svg.encode())
    seen.end()


def _chosen(recording: Recording, root: str | None) -> str:
    graphs = recording.graphs
    name = root or (USUAL if USUAL in graphs else next(reversed(graphs), USUAL))
    if name not in graphs:
        known = ", ".join(graphs) or "none"
        raise RootError(f"there is no root {name!r} in {recording.subject}; its roots are {known}.")
    return name


def _drawing(recording: Recording, name: str) -> str:
    if name not in recording.drawings:
        nodes = len(recording.graphs[name].nodes)
        raise LayoutError(
            f"the graph of {name} has {nodes:,} nodes, too many for one picture; "
            "choose a smaller one with --root, or see `graphview report`."
        )
    return recording.drawings[name]
