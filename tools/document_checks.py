"""Writes the tables of docs/checks.md that come from the rules: of keys, and of codes."""

from __future__ import annotations

import re
from pathlib import Path

from graphview.check.rules import CODES, RULES
from graphview.files import write

DOCUMENT = Path(__file__).parent.parent / "docs" / "checks.md"


def keys() -> str:
    """Each key with a line of TOML, and what it finds."""
    rows = ["| key | a line of TOML | finds |", "|---|---|---|"]
    for rule in RULES:
        finds = ", ".join(f"{code.code} {code.name}" for code in rule.CODES)
        rows.append(f"| `{rule.KEY}` | `{rule.EXAMPLE}` | {finds} |")
    return "\n".join(rows)


def codes() -> str:
    """Each code with its name, how bad it is, and what it says."""
    rows = ["| code | name | level | what it says |", "|---|---|---|---|"]
    rows += [
        f"| {code.code} | {code.name} | {code.severity} | {code.summary} |"
        for code in CODES.values()
    ]
    return "\n".join(rows)


def filled(text: str) -> str:
    """The document with its tables as they are today."""
    for name, table in (("keys", keys()), ("codes", codes())):
        marks = rf"(?<=<!-- {name} -->\n).*?(?=<!-- end of {name} -->)"
        # A backslash in a table is not one of re's.
        written = f"{table}\n".replace("\\", r"\\")
        text, found = re.subn(marks, written, text, flags=re.DOTALL)
        if found != 1:
            raise SystemExit(f"{DOCUMENT.name} has {found} places for the table of {name}")
    return text


if __name__ == "__main__":
    write(DOCUMENT, filled(DOCUMENT.read_text(encoding="utf-8")).encode())
