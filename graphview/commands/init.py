"""`graphview init`: a contract to begin with, from what a subject is now."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from graphview.commands.output import Output
from graphview.errors import OutputError
from graphview.files import STDOUT

if TYPE_CHECKING:
    from graphview.subject.find import Subject

PROJECT = "pyproject.toml"


@click.command()
@click.argument("subject", required=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[-- ARGS]...")
@click.option(
    "--device",
    metavar="NAME",
    help="Of the lesson or a function: where it makes its tensors, now and in each check.",
)
@click.option(
    "--max-steps",
    type=click.IntRange(1),
    metavar="N",
    help="Of a program: end it after so many backward passes, now and in each check.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, (1 << 63) - 1),
    default=0,
    show_default=True,
    metavar="N",
    help="Where random numbers start.",
)
@click.option(
    "-o",
    "--output",
    default="graphview.toml",
    show_default=True,
    metavar="FILE",
    help="Where to write the contract; - for standard output.",
)
@click.option("--force", is_flag=True, help="Write over a file that is there.")
def init(
    subject: str | None,
    arguments: tuple[str, ...],
    device: str | None,
    max_steps: int | None,
    seed: int,
    output: str,
    force: bool,
) -> None:
    """Run SUBJECT and write a contract that its graphs keep as they are now.

    SUBJECT is a script (train.py), a notebook (notebook.ipynb), a function (package.module:name or
    file.py:name) or a recording; without one, the lesson is trained. ARGS are the script's own.
    The contract has comments, for you to change; `graphview check` then holds later graphs to it.
    """
    from graphview.check.contract import Target
    from graphview.commands.running import recording_of, without_effect
    from graphview.subject.find import find_subject

    found = None if subject is None else find_subject(subject)
    target_file = _output(output, found, force)
    folder = target_file.folder or Path()
    target = Target(
        name=_name(found),
        subject=None if found is None else _from(folder, found),
        device=device,
        seed=seed,
        arguments=arguments,
        max_steps=max_steps,
    )
    fault = without_effect(target, found)
    if fault is not None:
        raise click.UsageError(f"{fault}; leave it out.", click.get_current_context())
    recording = recording_of(target, found, folder)
    from graphview.check.starter import starter

    target_file.write(starter(target, recording).encode())


def _output(output: str, subject: Subject | None, force: bool) -> Output:
    if Path(output).name == PROJECT:
        raise OutputError(
            f"{output} is more than a contract; write another file, and copy from it."
        )
    target = Output(output, subject)
    if output != STDOUT and not force and Path(output).is_file():
        raise OutputError(f"{output} is there already; give --force to write over it.")
    return target


def _name(subject: Subject | None) -> str:
    """What the contract calls the target."""
    if subject is None:
        return "lesson"
    if subject.attribute is not None:
        return subject.attribute
    return subject.path.stem if subject.path is not None else subject.text


def _from(folder: Path, subject: Subject) -> str:
    """The subject as the contract's folder names it."""
    if subject.path is None:
        return subject.text
    path = Path(os.path.relpath(subject.path, folder)).as_posix()
    return f"{path}:{subject.attribute}" if subject.attribute is not None else path
