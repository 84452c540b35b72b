"""Any text, made fit to be shown: no name can move the cursor, end a line or run a command."""

from __future__ import annotations

import re
import unicodedata

JOINER = "\N{ZERO WIDTH JOINER}"
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
ELLIPSIS = "..."
MOST_LINES = 12
# A runner of GitHub or Azure obeys a line that starts with `::` or has `##[` or `##vso[` in it.
AT_START = re.compile(r"^(\s*):(?=:)")
ANYWHERE = re.compile(r"##(?=\[|vso\[)")
SURROGATE = re.compile("[\ud800-\udfff]")


def harmless(text: str) -> str:
    """Text on one line: what cannot be seen is written as Python escapes it, `\\x1b`."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == JOINER else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode()


def disarmed(line: str) -> str:
    """A line that is ready to be printed, changed only where a CI runner would obey it."""
    return ANYWHERE.sub(r"#\\x23", AT_START.sub(r"\1\\x3a", line))


def encodable(text: str) -> str:
    """Text that can be written as UTF-8: half a surrogate pair becomes a replacement character."""
    return SURROGATE.sub(REPLACEMENT, text)


def columns(text: str) -> int:
    """How many columns of a terminal a text takes, where the letters of East Asia take two."""
    return len(text) if text.isascii() else sum(map(_width, text))


def _width(character: str) -> int:
    if character == JOINER or unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def cut(text: str, most: int) -> str:
    """The start of a text in at most so many columns, three dots where there was more."""
    if columns(text) <= most:
        return text
    dots = ELLIPSIS[: max(most, 0)]
    return _start(text, most - len(dots)) + dots


def cut_left(text: str, most: int) -> str:
    """The end of a text in at most so many columns, three dots where there was more."""
    if columns(text) <= most:
        return text
    dots = ELLIPSIS[: max(most, 0)]
    return dots + _start(text[::-1], most - len(dots))[::-1]


def shortened(text: str, most: int) -> str:
    """A name in at most so many columns: what is too long loses its middle."""
    shown = harmless(text)
    if columns(shown) <= most:
        return shown
    half = (most - len(ELLIPSIS)) // 2
    return _start(shown, half) + cut_left(shown, half + len(ELLIPSIS))


def _start(text: str, most: int) -> str:
    used = 0
    for position, character in enumerate(text):
        used += _width(character)
        if used > most:
            return text[:position]
    return text


def wrapped(text: str, width: int) -> list[str]:
    """A text in lines of at most `width` columns; what is too long for `MOST_LINES` is counted."""
    lines = [line for part in text.split("\n") for line in _filled(harmless(part), width)]
    if len(lines) <= MOST_LINES:
        return lines
    return [*lines[: MOST_LINES - 1], f"{ELLIPSIS} {len(lines) - MOST_LINES + 1:,} more lines"]


def _filled(line: str, width: int) -> list[str]:
    """One line of a text, its words on as many lines as it takes, all as far in as the first."""
    indent = " " * min(len(line) - len(line.lstrip(" ")), width // 2)
    lines, row = [], ""
    for word in line.split():
        for piece in _pieces(word, width - len(indent)):
            longer = f"{row} {piece}" if row else piece
            if columns(longer) > width - len(indent):
                lines.append(indent + row)
                longer = piece
            row = longer
    return [*lines, indent + row]


def _pieces(word: str, width: int) -> list[str]:
    """A word, cut into pieces of at most `width` columns, which holds two at least."""
    if columns(word) <= width:
        return [word]
    pieces, first, used = [], 0, 0
    for position, character in enumerate(word):
        if used + _width(character) > width:
            pieces.append(word[first:position])
            first, used = position, 0
        used += _width(character)
    return [*pieces, word[first:]]
