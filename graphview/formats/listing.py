"""Source files, read once each, as far as they are there."""

from __future__ import annotations

import tokenize
from pathlib import Path

LARGEST = 10_000_000
"""Bytes; a file that is larger than this is no source code."""


class Listing:
    """The lines of source files, as they are now."""

    def __init__(self) -> None:
        self._files: dict[Path, list[str]] = {}

    def line(self, file: Path, number: int) -> str | None:
        """A line, counted from 1, without its end; None where there is no such file or line."""
        if file not in self._files:
            self._files[file] = _lines(file)
        lines = self._files[file]
        return lines[number - 1] if 0 < number <= len(lines) else None


def _lines(file: Path) -> list[str]:
    try:
        if not file.is_file() or file.stat().st_size > LARGEST:
            return []
        with tokenize.open(file) as opened:
            return opened.read().split("\n")
    except (OSError, ValueError, SyntaxError):
        # No source code in an encoding that Python knows; then there is no line to show.
        return []
