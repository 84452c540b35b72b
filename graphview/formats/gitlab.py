"""GitLab's code quality report: an issue for each cause, beside its line of a merge request."""

from __future__ import annotations

import json
from typing import Any

from graphview.formats.fingerprint import fingerprints
from graphview.formats.place import some_place
from graphview.formats.style import Style
from graphview.formats.told import sentences
from graphview.formats.words import encodable
from graphview.model.finding import Checked, Finding

LEVELS = {"error": "major", "warning": "minor", "note": "info"}


def write(checked: Checked, style: Style) -> str:
    """A JSON array, empty where all clauses hold."""
    prints = fingerprints(checked.findings)
    issues = [_issue(*each, style) for each in zip(checked.findings, prints, strict=True)]
    return json.dumps(issues, ensure_ascii=False, indent=2) + "\n"


def _issue(finding: Finding, fingerprint: str, style: Style) -> dict[str, Any]:
    place = some_place(finding, style.folder)
    return {
        "description": "; ".join(sentences(finding)),
        "check_name": encodable(f"{finding.code} {finding.name}"),
        "fingerprint": fingerprint,
        "severity": LEVELS[finding.severity],
        "location": {"path": encodable(place.file), "lines": {"begin": place.line}},
    }
