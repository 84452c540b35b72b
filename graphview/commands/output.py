"""Where a command's result goes: asked before the work, written and said after it."""

from __future__ import annotations

from pathlib import Path

import click

from graphview.files import STDOUT, check_writable, write_or_print


class Output:
    """What `-o` named: a file, or `-` for standard output.

    Errors: OutputError, at once, when the file cannot be written.
    """

    def __init__(self, target: str) -> None:
        self.target = target
        self.path = None if target == STDOUT else Path(target)
        if self.path is not None:
            check_writable(self.path)

    @property
    def folder(self) -> Path | None:
        """The folder of the file; None for standard output."""
        return None if self.path is None else self.path.parent

    def write(self, content: bytes) -> None:
        """Write all of it or nothing. Errors: OutputError."""
        write_or_print(self.target, content)
        if self.path is not None:
            click.echo(f"Wrote {self.path}", err=True)
