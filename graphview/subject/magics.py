"""A cell as IPython takes it -> Python, line by line; what cannot be run here is left out.

Each line stays where it is, so that line numbers are those of the cell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

# Of these the body runs, or what stands behind them, once.
RUN_CELLS = ("time", "timeit", "capture", "graphview")
RUN_LINES = ("time", "timeit")

CELL_MAGIC = re.compile(r"\s*%%(?P<name>[\w.]+)(?P<rest>.*)")
LINE_MAGIC = re.compile(r"(?P<indent>\s*)%(?P<name>[A-Za-z_][\w.]*)(?P<rest>.*)", re.DOTALL)
# Before the expression: -n 10, -r3, -q, -o.
OPTIONS = re.compile(r"(?:\s+-(?:[nrtpv]\s*\d+|[a-z]+))*\s+(?=\S)")
# Shell commands, questions, and variables that are set by either.
NOT_PYTHON = re.compile(
    r"(?P<indent>\s*)(?:"
    r"!.*"
    r"|\?{1,2}\s*[\w.*%]+.*"
    r"|%*[A-Za-z_][\w.*\[\]]*\?{1,2}\s*"
    r"|[A-Za-z_][\w.,\s\[\]]*=\s*(?:!|%[A-Za-z_]).*"
    r")",
    re.DOTALL,
)
LONGEST = 60


class PlainCell(NamedTuple):
    """A cell's code as Python, and what was left out of it."""

    code: str
    skipped: tuple[str, ...]


def plain(cell: str) -> PlainCell:
    """Take magics, shell commands and questions out of a cell."""
    first, _, rest = cell.lstrip("\n").partition("\n")
    magic = CELL_MAGIC.fullmatch(first)
    if magic is None:
        return _plain_lines(cell)
    blank = "\n" * (cell.count("\n") - rest.count("\n"))
    if magic["name"] in RUN_CELLS:
        code, skipped = _plain_lines(rest)
        return PlainCell(f"# {first.strip()}{blank or chr(10)}{code}", skipped)
    return PlainCell("", (_short(first),))


def _plain_lines(cell: str) -> PlainCell:
    lines, skipped = [], []
    for line in _logical_lines(cell):
        told = _plain_line(line)
        if told is None:
            skipped.append(_short(line))
            told = _nothing(line)
        lines.append(told)
    return PlainCell("".join(lines), tuple(skipped))


def _plain_line(line: str) -> str | None:
    """One logical line as Python; None for what cannot be run here."""
    magic = LINE_MAGIC.fullmatch(line)
    if magic is not None:
        options = OPTIONS.match(magic["rest"])
        if magic["name"] not in RUN_LINES or options is None:
            return None
        return magic["indent"] + magic["rest"][options.end() :]
    return None if NOT_PYTHON.fullmatch(line) else line


def _nothing(line: str) -> str:
    """A statement that does nothing, in the place of a logical line."""
    indent = line[: len(line) - len(line.lstrip())]
    first, *more = line.strip().split("\n")
    comments = "".join(f"\n{indent}# {each.strip()}" for each in more)
    return f"{indent}pass  # {first}{comments}\n"


def _short(line: str) -> str:
    text = " ".join(line.split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _logical_lines(cell: str) -> Iterator[str]:
    """The lines of a cell, those joined that brackets, quotes or backslashes hold together."""
    pending, state = "", _State()
    for line in cell.splitlines(keepends=True):
        if not pending and _is_foreign(line):
            # Quotes and brackets in there are none of Python's; a backslash goes on all the same.
            state.foreign = True
        pending += line
        if not state.goes_on(line):
            yield pending
            pending, state = "", _State()
    if pending:
        yield pending


def _is_foreign(line: str) -> bool:
    return bool(LINE_MAGIC.fullmatch(line) or NOT_PYTHON.fullmatch(line))


class _State:
    """Which brackets and quotes are open at the end of a physical line."""

    def __init__(self) -> None:
        self.depth, self.quote, self.foreign = 0, "", False

    def goes_on(self, line: str) -> bool:
        """Take one more line; whether the logical line goes on after it."""
        continued = line.rstrip("\r\n").endswith("\\")
        if self.foreign:
            return continued
        position = 0
        while position < len(line):
            position += self._take(line, position)
        if len(self.quote) == 1 and not continued:
            # Not closed: the compiler says so.
            self.quote = ""
        return bool(self.depth or self.quote or continued)

    def _take(self, line: str, position: int) -> int:
        """Look at what stands at `position`; how many characters it is long."""
        sign = line[position]
        if sign == "\\":
            return 2
        if self.quote:
            if line.startswith(self.quote, position):
                length, self.quote = len(self.quote), ""
                return length
            return 1
        if sign in "'\"":
            self.quote = sign * 3 if line.startswith(sign * 3, position) else sign
            return len(self.quote)
        if sign == "#":
            return len(line)
        self.depth = max(0, self.depth + (sign in "([{") - (sign in ")]}"))
        return 1
