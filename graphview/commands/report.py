"""`graphview report`: the lesson, or a recording, as one HTML page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from graphview.commands.drawn import lay_out
from graphview.commands.options import Asked, engine_option, lesson_options, subject_options
from graphview.commands.output import Output
from graphview.commands.progress import status
from graphview.commands.rescue import rescued
from graphview.commands.subject import find, recorded
from graphview.errors import OutputError
from graphview.files import check_writable, file_name

if TYPE_CHECKING:
    from graphview.draw.engines import Layout
    from graphview.model.graph import Graph


@click.command()
@subject_options
@lesson_options
@click.option(
    "-o",
    "--output",
    default="graphview-report.html",
    show_default=True,
    metavar="FILE",
    help="Where to write the page; - for standard output.",
)
@click.option("--svg-dir", metavar="DIR", help="Also write each graph as an SVG file into DIR.")
@engine_option
@click.option("--open", "open_page", is_flag=True, help="Show the page in the browser.")
def report(asked: Asked, output: str, svg_dir: str | None, engine: str, open_page: bool) -> None:
    """Run SUBJECT, capture its graphs and explain them on one self-contained page.

    SUBJECT is a script (train.py), a notebook (notebook.ipynb), a function (package.module:name or
    file.py:name) or a recording (from `graphview record`); without one, the lesson is trained.
    ARGS are the script's own, as in: graphview report train.py -- --epochs 3
    """
    subject = find(asked)
    target, pictures = Output(output, subject), _make_folder(svg_dir)
    seen = recorded(asked, subject, target)
    seen.need_something()
    from graphview.report.page import drawings, graphs, page

    observed = seen.recording
    with rescued(seen, target):
        layouts = lay_out(drawings(observed), engine, pictures or target.folder)
        with status("Writing the page"):
            text = page(observed, layouts)
        if pictures is not None:
            _write_pictures(pictures, graphs(observed), layouts)
        target.write(text.encode())
    if open_page and target.path is not None:
        _show(target.path)
    seen.end()


def _show(path: Path) -> None:
    import webbrowser

    if not webbrowser.open(path.resolve().as_uri()):
        click.echo(f"There is no browser to show it; open {path} yourself.", err=True)


def _make_folder(name: str | None) -> Path | None:
    if name is None:
        return None
    folder = Path(name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(f"the folder {folder} cannot be made: {reason}.") from error
    check_writable(folder / "name.svg")
    return folder


def _write_pictures(
    folder: Path, drawn: Mapping[str, Graph], layouts: Mapping[str, Layout]
) -> None:
    from graphview.draw.describe import look_of
    from graphview.draw.svg import publish

    for name, layout in layouts.items():
        svg = publish(layout.svg, look_of(drawn[name]))
        Output(str(folder / file_name(name, ".svg"))).write(svg.encode())
