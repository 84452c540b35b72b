"""Where a command's result goes: asked before the work, written and said after it."""

from __future__ import annotations

from pathlib import Path

import click

from graphview.errors import OutputError
from graphview.files import STDOUT, check_writable, write_or_print


class Output:
    """What `-o` named: a file, or `-` for standard output; never the file `read` from.

    Errors: OutputError, at once, when the file cannot be written.
    """

    def __init__(self, target: str, read: Path | None = None) -> None:
        self.target = target
        self.path = None if target == STDOUT else Path(target)
        if self.path is not None:
            check_writable(self.path)
            if read is not None and self.path.exists() and read.exists():
                _refuse_same(self.path, read)

    @property
    def folder(self) -> Path | None:
        """The folder of the file; None for standard output."""
        return None if self.path is None else self.path.parent

    def write(self, content: bytes) -> None:
        """Write all of it or nothing. Errors: OutputError."""
        write_or_print(self.target, content)
        if self.path is not None:
            click.echo(f"Wrote {self.path}", err=True)


def _refuse_same(path: Path, read: Path) -> None:
    if path.samefile(read):
        raise OutputError(f"{path} is the recording itself; name another file with -o.")
