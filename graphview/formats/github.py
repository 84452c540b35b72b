"""Annotations of GitHub Actions: the worst, since a step shows about ten of each level."""

from __future__ import annotations

from graphview.formats.place import Place, place_of
from graphview.formats.style import Style
from graphview.formats.tally import SEVERITIES, by_severity, verdict
from graphview.formats.told import sentences
from graphview.formats.words import harmless
from graphview.model.finding import Checked, Finding

MOST = 9
COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}


def write(checked: Checked, style: Style) -> str:
    """A command for each of the worst, one for the rest, and a line that counts for the log."""
    worst = sorted(checked.findings, key=lambda found: SEVERITIES.index(found.severity))
    lines = [_annotation(finding, style) for finding in worst[:MOST]]
    left = tuple(worst[MOST:])
    if left:
        lines.append(f"::notice title=graphview::and {len(left):,} more: {by_severity(left)}")
    return "".join(f"{line}\n" for line in (*lines, verdict(checked)))


def _annotation(finding: Finding, style: Style) -> str:
    properties = _position(place_of(finding, style.folder))
    properties["title"] = f"{finding.code} {finding.name}"
    shown = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{COMMANDS[finding.severity]} {shown}::{_data(chr(10).join(sentences(finding)))}"


def _position(place: Place | None) -> dict[str, str]:
    """GitHub takes columns only for a span on one line."""
    if place is None:
        return {}
    position = {"file": place.file, "line": str(place.line)}
    one_line = place.line == place.end_line
    if one_line and place.column:
        position["col"] = str(place.column)
    position["endLine"] = str(place.end_line)
    if one_line and place.end_column:
        position["endColumn"] = str(place.end_column)
    return position


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(harmless(text)).replace(":", "%3A").replace(",", "%2C")
