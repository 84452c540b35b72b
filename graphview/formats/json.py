"""All that was found, for programs: the model as it is, in an order that stays."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from graphview.formats.place import shown_file
from graphview.formats.style import Style
from graphview.formats.tally import clauses_of, kept
from graphview.formats.words import encodable
from graphview.model.finding import Checked, Clause, Finding, Waypoint
from graphview.model.graph import Source

SCHEMA = 1
"""Goes up when something is renamed, removed or means something else; not for what is added."""


def write(checked: Checked, style: Style) -> str:
    """One object; lines count from 1 and columns from 0, as in a recording."""
    found = {
        "schema": SCHEMA,
        "summary": _summary(checked),
        "findings": [_finding(each, style) for each in checked.findings],
        "clauses": _clauses(checked, style),
    }
    return encodable(json.dumps(found, ensure_ascii=False, indent=2)) + "\n"


def _summary(checked: Checked) -> dict[str, int]:
    return {
        "causes": len(checked.findings),
        "errors": checked.count("error"),
        "warnings": checked.count("warning"),
        "notes": checked.count("note"),
        "clauses": len(clauses_of(checked)),
        "broken": len(checked.broken),
        "passed": len(kept(checked)),
    }


def _finding(finding: Finding, style: Style) -> dict[str, Any]:
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity,
        "clause": _clause(finding.clause, style),
        "message": finding.message,
        "expected": finding.expected,
        "actual": finding.actual,
        "source": _source(finding.source, style),
        "module": finding.module,
        "path": [_waypoint(each, style) for each in finding.path],
        "hint": finding.hint,
        "also": [_finding(each, style) for each in finding.also],
    }


def _clauses(checked: Checked, style: Style) -> list[dict[str, Any]]:
    broken = checked.broken
    return [
        {**_clause(clause, style), "broken": clause in broken} for clause in clauses_of(checked)
    ]


def _clause(clause: Clause, style: Style) -> dict[str, Any]:
    file = None if clause.file is None else shown_file(clause.file, style.folder)
    return {**asdict(clause), "file": file}


def _source(source: Source | None, style: Style) -> dict[str, Any] | None:
    if source is None:
        return None
    return {**asdict(source), "file": shown_file(source.file, style.folder)}


def _waypoint(point: Waypoint, style: Style) -> dict[str, Any]:
    return {
        "name": point.name,
        "kind": point.kind,
        "source": _source(point.source, style),
        "module": point.module,
    }
