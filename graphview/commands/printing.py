"""What a command prints: lines of its own, and findings as wide and coloured as the terminal."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from graphview.formats.style import Rules
    from graphview.model.finding import Checked

# Columns, where nobody watches.
WIDTH = 88


def say(text: str) -> None:
    """One line on standard error; what a terminal would obey rather than show is `?` there."""
    line = " ".join(text.split())
    click.echo("".join(c if c.isprintable() else "?" for c in line), err=True)


def printed(
    checked: Checked,
    format: str,
    *,
    to_stdout: bool = True,
    show_passed: bool = False,
    rules: Rules | None = None,
) -> bytes:
    """What goes to standard output, or into a file, as UTF-8."""
    from graphview.formats import write

    is_watched = to_stdout and sys.stdout is not None and sys.stdout.isatty()
    text = write(
        checked,
        format,
        show_passed=show_passed,
        color=is_watched and not os.environ.get("NO_COLOR"),
        width=columns() if is_watched else WIDTH,
        rules=rules,
    )
    return text.encode(errors="replace")


def columns() -> int:
    """The terminal's, or 80."""
    # It loads three libraries of compression, and is seldom needed.
    import shutil

    return shutil.get_terminal_size().columns
