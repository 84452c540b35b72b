"""A value of the contract file that knows where it stands, and says so when it is wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from graphview.errors import ContractError

BARE = re.compile(r"[A-Za-z0-9_-]+")
COUNTS = re.compile(
    r"\s*(?:(?P<just>\d{1,15})|>=\s*(?P<least>\d{1,15})|<=\s*(?P<most>\d{1,15})"
    r"|(?P<low>\d{1,15})\s*\.\.\s*(?P<high>\d{1,15}))\s*",
    re.ASCII,
)
SIZE = re.compile(r"\s*(?P<number>\d{1,15}(?:\.\d{1,15})?)\s*(?P<unit>[A-Za-z]+)\s*", re.ASCII)
UNITS = {
    "B": 1,
    "kB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "TB": 10**12,
    "KiB": 1 << 10,
    "MiB": 1 << 20,
    "GiB": 1 << 30,
    "TiB": 1 << 40,
}
# What is quoted in a sentence, in characters; difflib takes time with the square of the length.
LONGEST = 60
MOST_LISTED = 12


@dataclass(frozen=True, slots=True)
class Count:
    """How often something may be there: from `least` to `most`, None for no end."""

    least: int
    most: int | None

    def allows(self, number: int) -> bool:
        return self.least <= number and (self.most is None or number <= self.most)


@dataclass(frozen=True, slots=True)
class Value:
    """What stands at `key` (with dots) in `file`; `line` counts from 1, None where unknown.

    `lines` has the lines of what stands within it, by key. All methods that read it raise
    ContractError with the place where it is something else.
    """

    raw: Any
    key: str
    file: str
    line: int | None = None
    lines: Mapping[str, int] = field(default_factory=dict, repr=False, compare=False)

    def refused(self, message: str) -> ContractError:
        """The error to raise; `message` goes on after the key, without a full stop."""
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        stop = "" if message.endswith(("?", ".")) else "."
        return ContractError(" ".join(f"{place}: {self.key} {message}{stop}".split()))

    def text(self, *, empty: bool = False) -> str:
        """A text, which may be `empty` only where that means something."""
        if not isinstance(self.raw, str):
            raise self._not("a text")
        if not (empty or self.raw.strip()):
            raise self.refused("is an empty text")
        return self.raw

    def words(self, *, empty: bool = False) -> tuple[str, ...]:
        """The texts of a list, or the only one where there is no list around it."""
        if isinstance(self.raw, str):
            return (self.text(empty=empty),)
        if not isinstance(self.raw, list):
            raise self._not("a text or a list of texts")
        return tuple(item.text(empty=empty) for item in self.items())

    def whole(self, least: int = 0) -> int:
        """A whole number that is at least `least`."""
        if not _is_whole(self.raw):
            raise self._not("a whole number")
        number: int = self.raw
        if number < least:
            raise self.refused(f"is {_what(number)}, and must be at least {least}")
        return number

    def count(self) -> Count:
        """How often something may be there: `2`, `"2"`, `"1..3"`, `">=1"` or `"<=4"`."""
        if _is_whole(self.raw):
            number = self.whole()
            return Count(number, number)
        found = COUNTS.fullmatch(self.raw) if isinstance(self.raw, str) else None
        if found is None:
            raise self._not('a count, as in 2, "1..3", ">=1" or "<=4"')
        least = int(found["just"] or found["least"] or found["low"] or 0)
        most = found["just"] or found["most"] or found["high"]
        if most is not None and int(most) < least:
            raise self.refused(f"is {shown(self.raw)}, and ends before it begins")
        return Count(least, None if most is None else int(most))

    def size(self) -> int:
        """Bytes: a whole number, or a text with a unit as in `"1.5 GB"`; rounded down."""
        if _is_whole(self.raw):
            return self.whole()
        found = SIZE.fullmatch(self.raw) if isinstance(self.raw, str) else None
        if found is None:
            raise self._not('a size, as in 4096, "20 MB" or "1.5 GiB"')
        unit = found["unit"]
        if unit not in UNITS:
            raise self.refused(f"has the unknown unit {shown(unit)}{meant(unit, UNITS)}")
        # Exact, where a float would lose bytes.
        digits, _, decimals = found["number"].partition(".")
        return int(digits + decimals) * UNITS[unit] // int(10 ** len(decimals))

    def choice(self, *words: str) -> str:
        """One of these words."""
        if not isinstance(self.raw, str):
            raise self._not(listed(words))
        if self.raw not in words:
            raise self.refused(f"is {shown(self.raw)}{meant(self.raw, words)}")
        return self.raw

    def table(self, *keys: str) -> dict[str, Value]:
        """The values by key, in the order of the file; without `keys` any key may be there."""
        if not isinstance(self.raw, dict):
            raise self._not("a table")
        found = {key: self._within(key, raw) for key, raw in self.raw.items()}
        for key, value in found.items():
            if keys and key not in keys:
                raise value.refused(f"is unknown{meant(key, keys)}")
        return found

    def items(self) -> tuple[Value, ...]:
        """What stands in a list, in order."""
        if not isinstance(self.raw, list):
            raise self._not("a list")
        keys = [f"{self.key}[{number}]" for number in range(len(self.raw))]
        return tuple(self._at(key, raw) for key, raw in zip(keys, self.raw, strict=True))

    def _within(self, key: str, raw: Any) -> Value:
        return self._at(dotted(self.key, key), raw)

    def _at(self, key: str, raw: Any) -> Value:
        return Value(raw, key, self.file, self.lines.get(key, self.line), self.lines)

    def _not(self, wanted: str) -> ContractError:
        return self.refused(f"must be {wanted}, and is {_what(self.raw)}")


def dotted(key: str, *parts: str) -> str:
    """The key of what stands within `key`, as TOML writes it: `shapes."fc1.weight"`."""
    written = [each if BARE.fullmatch(each) else quoted(each) for each in parts]
    return ".".join([key, *written] if key else written)


def meant(word: str, known: Collection[str]) -> str:
    """How a sentence on an unknown word ends: with what was meant, or with all that there is."""
    names = {each.lower(): each for each in known}
    asked = word[:LONGEST].lower()
    near = [asked] if asked in names else get_close_matches(asked, names, n=1)
    if near:
        return f"; did you mean {names[near[0]]}?"
    if not known or len(known) > MOST_LISTED:
        return ""
    return f"; there {'is' if len(known) == 1 else 'are'} {listed(known, 'and')}"


def listed(words: Collection[str], last: str = "or") -> str:
    """`a`, `a or b`, `a, b or c`."""
    *first, final = words
    return f"{', '.join(first)} {last} {final}" if first else final


def shown(text: str) -> str:
    """A text in quotes, shortened where it is long, control characters escaped."""
    return quoted(text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…")


def quoted(text: str) -> str:
    """A text as a basic string of TOML, which is a JSON string but for one character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _is_whole(raw: Any) -> bool:
    # Python takes True for the number 1.
    return isinstance(raw, int) and not isinstance(raw, bool)


def _what(raw: Any) -> str:
    if isinstance(raw, str):
        return shown(raw)
    if isinstance(raw, bool):
        return str(raw).lower()
    if isinstance(raw, float):
        return f"{raw:.6g}"
    if isinstance(raw, int):
        # Python writes no number of thousands of digits.
        return str(raw) if abs(raw) < 1 << 64 else "a very large number"
    if isinstance(raw, dict | list):
        return "a table" if isinstance(raw, dict) else "a list"
    return "a date or a time"
