"""What was looked up, as plain text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from graphview.catalogue.derivatives import operators
from graphview.explain.lookup import Explained
from graphview.explain.words import KindWords, topics
from graphview.model.graph import Operator

ARROW, INDENT = "   ⇒   ", "    "


def listed() -> dict[str, list[str]]:
    """What has words, by topic."""
    kinds = {"Kinds of node": ["leaf", "operation", "root", "AccumulateGrad", "saved"]}
    return kinds | {topic: list(words) for topic, words in topics().items()}


def contents(width: int) -> str:
    """The same for people."""
    lines = []
    for topic, keys in listed().items():
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
        yield from ("", *_mathematics(words.mathematics or "", width))
        yield from ("", *_wrapped(f"Backward: {words.backward}", width))
    if found.operators:
        yield from ("", "In the installed torch:")
    elif not isinstance(words, KindWords) and not operators():
        yield from ("", "Its schema and formulas stand here where torch is installed.")
    for operator in found.operators:
        yield from _overload(operator, width)


def _mathematics(text: str, width: int) -> list[str]:
    """On one line, or the result and each derivative on lines of their own."""
    if len(INDENT + text) <= width:
        return [INDENT + text]
    result, _, derivatives = text.partition(ARROW)
    lines = _wrapped(result, width, INDENT)
    for number, derivative in enumerate(derivatives.split(",  ")):
        mark = "⇒   " if number == 0 else "    "
        lines += _wrapped(mark + derivative.strip(), width, INDENT)
    return lines


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
