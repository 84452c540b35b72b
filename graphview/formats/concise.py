"""A line for each cause, in the form that editors and log searches know."""

from __future__ import annotations

from graphview.formats.place import place_of
from graphview.formats.style import Style
from graphview.formats.tally import graph_of
from graphview.formats.words import disarmed, harmless
from graphview.model.finding import Checked, Finding


def write(checked: Checked, style: Style) -> str:
    """`file:line:column: CODE message [target/graph]`; nothing where nothing is wrong."""
    return "".join(f"{_line(finding, style)}\n" for finding in checked.findings)


def _line(finding: Finding, style: Style) -> str:
    place = place_of(finding, style.folder)
    where = f"{place}:{place.column or 1}: " if place else ""
    level = "" if finding.severity == "error" else f"{finding.severity}: "
    said = f"{finding.code} {level}{finding.message} [{graph_of(finding.clause)}]"
    return disarmed(harmless(where + said))
