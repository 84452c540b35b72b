"""Patterns that can match nothing: what they forbid or freeze may be there under another name."""

from __future__ import annotations

from collections.abc import Iterator

from graphview.check.evidence import known_leaves
from graphview.check.patterns import Patterns, is_glob, near
from graphview.check.rule import Case, Code, Found
from graphview.check.words import several, ticked

# The rules that find it, besides codes of their own.
KEYS = ("leaves", "frozen", "operations")
UNUSED = Code(
    "GV121",
    "pattern-unused",
    "A pattern of the contract matches nothing that the recording knows.",
    "What it forbids may be there under another name, and the contract would hold all the same.",
    "Correct the name, or take it out of the contract.",
    "warning",
)


def unused(patterns: Patterns, case: Case, key: str) -> Iterator[Found]:
    """The patterns that match no leaf of any graph, and no parameter without a gradient."""
    if not patterns:
        return
    known = known_leaves(case)
    matched = {text for name in known for text in patterns.matching(name)}
    for text in patterns:
        if text not in matched:
            yield unused_one(text, key, "leaf or parameter", [] if is_glob(text) else list(known))


def unused_one(text: str, key: str, what: str, known: list[str]) -> Found:
    """The finding of one pattern; `known` are the names of which one may be meant."""
    meant = [ticked(name) for name in near(text, known)]
    return Found(
        UNUSED,
        f"{ticked(text)} in {key} matches no {what} that is known",
        expected=f"{ticked(text)} is the name of something",
        actual=f"no {what} like it",
        hint=f"Suspect: {several(meant, last='or')} is meant." if meant else "",
        cause=("unused", text),
    )
