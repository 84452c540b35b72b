"""`graphview render`: a graph as a picture, in the format that the file's suffix names."""

from __future__ import annotations

from collections.abc import Iterable
from shlex import quote
from typing import TYPE_CHECKING

import click

from graphview.commands.build_up import WAYS, build_up
from graphview.commands.options import Asked, engine_option, subject_options
from graphview.commands.picture_options import Wanted, picture_options
from graphview.commands.printing import say
from graphview.commands.progress import status
from graphview.commands.rescue import rescued
from graphview.commands.scenes import USUAL, chosen_root, scene_for
from graphview.commands.subject import find, recorded
from graphview.commands.targets import Targets
from graphview.commands.view_options import View, view_options
from graphview.files import file_name

if TYPE_CHECKING:
    from graphview.draw.formats.picture import Picture

# What the graphs of all roots are called together.
ALL = "graphs"


@click.command()
@subject_options
@click.option(
    "--root",
    metavar="NAME",
    show_default="loss, else the last graph",
    help="Which tensor's graph to draw.",
)
@click.option("--all-roots", is_flag=True, help="Draw the graph of every root.")
@click.option(
    "--steps",
    "build",
    type=click.Choice(WAYS),
    help="Build the graph up in several pictures, in which everything keeps its place: roots, the "
    "graph of one root after the other; backward, node by node from the root.",
)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    show_default="ROOT.svg",
    help="Where to write it; the suffix says what: .svg, .png, .pdf, .pptx, .dot, .mmd, .json or "
    ".html. Several pictures go into one .pptx, .pdf or .html, or into DIR/ or NAME-{root}.svg. "
    "- is standard output.",
)
@view_options
@picture_options
@engine_option
def render(
    asked: Asked,
    root: str | None,
    all_roots: bool,
    build: str | None,
    output: str | None,
    view: View,
    wanted: Wanted,
    engine: str,
) -> None:
    """Draw the graph behind a tensor of SUBJECT.

    SUBJECT is a script (train.py), a notebook (notebook.ipynb), a function (package.module:name or
    file.py:name) or a recording; without one, it is the lesson. ARGS are the script's own.
    """
    _refuse_contradictions(root, all_roots, build)
    subject, several = find(asked), all_roots or build is not None
    guess = file_name(ALL if all_roots else root or USUAL, ".svg")
    # What cannot be written is said before in which format.
    targets = None if several else Targets(output, subject, guess)
    format = wanted.format_for(output)
    targets = targets or Targets(
        output, subject, guess, several=True, apart=not _holds_many(format)
    )
    seen = recorded(asked, subject, targets.probe)
    seen.need_graph()
    with rescued(seen, targets.probe):
        beside, recording = targets.probe.folder, seen.recording
        page, prefix = wanted.page(format), ""
        if all_roots:
            stem = ALL
            made = {
                name: scene_for(recording, name, engine, beside, view, page)
                for name in recording.graphs
            }
        elif build is not None:
            stem = chosen_root(recording, root)
            steps = build_up(build, recording, stem, engine, beside, view, page)
            made = {f"{number:02d}": picture for number, picture in enumerate(steps, 1)}
            prefix = f"{file_name(stem, '')}-"
        else:
            stem = chosen_root(recording, root)
            made = {stem: scene_for(recording, stem, engine, beside, view, page)}
        _advise(made.values(), wanted, format, view)
        _write(stem, made, wanted, format, targets, prefix)
    seen.end()


def _refuse_contradictions(root: str | None, all_roots: bool, build: str | None) -> None:
    if all_roots and (root is not None or build is not None):
        other = "--steps" if root is None else "--root"
        raise click.UsageError(
            f"--all-roots and {other} each choose what is drawn; leave one of them out.",
            click.get_current_context(),
        )


def _holds_many(format: str) -> bool:
    from graphview.draw.formats import FORMATS

    return FORMATS[format].MANY


def _write(
    stem: str,
    pictures: dict[str, Picture],
    wanted: Wanted,
    format: str,
    targets: Targets,
    prefix: str = "",
) -> None:
    """Write all pictures into one file called after `stem`, or each into its own.

    Nothing is written before all are drawn.
    """
    from graphview.draw.formats import parts_of_pictures

    together = _holds_many(format) or pictures.keys() == {stem}
    files = {stem: list(pictures.values())} if together else {n: [p] for n, p in pictures.items()}
    with status("Drawing"):
        contents = {
            name: parts_of_pictures(drawn, format, wanted.style) for name, drawn in files.items()
        }
    for name, content in contents.items():
        usual = file_name(name, f".{format}")
        targets.named(name, usual if together else prefix + usual).write(content)


def _advise(pictures: Iterable[Picture], wanted: Wanted, format: str, view: View) -> None:
    """Say what will be hard to read, and what has no room on its page, each thing once."""
    from graphview.draw.formats import complaint
    from graphview.draw.formats.letters import unshown

    told = dict[str, None]()
    pictures = list(pictures)
    for picture in pictures:
        said = complaint(picture.scene, format, wanted.style)
        if said is not None:
            told[f"{said}; {view.advice}"] = None
        elif picture.closed is not None:
            path = quote(picture.closed)
            told[f"folded until its text can be read; to open more, --expand {path}."] = None
    if (sentence := unshown(pictures, format, wanted.style)) is not None:
        told[sentence] = None
    for sentence in told:
        say(f"Note: {sentence}")
