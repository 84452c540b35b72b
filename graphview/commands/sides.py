"""What `graphview diff` holds side by side: a recording, a baseline, a program, or one of git's."""

from __future__ import annotations

import io
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from graphview.errors import SubjectError

if TYPE_CHECKING:
    from graphview.check.diff import Side

GIT = "git:"
FORM = "write git:REF:PATH, as in git:main:train.py or git:HEAD~1:model.py:loss"


def side(text: str, device: str | None, seed: int) -> Side:
    """What is meant by OLD or NEW, run or read.

    Errors: those of reading and running; SubjectError for what git doesn't know.
    """
    if not text.startswith(GIT):
        return _side(text, text, Path.cwd(), device, seed)
    ref, colon, path = text.removeprefix(GIT).partition(":")
    if not (ref and colon and path):
        raise SubjectError(f"{text} names no file of git's; {FORM}.")
    with _checked_out(ref, text) as folder:
        return _side(path, f"{path} at {ref}", folder, device, seed)


def _side(text: str, name: str, folder: Path, device: str | None, seed: int) -> Side:
    from graphview.check.diff import Side

    if text.endswith(".json"):
        return _read(folder / text, name)
    from graphview.check.contract import Target
    from graphview.commands.running import recording_of, without_effect
    from graphview.subject.find import find_subject

    try:
        with chdir(folder):
            subject = find_subject(text)
    except SubjectError as error:
        raise SubjectError(f"{name}: {error}") from error
    target = Target(name, text, device, seed)
    if fault := without_effect(target, subject):
        raise SubjectError(f"{name}: {fault}; leave --device out.")
    return Side.of(name, recording_of(target, subject, folder))


def _read(path: Path, name: str) -> Side:
    """A recording, or a baseline, which `graphview check` wrote."""
    from graphview.check.diff import Side
    from graphview.compare.baseline import from_text, is_baseline
    from graphview.model.store import read_recording

    try:
        text = path.read_bytes()
    except OSError as error:
        raise SubjectError(f"{name} cannot be read: {error.strerror or error}.") from error
    if is_baseline(text):
        return Side(name, {}, {path.stem: from_text(text, name).sketch})
    return Side.of(name, read_recording(path))


@contextmanager
def _checked_out(ref: str, text: str) -> Iterator[Path]:
    """The folder that is the working one now, as it was at `ref`, beside all around it."""
    root, inside = _git(["rev-parse", "--show-toplevel"]), _git(["rev-parse", "--show-prefix"])
    top = Path(root.decode(errors="surrogateescape").strip())
    try:
        found = _git(["rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{tree}}"])
    except SubjectError as error:
        raise SubjectError(f"{text}: git knows no commit {ref!r}; {FORM}.") from error
    try:
        packed = _git(["-C", str(top), "archive", "--format=tar", found.decode().strip()])
    except SubjectError as error:
        raise SubjectError(f"{text}: {error}") from error
    with TemporaryDirectory(prefix="graphview-") as folder:
        with tarfile.open(fileobj=io.BytesIO(packed)) as tree:
            tree.extractall(folder, filter=_inside)
        place = Path(folder, inside.decode(errors="surrogateescape").strip())
        if not place.is_dir():
            raise SubjectError(
                f"{text}: at {ref} there is no folder {inside.decode().strip()}, and paths start "
                "in the folder where you are."
            )
        yield place


def _inside(member: tarfile.TarInfo, folder: str) -> tarfile.TarInfo | None:
    """What stays in the folder; links that lead out of it, as to data, are left out."""
    try:
        return tarfile.data_filter(member, folder)
    except tarfile.FilterError:
        return None


def _git(arguments: list[str]) -> bytes:
    """What git prints. Errors: SubjectError with its own first line."""
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, check=False)
    except OSError as error:
        raise SubjectError(f"git could not be run: {error.strerror or error}.") from error
    if done.returncode:
        lines = done.stderr.decode(errors="replace").splitlines() or ["it failed"]
        raise SubjectError(f"git says: {lines[0].removeprefix('fatal: ').rstrip('.')}.")
    return done.stdout
