"""Where to look: the file and line of a finding, named as a person would."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from graphview.model.finding import Finding
from graphview.model.graph import Source

CONTRACT = "graphview.toml"
"""Where a contract usually stands: for formats that want a file for everything."""


@dataclass(frozen=True, slots=True)
class Place:
    """A span of a file: lines and columns from 1, the last column the one behind the span."""

    file: str
    line: int
    end_line: int
    column: int | None = None
    end_column: int | None = None

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


def shown_file(file: str, folder: Path) -> str:
    """A file's path from `folder` on, with forward slashes, where it is below; else as it is."""
    path = Path(file)
    if path.is_absolute() and path.is_relative_to(folder) and path != folder:
        return path.relative_to(folder).as_posix()
    return file.replace(os.sep, "/")


def place_in(source: Source, folder: Path) -> Place:
    """Where a source is. Numbers that cannot be are taken for the nearest that can."""
    line = max(source.line, 1)
    file, end_line = shown_file(source.file, folder), max(source.end_line, line)
    if source.column is None or source.column < 0:
        return Place(file, line, end_line)
    column = source.column + 1
    end = source.end_column
    known = end is not None and (end_line > line or end >= source.column)
    return Place(file, line, end_line, column, end + 1 if end is not None and known else None)


def place_of(finding: Finding, folder: Path) -> Place | None:
    """The line to look at: the source's, else where the contract asks for it."""
    if finding.source is not None:
        return place_in(finding.source, folder)
    return asked_at(finding, folder)


def asked_at(finding: Finding, folder: Path) -> Place | None:
    """The line of the contract, where that is known."""
    clause = finding.clause
    if clause.file is None:
        return None
    line = max(clause.line or 1, 1)
    return Place(shown_file(clause.file, folder), line, line)


def some_place(finding: Finding, folder: Path) -> Place:
    """The same for formats that cannot do without: the first line of where contracts stand."""
    return place_of(finding, folder) or Place(CONTRACT, 1, 1)
