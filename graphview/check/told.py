"""What a code of a finding means: for `graphview explain GV102`, as text and for programs."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator

from graphview.check import baseline_codes, diagnoses
from graphview.check.roots import MISSING as ROOT_MISSING
from graphview.check.rule import Code
from graphview.check.rules import CODES, RULES
from graphview.check.unused import UNUSED
from graphview.check.value import meant
from graphview.errors import NameUnknown

LOOKS_LIKE_CODE = re.compile(r"gv\d*", re.IGNORECASE)
GRAPH, TARGET = "[targets.NAME.graphs.ROOT]", "[targets.NAME]"
BASELINE = "# Looked for by `graphview check --baseline DIR`."
TITLE = "Findings of `graphview check`"


def find(text: str) -> list[Code]:
    """The codes that are meant: one by itself or by its name, all that begin so (`GV1`); none for
    any other word.

    Errors: NameUnknown for what looks like a code or a code's name and is none.
    """
    asked = text.strip().lower()
    names = {code.name: code for code in CODES.values()}
    is_number = LOOKS_LIKE_CODE.fullmatch(asked) is not None
    if asked in names:
        return [names[asked]]
    found = [code for code in CODES.values() if is_number and code.code.startswith(asked.upper())]
    if not found and (is_number or "-" in asked):
        # A number that is near another means nothing.
        near = "" if is_number else meant(asked, names)
        ending = near or "; `graphview explain` lists the codes"
        stop = "" if ending.endswith("?") else "."
        raise NameUnknown(f"no finding is called {text.strip()!r}{ending}{stop}")
    return found


def as_dict(code: Code) -> dict[str, str]:
    """All that is said of a code, for programs."""
    return {
        "code": code.code,
        "name": code.name,
        "severity": code.severity,
        "summary": code.summary,
        "why": code.why,
        "remedy": code.remedy,
        "example": example(code),
    }


def told(code: Code, width: int) -> Iterator[str]:
    """The same for people, line by line."""
    yield f"{code.code} {code.name} ({code.severity})"
    yield from textwrap.wrap(code.summary, width)
    yield ""
    yield from _wrapped("Why", code.why, width)
    yield from _wrapped("What to do", code.remedy, width)
    yield ""
    yield "In graphview.toml:"
    yield from (f"    {line}" for line in example(code).splitlines())


def example(code: Code) -> str:
    """Lines of TOML that ask for it, and the one that turns it off."""
    table, line = _asked(code)
    asked = f"{table}\n{line}\n\n" if line else f"{table}\n\n"
    return f'{asked}[rules]\n{code.code} = "off"\n'


def contents(width: int) -> str:
    """The list of all codes."""
    return "\n".join([TITLE, *listed(CODES.values(), width)])


def listed(codes: Iterable[Code], width: int) -> Iterator[str]:
    """A line or two for each code."""
    for code in codes:
        line = f"{code.code} {code.name}: {code.summary}"
        yield from textwrap.wrap(line, width, initial_indent="  ", subsequent_indent="      ")


def _asked(code: Code) -> tuple[str, str]:
    """The table of the contract, and the line in it, that a finding of this code comes from."""
    for rule in RULES:
        if code in rule.CODES:
            return GRAPH, rule.EXAMPLE
    if code in diagnoses.CODES:
        return TARGET, diagnoses.EXAMPLE
    if code == UNUSED:
        return GRAPH, 'frozen = ["backbone.*"]'
    if code in baseline_codes.CODES:
        return BASELINE, ""
    return (GRAPH, "") if code == ROOT_MISSING else ("", "")


def _wrapped(label: str, text: str, width: int) -> list[str]:
    return textwrap.wrap(f"{label}: {text}", width, subsequent_indent="    ")
