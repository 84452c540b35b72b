"""A finding in a few sentences, without its picture: for what CI services show beside a line."""

from __future__ import annotations

from graphview.formats.tally import graph_of
from graphview.formats.text import also_of
from graphview.formats.words import harmless
from graphview.model.finding import Finding


def sentences(finding: Finding) -> list[str]:
    """What is wrong, expected and actual, the hint and what comes with it, a line for each."""
    fields = [
        ("expected: ", finding.expected),
        ("actual: ", finding.actual),
        ("hint: ", finding.hint),
        ("also: ", also_of(finding)),
    ]
    first = f"{finding.message} [{graph_of(finding.clause)}]"
    lines = [first, *(label + text for label, text in fields if text)]
    return [harmless(" ".join(line.split())) for line in lines]
