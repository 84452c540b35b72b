"""What was looked up, as plain text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from graphview.catalogue.derivatives import operators
from graphview.explain.lookup import Explained
from graphview.explain.words import KindWords, topics
from graphview.model.graph import Operator


def listed() -> dict[str, list[str]]:
    """What has words, by topic."""
    return {topic: list(words) for topic, words in topics().items()}


def contents(width: int) -> str:
    """The same for people, with the kinds of node."""
    kinds = {"Kinds of node": ["leaf", "operation", "root", "AccumulateGrad", "saved"]}
    lines = []
    for topic, keys in (kinds | listed()).items():
        lines += [topic, *_wrapped(", ".join(keys), width, "  "), ""]
    return "\n".join(lines[:-1])


def told(found: Explained, width: int) -> Iterator[str]:
    """All that is known of what was looked up, line by line."""
    words = found.words
    yield found.name
    if words is None:
        yield from _wrapped("There are no words of ours on it, only torch's own formula.", width)
    elif isinstance(words, KindWords):
        yield from _wrapped(f"{words.what} {words.why}", width)
    else:
        yield from _wrapped(words.what, width)
        yield from ("", *_wrapped(words.mathematics or "", width, "    "))
        yield from ("", *_wrapped(f"Backward: {words.backward}", width))
    if found.operators:
        yield from ("", "In the installed torch:")
    elif not isinstance(words, KindWords) and not operators():
        yield from ("", "Its schema and formulas stand here where torch is installed.")
    for operator in found.operators:
        yield from _overload(operator, width)


def _overload(operator: Operator, width: int) -> Iterator[str]:
    yield from _wrapped(f"{operator.name}: {operator.schema}", width, "  ")
    for formula in operator.formulas:
        gradient = f"gradient of {', '.join(formula.arguments)} = {formula.text}"
        yield from _wrapped(gradient, width, "    ")


def _wrapped(text: str, width: int, indent: str = "") -> list[str]:
    # A formula keeps its spaces.
    return textwrap.wrap(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent + ("    " if indent else ""),
        break_on_hyphens=False,
        replace_whitespace=False,
    ) or [""]
