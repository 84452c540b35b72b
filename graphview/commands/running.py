"""A contract's target -> a recording of it: read from a file, or run in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path
from typing import TYPE_CHECKING

import click

import graphview
from graphview.commands.subject import Seen, failed
from graphview.errors import ContractError, SubjectError, SubjectFailed

if TYPE_CHECKING:
    from graphview.check.contract import Target
    from graphview.model.recording import Recording
    from graphview.subject.find import Subject

# Sets the seeds, then goes on as `graphview record`. What lies beside the program must not stand in
# for what we import ourselves: the first folder to look in is the one that graphview lies in. Where
# there is no torch, `record` says so. A program that ends the process itself leaves no mark.
CHILD = """
import os, sys
sys.path[0], seed = sys.argv.pop(1), int(sys.argv.pop(1))
try:
    import random, numpy, torch
except ImportError:
    pass
else:
    random.seed(seed)
    numpy.random.seed(seed % 2**32)
    torch.manual_seed(seed)
from graphview.cli import run
from graphview.commands.running import MARK
from graphview.commands.subject import TOLD_ELSEWHERE
code = run(obj=TOLD_ELSEWHERE)
os.write(1, MARK)
sys.exit(code)
"""
# After the recording, which as JSON has no such byte.
MARK = b"\0"
BUG, INTERRUPTED = 3, 130
# Keys of a target that a kind of subject cannot follow.
WITHOUT_EFFECT = {
    "lesson": ("arguments", "max-steps"),
    "callable": ("arguments", "max-steps"),
    "script": ("device",),
    "notebook": ("device",),
    "recording": ("device", "arguments", "max-steps"),
}
CALLED = {"callable": "a function", "lesson": "the lesson"}


def find_target(target: Target, file: str) -> Subject | None:
    """What a target of the contract `file` runs; None for the lesson.

    Its subject is looked for from the contract's folder. Errors: ContractError for one that is not
    there, and for a key that has no effect on it.
    """
    from graphview.subject.find import find_subject

    place = file if target.line is None else f"{file}:{target.line}"
    try:
        with chdir(Path(file).parent):
            subject = None if target.subject is None else find_subject(target.subject)
    except SubjectError as error:
        raise ContractError(f"{place}: target {target.name}: {error}") from error
    fault = without_effect(target, subject)
    if fault is not None:
        raise ContractError(f"{place}: target {target.name}: {fault}.")
    return subject


def without_effect(target: Target, subject: Subject | None) -> str | None:
    """What is wrong with a target that has a key which its subject cannot follow."""
    kind = "lesson" if subject is None else subject.kind
    key = next((key for key in _given(target) if key in WITHOUT_EFFECT[kind]), None)
    if key is None:
        return None
    verb = "have" if key == "arguments" else "has"
    return f"{key} {verb} no effect on {CALLED.get(kind, f'a {kind}')}"


def recording_of(target: Target, subject: Subject | None, folder: Path) -> Recording:
    """Run a target in the contract's `folder`, or read its recording.

    What the program prints goes to standard error. Errors: RecordingError; SubjectFailed for what
    did not end well, or left nothing to look at.
    """
    if subject is not None and subject.kind == "recording":
        from graphview.model.store import read_recording

        return read_recording(folder / (target.subject or subject.text))
    click.echo(f"Running {target.name} ({target.subject or 'the lesson'})", err=True)
    # Programs change modules, devices' defaults and hooks; the next one, and a module that both of
    # them import, must start as it would alone. Nothing but a new interpreter is sure to do that.
    done = subprocess.run(_command(target), stdout=subprocess.PIPE, cwd=folder, check=False)
    return read_output(done, target)


def _given(target: Target) -> Iterator[str]:
    if target.device is not None:
        yield "device"
    if target.arguments:
        yield "arguments"
    if target.max_steps is not None:
        yield "max-steps"


def _command(target: Target) -> list[str]:
    home = Path(graphview.__file__).parents[1]
    command = [sys.executable, "-c", CHILD, str(home), str(target.seed), "record", "-o", "-"]
    if target.device is not None:
        command += ["--device", target.device]
    if target.max_steps is not None:
        command += ["--max-steps", str(target.max_steps)]
    if target.subject is None:
        # The graphs are the same after every epoch.
        return [*command, "--epochs", "1"]
    return [*command, "--", target.subject, *target.arguments]


def read_output(done: subprocess.CompletedProcess[bytes], target: Target) -> Recording:
    """The recording on the standard output of a target's process.

    Errors: those of `recording_of`; click's Exit where the process has said all there is to say,
    click's Abort where somebody interrupted the program.
    """
    code, name = done.returncode, f"target {target.name}"
    output, mark, _ = done.stdout.partition(MARK)
    if code < 0:
        raise SubjectFailed(f"{name} was ended by signal {-code}.")
    if not mark:
        raise _exited(target, code)
    if code in (INTERRUPTED, BUG):
        raise click.exceptions.Exit(code)
    if code:
        raise SubjectFailed(f"{name} gave no recording.")
    return _recording(output, target)


def _recording(output: bytes, target: Target) -> Recording:
    from graphview.model.journal import Ending
    from graphview.model.store import recording_from_json

    recording = recording_from_json(output, f"the recording of {target.name}")
    ending = recording.journal.ending if recording.journal is not None else Ending("finished")
    if ending.kind == "interrupted":
        raise click.Abort
    if ending.kind == "exited" and ending.code:
        raise _exited(target, ending.code)
    if ending.failure is not None:
        told = failed(recording.subject, ending.failure)
        raise SubjectFailed(f"target {target.name}: {told}.")
    Seen(recording, ending).need_something()
    return recording


def _exited(target: Target, code: int) -> SubjectFailed:
    return SubjectFailed(f"target {target.name} ended with exit code {code}.")
