"""What is going on, on a terminal, on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def status(text: str) -> Iterator[None]:
    """Show `text` with a spinner while the block runs; nothing where no person is looking."""
    if not _watched():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(text):
        yield


@contextmanager
def progress() -> Iterator[Callable[[int, int, str], None]]:
    """Show a bar; call what is yielded with the number of the step that begins, from 0, how many
    there are, and what it is called."""
    if not _watched():
        yield lambda number, of, title: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("")
        yield lambda number, of, title: bar.update(
            task, completed=number, total=of, description=title
        )


def _watched() -> bool:
    # None where the process was started without a standard error.
    return sys.stderr is not None and sys.stderr.isatty()
