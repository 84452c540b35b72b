"""SARIF 2.1.0: what code scanning services read."""

from __future__ import annotations

import json
import re
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from graphview import __version__
from graphview.formats.fingerprint import fingerprints
from graphview.formats.place import Place, place_in, some_place
from graphview.formats.style import Style
from graphview.formats.tally import graph_of
from graphview.formats.told import sentences
from graphview.formats.words import encodable, harmless
from graphview.model.finding import Checked, Finding

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
ROOT = "%SRCROOT%"
FINGERPRINT = "graphviewFinding/v1"
Json = dict[str, Any]


def write(checked: Checked, style: Style) -> str:
    """One run; a result for each cause, and the rules that they break."""
    codes = sorted({finding.code for finding in checked.findings})
    prints = fingerprints(checked.findings)
    results = [
        _result(finding, codes.index(finding.code), fingerprint, style)
        for finding, fingerprint in zip(checked.findings, prints, strict=True)
    ]
    run = {"tool": _tool(checked, codes, style), "columnKind": "unicodeCodePoints"}
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [{**run, "results": results}]}
    return encodable(json.dumps(log, ensure_ascii=False, indent=2)) + "\n"


def _tool(checked: Checked, codes: list[str], style: Style) -> Json:
    names = {finding.code: finding.name for finding in checked.findings}
    rules = [_rule(code, names[code], style) for code in codes]
    return {"driver": {"name": "graphview", "version": __version__, "rules": rules}}


def _rule(code: str, name: str, style: Style) -> Json:
    """A rule with its help, as far as `style.rules` knows it."""
    if code not in style.rules:
        return {"id": code, "name": name}
    name, summary, why, remedy = style.rules[code]
    return {
        "id": code,
        "name": name,
        "shortDescription": _message(summary),
        "fullDescription": _message(f"{summary} {why}"),
        "help": _message(f"{why}\n\n{remedy}"),
    }


def _result(finding: Finding, index: int, fingerprint: str, style: Style) -> Json:
    result: Json = {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": finding.severity,
        "message": _message("\n".join(sentences(finding))),
        "locations": [_location(some_place(finding, style.folder), _logical(finding))],
        "partialFingerprints": {FINGERPRINT: fingerprint},
        "properties": _properties(finding),
    }
    flow = _flow(finding, style)
    if flow:
        result["codeFlows"] = [{"threadFlows": [{"locations": flow}]}]
    if finding.also:
        result["relatedLocations"] = _related(finding, style)
    return result


def _flow(finding: Finding, style: Style) -> list[Json]:
    """The way from the root down, of those boxes that have a line; `path` names all of them."""
    return [
        {
            "location": {
                **_location(place_in(point.source, style.folder)),
                "message": _message(harmless(point.name)),
            }
        }
        for point in finding.path
        if point.source is not None
    ]


def _related(finding: Finding, style: Style) -> list[Json]:
    return [
        {
            "id": number,
            **_location(some_place(each, style.folder), _logical(each)),
            "message": _message(f"{each.code} {sentences(each)[0]}"),
        }
        for number, each in enumerate(finding.each()[1:], start=1)
    ]


def _properties(finding: Finding) -> Json:
    clause = finding.clause
    properties: Json = {"target": clause.target, "graph": clause.graph, "key": clause.key}
    if finding.path:
        properties["path"] = [point.name for point in finding.path]
    return properties


def _logical(finding: Finding) -> list[Json]:
    """The graph, and the module in it."""
    places = [{"fullyQualifiedName": graph_of(finding.clause), "kind": "object"}]
    if finding.module:
        places.append({"fullyQualifiedName": finding.module, "kind": "module"})
    return places


def _location(place: Place, logical: list[Json] | None = None) -> Json:
    """Services refuse a whole file for one location without an artifact."""
    location: Json = {
        "physicalLocation": {"artifactLocation": _artifact(place.file), "region": _region(place)}
    }
    if logical:
        location["logicalLocations"] = logical
    return location


def _artifact(file: str) -> dict[str, str]:
    path = PurePath(encodable(file))
    if path.is_absolute():
        return {"uri": path.as_uri()}
    return {"uri": quote(encodable(file)), "uriBaseId": ROOT}


def _region(place: Place) -> dict[str, int]:
    region = {"startLine": place.line, "endLine": place.end_line}
    if place.column:
        region["startColumn"] = place.column
    if place.end_column:
        region["endColumn"] = place.end_column
    return region


def _message(text: str) -> dict[str, str]:
    """SARIF reads `[text](1)` as a link, which no name is meant for."""
    if "](" in text:
        text = re.sub(r"([\[\]\\])", r"\\\1", text)
    return {"text": text}
