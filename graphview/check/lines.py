"""Where in a TOML file each key stands: the standard library's reader does not tell."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from graphview.check.value import dotted

TOKEN = re.compile(
    r"""
      (?P<blank>[ \t\r]+|\#[^\n]*)
    | (?P<text>\"{3}(?:\\.|[^\\])*?\"{3,5}|'{3}.*?'{3,5}|"(?:\\.|[^"\\\n])*"|'[^'\n]*')
    | (?P<mark>[\[\]{}=,.\n])
    | (?P<bare>[^\s\[\]{}=,.\#"']+)
    """,
    re.VERBOSE | re.DOTALL,
)
CLOSING = ("]", "}")
# Of a key with its dots: one of thousands of parts would take time with the square of them.
LONGEST = 10_000


def lines_of(text: str) -> dict[str, int]:
    """The line, from 1, of each key with dots and of each item of a list (`leaves[0]`).

    `text` is TOML that could be read. What stands in several places has its first one.
    """
    scanner = _Scanner(list(_tokens(text)))
    # A message without a line, or with one nearby, is better than none.
    with suppress(_Unforeseen, RecursionError):
        scanner.scan()
    return scanner.lines


class _Unforeseen(Exception):
    """The text is other than expected here."""


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    line: int
    is_mark: bool


def _tokens(text: str) -> Iterator[_Token]:
    line = 1
    for found in TOKEN.finditer(text):
        if found.lastgroup != "blank":
            yield _Token(found[0], line, found.lastgroup == "mark")
        line += found[0].count("\n")


@dataclass(slots=True)
class _Scanner:
    """Walks through the tokens; `table` is the key of the header that was met last."""

    tokens: list[_Token]
    place: int = 0
    table: str = ""
    lines: dict[str, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def scan(self) -> None:
        while self.place < len(self.tokens):
            if self._next_is("\n"):
                self.place += 1
            elif self._next_is("["):
                self._header()
            else:
                self._pair(self.table)

    def _header(self) -> None:
        self._take("[")
        line, is_array = self.tokens[self.place - 1].line, self._next_is("[")
        if is_array:
            self._take("[")
        *outer, last = self._parts()
        self.table = self._deepen("", outer, line)
        self.table = dotted(self.table, last)
        self.lines.setdefault(self.table, line)
        if is_array:
            number = self.counts.get(self.table, 0)
            self.counts[self.table] = number + 1
            self.table = f"{self.table}[{number}]"
            self.lines[self.table] = line
            self._take("]")
        self._take("]")

    def _pair(self, within: str) -> None:
        line = self._peek().line
        key = self._deepen(within, self._parts(), line)
        self._take("=")
        self._value(key)

    def _deepen(self, key: str, parts: list[str], line: int) -> str:
        """The key of these parts within `key`: of a list of tables, in the last one."""
        for part in parts:
            if len(key) > LONGEST:
                raise _Unforeseen
            key = dotted(key, part)
            self.lines.setdefault(key, line)
            if key in self.counts:
                key = f"{key}[{self.counts[key] - 1}]"
        return key

    def _parts(self) -> list[str]:
        parts = [self._part()]
        while self._next_is("."):
            self.place += 1
            parts.append(self._part())
        return parts

    def _part(self) -> str:
        token = self._peek()
        if token.is_mark:
            raise _Unforeseen
        self.place += 1
        if token.text[0] in "\"'":
            return str(tomllib.loads(f"key = {token.text}")["key"])
        return token.text

    def _value(self, key: str) -> None:
        if self._next_is("["):
            self._list(key)
        elif self._next_is("{"):
            self._inline_table(key)
        else:
            self._scalar()

    def _list(self, key: str) -> None:
        self.place += 1
        number = 0
        while not self._next_is("]"):
            if self._next_is("\n") or self._next_is(","):
                self.place += 1
                continue
            item = f"{key}[{number}]"
            self.lines[item] = self._peek().line
            self._value(item)
            number += 1
        self.place += 1

    def _inline_table(self, key: str) -> None:
        self.place += 1
        while not self._next_is("}"):
            if self._next_is("\n") or self._next_is(","):
                self.place += 1
                continue
            self._pair(key)
        self.place += 1

    def _scalar(self) -> None:
        # A date may be two words, and a number have a dot.
        start = self.place
        while self.place < len(self.tokens) and not any(map(self._next_is, ("\n", ",", *CLOSING))):
            self.place += 1
        if self.place == start:
            raise _Unforeseen

    def _peek(self) -> _Token:
        if self.place >= len(self.tokens):
            raise _Unforeseen
        return self.tokens[self.place]

    def _next_is(self, mark: str) -> bool:
        if self.place >= len(self.tokens):
            return False
        token = self.tokens[self.place]
        return token.is_mark and token.text == mark

    def _take(self, mark: str) -> None:
        if not self._next_is(mark):
            raise _Unforeseen
        self.place += 1
