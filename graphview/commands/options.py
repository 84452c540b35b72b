"""Options that several commands share, and what they mean."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from graphview.commands.progress import progress, status

if TYPE_CHECKING:
    from graphview.model.recording import Recording

DEFAULT_EPOCHS, MOST_EPOCHS = 1000, 1_000_000

recording_argument = click.argument(
    "recording", required=False, type=click.Path(path_type=Path), metavar="[RECORDING]"
)
device_option = click.option(
    "--device",
    default="auto",
    show_default=True,
    metavar="NAME",
    help="auto, cpu, cuda, cuda:N or mps. auto takes a GPU where there is one.",
)
epochs_option = click.option(
    "--epochs",
    type=click.IntRange(1, MOST_EPOCHS),
    default=DEFAULT_EPOCHS,
    show_default=True,
    help="How long to train.",
)
engine_option = click.option(
    "--engine",
    default="auto",
    show_default=True,
    metavar="NAME",
    help="Who lays the graph out: wasm (Graphviz inside this package), dot (on PATH), or auto.",
)


def recorded(path: Path | None, device: str, epochs: int) -> Recording:
    """Read the recording at `path`, or train the lesson and record it."""
    if path is not None:
        from graphview.model.store import read_recording

        return read_recording(path)
    with status("Loading torch"):
        from graphview.lesson.record import record_lesson
        from graphview.record.device import resolve_device

        chosen = resolve_device(device)
    with progress(f"Training on {chosen}", epochs) as step:
        return record_lesson(chosen, epochs=epochs, on_epoch=step, command=_command_line())


def _command_line() -> str:
    return shlex.join(["graphview", *sys.argv[1:]])
