"""Pieces of the sentences that findings are made of."""

from __future__ import annotations

from collections.abc import Collection

from graphview.check.value import Count
from graphview.model.graph import Leaf, Node, Source, TensorInfo, counted

MOST_LISTED = 8
LONGEST_NAME = 80
UNITS = (("GB", 10**9), ("MB", 10**6), ("kB", 10**3))


def ticked(name: str) -> str:
    """A name between backquotes, without its middle where it is too long to read."""
    if len(name) <= LONGEST_NAME:
        return f"`{name}`"
    half = (LONGEST_NAME - 1) // 2
    return f"`{name[:half]}…{name[-half:]}`"


def leaf_text(leaf: Leaf) -> str:
    return ticked(leaf.name) if leaf.name else "a leaf without a name"


def several(items: Collection[str], most: int = MOST_LISTED, last: str = "and") -> str:
    """`a`, `a and b`, `a, b and 3 more`; `nothing` for none."""
    if len(items) > most:
        return f"{', '.join(list(items)[:most])} and {len(items) - most:,} more"
    *first, final = items or ("nothing",)
    return f"{', '.join(first)} {last} {final}" if first else final


def times(number: int) -> str:
    return "once" if number == 1 else f"{number:,} times"


def count_text(count: Count) -> str:
    """`2`, `at least 1`, `at most 4`, `1 to 3`."""
    if count.most is None:
        return f"at least {count.least:,}"
    if count.most == count.least:
        return f"{count.least:,}"
    return f"at most {count.most:,}" if count.least == 0 else f"{count.least:,} to {count.most:,}"


def size_text(size: int) -> str:
    """Bytes as people say them, in units of 1000: `1.5 GB`, `320 bytes`."""
    for unit, number in UNITS:
        if size >= number:
            return f"{size / number:.3g} {unit}" if size < 1000 * number else f"{size:,} bytes"
    return counted(size, "byte")


def place_text(source: Source | None) -> str:
    """`model.py:31`, or nothing where no line is known."""
    return "" if source is None else f"{source.file}:{source.line}"


def places_text(sources: Collection[Source | None]) -> str:
    """Where something happens: each line once, with how often."""
    counts: dict[str, int] = {}
    for source in sources:
        place = place_text(source) or "without a known line"
        counts[place] = counts.get(place, 0) + 1
    return several([f"{place} ({n:,})" if n > 1 else place for place, n in counts.items()])


def at(source: Source | None) -> str:
    """` at model.py:31`, to go on a sentence."""
    return f" at {place_text(source)}" if source is not None else ""


def result_of(node: Node) -> TensorInfo | None:
    """The first result of the forward operation, where it is known."""
    return node.outputs[0] if node.outputs else None
