"""What a command looks at: a recording's file, or the lesson, trained now."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from graphview.commands.progress import progress, status
from graphview.errors import SubjectError

if TYPE_CHECKING:
    from graphview.model.recording import Recording


def recorded(path: Path | None, device: str, epochs: int, steps: Sequence[str] = ()) -> Recording:
    """Read the recording at `path`, or play the lesson and record it.

    Errors: click.UsageError for options that a recording cannot follow, and those of the reading
    and the playing.
    """
    if path is not None:
        _refuse_training_options()
        from graphview.model.store import read_recording

        return read_recording(path)
    with status("Loading torch"):
        _need_torch()
        from graphview.lesson.record import record_lesson
        from graphview.observe.device import resolve_device

        chosen = resolve_device(device)
    with progress() as begin:
        return record_lesson(
            chosen, epochs=epochs, steps=steps, on_step=begin, command=_command_line()
        )


def _refuse_training_options() -> None:
    context = click.get_current_context()
    for name in ("device", "epochs", "steps"):
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise click.UsageError(
                f"--{name} has no effect on a recording, which was made before; "
                "leave one of the two out.",
                context,
            )


def _need_torch() -> None:
    try:
        import torch  # noqa: F401
    except ImportError as error:
        raise SubjectError(
            "the lesson needs torch, which cannot be imported here; install it, "
            "or give a recording."
        ) from error


def _command_line() -> str:
    return shlex.join(["graphview", *map(_without_folder, sys.argv[1:])])


def _without_folder(argument: str) -> str:
    """The argument as anybody may read it: folders tell of the user's machine."""
    option, equals, value = argument.rpartition("=") if argument[:1] == "-" else ("", "", argument)
    name = Path(value).name if len(Path(value).parts) > 1 else value
    # A file's name may hold what is no Unicode.
    return f"{option}{equals}{name}".encode(errors="replace").decode()
