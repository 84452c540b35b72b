"""The whole of it in Markdown, for the summary of a CI step."""

from __future__ import annotations

import re

from graphview.formats.style import Style
from graphview.formats.tally import verdict
from graphview.formats.text import block
from graphview.model.finding import Checked, Finding

LARGEST = 900_000
"""Bytes; GitHub refuses a step's summary above one mebibyte."""


def write(checked: Checked, style: Style) -> str:
    """The last line of the text as a heading, then a block for each cause, as many as fit."""
    parts = [f"### graphview: {verdict(checked)}\n"]
    size = 0
    for number, finding in enumerate(checked.findings):
        part = _fenced(finding, style)
        size += len(part.encode())
        if size > LARGEST:
            parts.append(f"and {len(checked.findings) - number:,} more\n")
            break
        parts.append(part)
    return "\n".join(parts)


def _fenced(finding: Finding, style: Style) -> str:
    """The text as it is, in a fence that is longer than any in it."""
    text = block(finding, style)
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(longest + 1, 3)
    return f"{fence}text\n{text}\n{fence}\n"
