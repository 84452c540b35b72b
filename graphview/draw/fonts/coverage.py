"""Which characters our font has, as its own table says."""

from __future__ import annotations

import struct
from functools import cache

from graphview.draw.fonts import REGULAR

# Of the tables of a font the one from characters to glyphs; of its own the one for all of Unicode.
TABLE, GROUPS = b"cmap", 12
HEADER, ENTRY = struct.Struct(">4xH6x"), struct.Struct(">4s4xII")
SUBTABLE, GROUP = struct.Struct(">4xI"), struct.Struct(">III")


def lacking(text: str) -> str:
    """The characters of a text that the font lacks, each once, in their order."""
    if text.isascii():
        return ""
    there = _there()
    return "".join(c for c in dict.fromkeys(text) if c.isprintable() and ord(c) not in there)


@cache
def _there() -> frozenset[int]:
    font = REGULAR.read_bytes()
    start, length = _place(font)
    table = memoryview(font)[start : start + length]
    (count,) = struct.unpack_from(">2xH", table)
    for number in range(count):
        (at,) = SUBTABLE.unpack_from(table, 4 + number * SUBTABLE.size)
        if struct.unpack_from(">H", table, at) == (GROUPS,):
            (groups,) = struct.unpack_from(">12xI", table, at)
            body = table[at + 16 : at + 16 + groups * GROUP.size]
            ranges = (range(first, last + 1) for first, last, _ in GROUP.iter_unpack(body))
            return frozenset(code for each in ranges for code in each)
    raise ValueError(f"{REGULAR.name} has no table of its characters")


def _place(font: bytes) -> tuple[int, int]:
    (count,) = HEADER.unpack_from(font)
    for number in range(count):
        name, start, length = ENTRY.unpack_from(font, HEADER.size + number * ENTRY.size)
        if name == TABLE:
            return start, length
    raise ValueError(f"{REGULAR.name} has no table {TABLE.decode()}")
