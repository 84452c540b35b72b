"""What a command looks at: a recording's file, a program run now, or the lesson, trained now."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Collection
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click
from click.core import ParameterSource

from graphview.commands.options import Asked
from graphview.commands.output import Output
from graphview.commands.progress import progress, status
from graphview.errors import SubjectError, SubjectFailed, SubjectInterrupted

if TYPE_CHECKING:
    from graphview.model.journal import Ending
    from graphview.model.recording import Recording
    from graphview.model.step import Failure
    from graphview.subject.find import Kind, Subject

PROGRAM = ("step", "max_steps", "profile", "gradients")
LESSON = ("epochs", "steps")
LONGEST = 240
# What click's context has as `obj` where whoever started us reads from the recording how the
# program ended, and tells it.
TOLD_ELSEWHERE = "told elsewhere"
# What is needed once the program has run.
AFTERWARDS = ("graphview.report.page", "graphview.draw.describe", "graphview.draw.svg", "wasmtime")
REMEDY = "leave one of the two out"
OWN = "which has its own options behind --, as in: graphview report train.py -- --epochs 3"
# Options that a kind of subject cannot follow, and why.
WITHOUT_EFFECT: dict[str, tuple[Collection[str], str]] = {
    "lesson": ((*PROGRAM, "no_sources"), f"the lesson, which always shows the same; {REMEDY}"),
    "recording": (
        (*LESSON, "device", *PROGRAM, "no_sources"),
        f"a recording, which was made before; {REMEDY}",
    ),
    "script": ((*LESSON, "device"), f"a script, {OWN}"),
    "notebook": ((*LESSON, "device"), f"a notebook, {OWN}"),
    "callable": ((*LESSON, *PROGRAM), f"a function, which is called once; {REMEDY}"),
}


@dataclass(frozen=True, slots=True)
class Seen:
    """A recording, and how the program ended if one was run for it now, and if as a function."""

    recording: Recording
    ending: Ending | None = None
    called: bool = False

    def need_something(self) -> None:
        """Errors: SubjectFailed for a program of which there is nothing to tell."""
        recording = self.recording
        if not (recording.missing or self._backwards):
            self.need_graph()

    def need_graph(self) -> None:
        """Errors: SubjectFailed for a program of which there is no graph."""
        if self.ending is None or self.recording.graphs:
            return
        name = self.recording.subject
        if self.called and self.ending.kind == "exited":
            raise SubjectFailed(
                f"{name} ended the program with exit code {self.ending.code or 0} instead of "
                "returning, so there is no graph; leave the exit out, and return the loss."
            )
        raise SubjectFailed(_nothing(name, self.ending, self._backwards))

    @property
    def _backwards(self) -> int:
        return self.recording.journal.steps if self.recording.journal else 0

    def end(self) -> None:
        """End the command as the program ended, once all is written.

        Errors: SubjectFailed, SubjectInterrupted.
        """
        if self.ending is not None and click.get_current_context().obj != TOLD_ELSEWHERE:
            _end(self.recording.subject, self.ending)


def find(asked: Asked) -> Subject | None:
    """Find what is meant, and refuse options that have no effect on it; None for the lesson.

    Errors: SubjectError, click.UsageError.
    """
    if asked.subject is None:
        _refuse_options("lesson")
        return None
    from graphview.subject.find import find_subject

    subject = find_subject(asked.subject)
    _refuse_options(subject.kind)
    if asked.arguments and subject.kind not in ("script", "notebook"):
        raise click.UsageError(
            f"Got unexpected extra argument ({asked.arguments[0]}): only scripts and notebooks "
            "take arguments.",
            click.get_current_context(),
        )
    return subject


def recorded(asked: Asked, subject: Subject | None, target: Output) -> Seen:
    """Read the recording, run the program, or play the lesson.

    Errors: those of the reading, the running and the playing.
    """
    if subject is None:
        return Seen(_lesson(asked))
    if subject.kind == "recording" and subject.path is not None:
        from graphview.model.store import read_recording

        return Seen(read_recording(subject.path))
    return _run(asked, subject, target)


def _lesson(asked: Asked) -> Recording:
    with status("Loading torch"):
        _need_torch("the lesson")
        from graphview.lesson.record import record_lesson
        from graphview.observe.device import resolve_device

        chosen = resolve_device(asked.device)
    with progress() as begin:
        return record_lesson(
            chosen,
            epochs=asked.epochs,
            steps=asked.steps,
            on_step=begin,
            command=_command_line(),
        )


def _run(asked: Asked, subject: Subject, target: Output) -> Seen:
    with status("Loading torch"):
        _need_torch(f"to record {subject.name} graphview")
        from graphview.model.journal import Ending
        from graphview.observe.device import resolve_device
        from graphview.observe.recorder import Options
        from graphview.subject.record import record_subject

        # Now: afterwards a file of the program's could be taken for a module of theirs.
        for module in AFTERWARDS:
            import_module(module)
        # A program chooses for itself; to ask for a GPU would already set CUDA up.
        device = resolve_device(asked.device, meta=True) if _is_given("device") else None
    options = Options(
        asked.step, asked.max_steps, not asked.no_sources, asked.profile, asked.gradients
    )
    with target.kept_clear():
        recording = record_subject(
            subject, asked.arguments, device=device, options=options, command=_command_line()
        )
    journal = recording.journal
    ending = journal.ending if journal is not None else Ending("finished")
    return Seen(recording, ending, called=subject.kind == "callable")


def _refuse_options(kind: Kind | str) -> None:
    names, told = WITHOUT_EFFECT[kind]
    for name in names:
        if _is_given(name):
            option = name.replace("_", "-")
            raise click.UsageError(
                f"--{option} has no effect on {told}.", click.get_current_context()
            )


def _is_given(name: str) -> bool:
    source = click.get_current_context().get_parameter_source(name)
    return source is ParameterSource.COMMANDLINE


def _need_torch(who: str) -> None:
    try:
        import torch  # noqa: F401
    except ImportError as error:
        raise SubjectError(
            f"{who} needs torch, which cannot be imported here; install it, or give a recording."
        ) from error


def _nothing(name: str, ending: Ending, backwards: int) -> str:
    if ending.failure is not None:
        return f"{failed(name, ending.failure)}; until then there was no graph."
    if backwards:
        return f"{name} started backward, and no graph of it was kept; choose a smaller --step."
    if ending.kind == "interrupted":
        return f"{name} was interrupted before backward started, so there is no graph."
    return (
        f"{name} never started backward, so there is no graph; call backward() on a loss in it, "
        "or give a function that returns one (file.py:name)."
    )


def _end(name: str, ending: Ending) -> None:
    kept = "what it did until then was recorded"
    if ending.failure is not None:
        raise SubjectFailed(f"{failed(name, ending.failure)}; {kept}.")
    if ending.kind == "interrupted":
        raise SubjectInterrupted(f"{name} was interrupted; {kept}.")
    if ending.kind == "exited" and ending.code:
        _exit(ending.code)


def failed(name: str, failure: Failure) -> str:
    """Where and how a program failed: a sentence without its stop."""
    message = " ".join(failure.message.split()).rstrip(".")
    message = message if len(message) <= LONGEST else f"{message[: LONGEST - 1]}…"
    place = f" in line {failure.line}" if failure.line else ""
    return f"{name} failed{place} with {failure.type}" + (f": {message}" if message else "")


def _exit(code: int) -> NoReturn:
    raise click.exceptions.Exit(code)


def _command_line() -> str:
    return shlex.join(["graphview", *map(_without_folder, sys.argv[1:])])


def _without_folder(argument: str) -> str:
    """The argument as anybody may read it: whole paths tell of the user's machine."""
    option, equals, value = argument.rpartition("=") if argument[:1] == "-" else ("", "", argument)
    name = Path(value).name if Path(value).is_absolute() or value[:1] == "~" else value
    # A file's name may hold what is no Unicode.
    return f"{option}{equals}{name}".encode(errors="replace").decode()
