"""A line of source code, with a mark below what is meant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from graphview.formats.pen import Pen
from graphview.formats.place import Place
from graphview.formats.style import Style
from graphview.formats.words import columns, cut, cut_left, harmless

TAB = "    "
MARGIN = 5
"""Columns beside the line and its number: two to the left, three for the bar."""

CHANGED = "(as it was recorded: the file is another now)"


@dataclass(frozen=True, slots=True)
class Marked:
    """A line in three parts; `span` is what is meant, and empty where that is not known.

    `remark` is what a reader has to know of it.
    """

    before: str
    span: str = ""
    after: str = ""
    remark: str = ""


def excerpt(place: Place, expression: str | None, style: Style, pen: Pen) -> Iterator[str]:
    """The line at a place, else the recorded expression: nothing where there is neither."""
    marked = _marked(place, expression, style)
    if marked is None:
        return
    number = str(place.line)
    empty = pen(f"{' ' * len(number)} |", "place")
    shown = _fitted(marked, style.room - MARGIN - len(number))
    yield empty
    yield f"{pen(f'{number} |', 'place')} {shown.before}{shown.span}{shown.after}".rstrip()
    if shown.span:
        mark = pen("^" * max(columns(shown.span), 1), "error")
        yield f"{empty} {' ' * columns(shown.before)}{mark}"
    if marked.remark:
        yield f"{empty} {pen(marked.remark, 'quiet')}"


def _marked(place: Place, expression: str | None, style: Style) -> Marked | None:
    line = style.listing.line(style.folder / place.file, place.line)
    recorded = expression.split("\n")[0] if expression else ""
    if line is None:
        return Marked(_clean(recorded)) if recorded else None
    # A file that no longer has the expression was edited since, and its line would mislead.
    if recorded not in line:
        return Marked(_clean(recorded), remark=CHANGED)
    start, end = _span(place, recorded, line)
    return Marked(_clean(line[:start]), _clean(line[start:end].rstrip()), _clean(line[end:]))


def _span(place: Place, recorded: str, line: str) -> tuple[int, int]:
    """Where in the line it is, from and to; behind all of it where nobody knows."""
    start = len(line) if place.column is None else place.column - 1
    if recorded:
        start = start if line.startswith(recorded, start) else line.index(recorded)
        return start, start + len(recorded)
    if place.end_column is None or place.end_line > place.line:
        return start, len(line)
    return start, place.end_column - 1


def _clean(code: str) -> str:
    return harmless(code.replace("\t", TAB).rstrip("\r"))


def _fitted(line: Marked, room: int) -> Marked:
    """As much as fits, around what is meant."""
    before = line.before
    if columns(before + line.span + line.after) > room:
        before = cut_left(before, max(room // 2, room - columns(line.span + line.after)))
    span = cut(line.span, room - columns(before))
    after = cut(line.after, max(room - columns(before + span), 0))
    return Marked(before, span, after)
