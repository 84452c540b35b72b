"""Where a command's result goes: asked before the work, written and said after it."""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from graphview.commands.printing import say
from graphview.errors import OutputError
from graphview.files import STDOUT, Content, check_writable, write, write_or_print

if TYPE_CHECKING:
    from graphview.subject.find import Subject


class Output:
    """What `-o` named: a file, or `-` for standard output; never the file of the `subject` itself.

    Errors: OutputError, at once, when the file cannot be written.
    """

    def __init__(self, target: str, subject: Subject | None = None) -> None:
        self.target = target
        self.path = None if target == STDOUT else Path(target)
        # A program may go to another folder while it runs.
        self.home = None if self.path is None or self.path.is_absolute() else Path.cwd()
        if self.path is not None:
            check_writable(self.path)
            if subject is not None:
                _refuse_same(self.path, subject)

    @property
    def folder(self) -> Path | None:
        """The folder of the file; None for standard output."""
        return None if self.path is None else self.path.parent

    def write(self, content: Content) -> None:
        """Write all of it or nothing. Errors: OutputError."""
        if self.path is None:
            write_or_print(self.target, content)
            return
        write(self.path if self.home is None else self.home / self.path, content)
        say(f"Wrote {self.path}")

    def renamed(self, name: str, subject: Subject | None) -> Output:
        """A file of another name, in the folder that was the working one."""
        other = Output(str(self.home / name) if self.home else name, subject)
        other.path, other.home = Path(name), self.home
        return other

    @contextmanager
    def kept_clear(self) -> Iterator[None]:
        """Where the result goes to standard output, send what a program prints to the other one."""
        if self.path is not None or sys.stdout is None or sys.stderr is None:
            yield
            return
        numbers = _number(sys.stdout), _number(sys.stderr)
        with _swapped() if None in numbers else _joined(*numbers):  # type: ignore[arg-type]
            yield


@contextmanager
def _swapped() -> Iterator[None]:
    """Where standard output is no file of the system: for Python's own prints."""
    real = sys.stdout
    sys.stdout = sys.stderr
    try:
        yield
    finally:
        sys.stdout = real


@contextmanager
def _joined(out: int, err: int) -> Iterator[None]:
    """Let `out` lead to where `err` leads, also for processes that are started."""
    sys.stdout.flush()
    kept = os.dup(out)
    os.dup2(err, out)
    try:
        yield
    finally:
        if not sys.stdout.closed:
            sys.stdout.flush()
        os.dup2(kept, out)
        os.close(kept)
        if sys.stdout.closed:
            sys.stdout = os.fdopen(out, "w", closefd=False)
    # What the program prints when the process ends comes after the result.
    atexit.register(os.dup2, err, out)


def _number(stream: TextIO) -> int | None:
    try:
        return stream.fileno()
    except (OSError, ValueError):
        return None


def need_other_files(outputs: Iterable[tuple[str, str]], read: Iterable[str]) -> None:
    """Errors: OutputError for an output that is another one too, or a file that is read.

    `outputs` are options with the files that they name, `read` files or subjects: `net.py:loss`.
    """
    taken = {each: f"it is read: {each}" for text in read for each in _files(text)}
    for option, target in outputs:
        if target == STDOUT:
            continue
        path = str(Path(target).resolve())
        if path in taken:
            raise OutputError(f"{option} would overwrite a file; {taken[path]}. Name another file.")
        taken[path] = f"{option} goes there"


def _files(text: str) -> Iterator[str]:
    for part in (text, text.rpartition(":")[0]):
        if part and Path(part).is_file():
            yield str(Path(part).resolve())


def _refuse_same(path: Path, subject: Subject) -> None:
    read = subject.path
    if read is not None and path.exists() and read.exists() and path.samefile(read):
        what = subject.kind if subject.attribute is None else "file of the function"
        raise OutputError(f"{path} is the {what} itself; name another file with -o.")
