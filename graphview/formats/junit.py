"""JUnit's XML, as Jenkins reads it: a test case for each clause."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from graphview.formats.style import Style
from graphview.formats.tally import clauses_of
from graphview.formats.text import block
from graphview.formats.words import harmless
from graphview.model.finding import Checked, Clause, Finding

Broken = tuple[Finding, Finding | None]
"""A finding, and the one that it comes with."""


def write(checked: Checked, style: Style) -> str:
    """A suite for each target; an error is a failure, anything less goes into `system-out`."""
    suites = ET.Element("testsuites", name="graphview")
    broken = _by_clause(checked)
    for target, clauses in _by_target(checked).items():
        suite = ET.SubElement(suites, "testsuite", name=harmless(target))
        for clause in clauses:
            suite.append(_case(clause, broken.get(clause, []), style))
        _count(suite)
    ET.indent(suites)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(suites, "unicode")}\n'


def _count(suite: ET.Element) -> None:
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(len(suite.findall("testcase/failure"))))
    suite.set("errors", "0")


def _by_clause(checked: Checked) -> dict[Clause, list[Broken]]:
    found: dict[Clause, list[Broken]] = {}
    for cause in checked.findings:
        for each in cause.each():
            found.setdefault(each.clause, []).append((each, None if each is cause else cause))
    return found


def _by_target(checked: Checked) -> dict[str, list[Clause]]:
    targets: dict[str, list[Clause]] = {}
    for clause in clauses_of(checked):
        targets.setdefault(clause.target, []).append(clause)
    return targets


def _case(clause: Clause, broken: list[Broken], style: Style) -> ET.Element:
    place = f"{clause.target}.{clause.graph}" if clause.graph else clause.target
    case = ET.Element("testcase", classname=harmless(place), name=harmless(clause.key))
    errors = [each for each in broken if each[0].severity == "error"]
    others = [each for each in broken if each[0].severity != "error"]
    if errors:
        case.append(_failure(errors, style))
    if others:
        ET.SubElement(case, "system-out").text = _blocks(others, style)
    return case


def _failure(errors: list[Broken], style: Style) -> ET.Element:
    first = errors[0][0]
    more = f" (and {len(errors) - 1:,} more)" if len(errors) > 1 else ""
    failure = ET.Element(
        "failure",
        type=harmless(f"{first.code} {first.name}"),
        message=harmless(first.message) + more,
    )
    failure.text = _blocks(errors, style)
    return failure


def _blocks(broken: list[Broken], style: Style) -> str:
    """The text of each, which is free of what XML cannot hold."""
    return "\n\n".join(block(finding, style, cause) for finding, cause in broken)
