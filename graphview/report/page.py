"""The page: everything that it shows, put into one HTML file that asks nobody for anything."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files

import jinja2

from graphview.draw.drawing import NOT_XML
from graphview.draw.engines import Layout
from graphview.draw.palette import DARK, KINDS, LIGHT, css_rules, css_variables
from graphview.explain import glossary, kind_words
from graphview.model.graph import Graph
from graphview.model.recording import Recording
from graphview.report import measured, outcome, plane, training, verdict
from graphview.report.arrival import arrival
from graphview.report.backward import walk
from graphview.report.badge import Badge
from graphview.report.batches import batch_figure
from graphview.report.breaks import breakable
from graphview.report.cards import Card, cards
from graphview.report.code import code_blocks
from graphview.report.contents import contents
from graphview.report.evidence import evidence
from graphview.report.fit import fit
from graphview.report.identity import Keys, identities, kindred
from graphview.report.journal import kept
from graphview.report.lesson import drawings, graphs, labels, parts
from graphview.report.loops import side_by_side
from graphview.report.missing import Finding, findings
from graphview.report.pictures import pictures
from graphview.report.program import program
from graphview.report.prose import paragraphs
from graphview.report.selection import drawn, has_cards, whole
from graphview.report.way import loop_plane

LONGEST_TEXT = 4000
# One file for each section that needs its own, after the page's.
STYLES = ("report.css", "lesson.css", "training.css", "backward.css", "program.css")
SCRIPTS = ("report.js", "zoom.js", "backward.js")
__all__ = ["drawings", "graphs", "page"]

POLICY = (
    "default-src 'none'; script-src '{script}'; style-src '{style}'; "
    "img-src data:; base-uri 'none'; form-action 'none'"
)


@dataclass(frozen=True, slots=True)
class _Nodes:
    """What the graphs' nodes are called on the page, and their cards; none where there are many."""

    keys: Mapping[str, Keys]
    cards: list[Card]
    linked: bool


def page(recording: Recording, layouts: Mapping[str, Layout]) -> str:
    """Write the report of a recording; `layouts` are those of its `drawings`, by name."""
    style, script = _style(), _assets(SCRIPTS)
    nodes, when, run = _nodes(recording), kept(recording.journal), recording.run
    lost = findings(recording.missing)
    unlinked = () if nodes.linked else recording.graphs.values()
    shown = pictures(recording, layouts, nodes.keys, linked=nodes.linked, when=when)
    folds = [fold for picture in shown for fold in picture.folds]
    return _environment().get_template("report.html.j2").render(
        recording=recording,
        policy=POLICY.format(script=_hash(script), style=_hash(style)),
        style=style,
        script=script,
        badges=_badges(recording, lost),
        findings=lost,
        pictures=shown,
        folds=folds,
        contents=contents(recording, when),
        measured=measured.told(recording),
        program=program(recording, lost),
        is_lesson=not outcome.is_program(recording),
        walk=walk(recording, layouts, nodes.keys),
        cards=nodes.cards,
        places=labels(recording),
        steps_by_file={step.code.file: step.key for step in recording.steps},
        blocks=code_blocks(recording.code, nodes.cards, unlinked, folds),
        parts=parts(recording, layouts, nodes.keys),
        glossary={term: paragraphs([text]) for term, text in glossary().items()},
        kinds={kind: kind_words(kind) for kind in KINDS},
        legend=[kind for kind in KINDS if any(kind in picture.kinds for picture in shown)],
        counts=_counts(recording, nodes),
        figures=training.figures(run) if run else [],
        facts=training.facts(run) if run else [],
        answers=training.answers(run) if run else None,
        loops=side_by_side(recording),
        plane=loop_plane(recording),
        batches=batch_figure(recording),
        arrival=arrival(recording),
        fit=fit(recording),
        plane_size=plane,
    )  # fmt: skip


def _badges(recording: Recording, lost: list[Finding]) -> list[Badge]:
    program = outcome.is_program(recording)
    return outcome.badges(recording, lost) if program else verdict.badges(recording)


def _nodes(recording: Recording) -> _Nodes:
    if not has_cards(recording):
        alike = {name: recording.graphs[name] for name in whole(recording)}
        return _Nodes(identities(alike), [], linked=False)
    keys = identities(recording.graphs)
    of_steps = {n: graph for n, graph in graphs(recording).items() if n not in recording.graphs}
    keys |= kindred(of_steps, keys, recording.graphs)
    found = cards(recording.graphs, keys, recording.run, evidence(recording, keys), of_steps)
    measured.add(found, recording, keys)
    return _Nodes(keys, found, linked=True)


def _counts(recording: Recording, nodes: _Nodes) -> dict[str, int]:
    """How many different nodes of each kind the graphs at the top have, or their pictures."""
    if not nodes.linked:
        return _sums([recording.graphs[name] for name in drawn(recording)])
    shown = [card for card in nodes.cards if not recording.graphs.keys().isdisjoint(card.graphs)]
    return {kind: sum(card.kind == kind for card in shown) for kind in KINDS}


def _sums(pictured: Iterable[Graph]) -> dict[str, int]:
    found = dict.fromkeys(KINDS, 0)
    for graph in pictured:
        found["leaf"] += len(graph.leaves)
        found["root"] += len(graph.roots)
        for node in graph.nodes:
            found[node.kind] += 1
    return found


def _environment() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("graphview.templates", package_path=""),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_clean,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["breakable"] = lambda code: breakable(str(_clean(code)))
    return made


def _clean(value: object) -> object:
    """Text without what a page cannot carry or nobody would read; markup is ours and passes."""
    if type(value) is not str:
        return value
    text = value if len(value) <= LONGEST_TEXT else f"{value[:LONGEST_TEXT]}…"
    return NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)


def _style() -> str:
    """The page's one style sheet, the drawings' colours included."""
    light, dark = css_variables(LIGHT), css_variables(DARK)
    themes = f":root{{{light}}}@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}"
    return f"{themes}{css_rules('.gv-picture')}\n{_assets(STYLES)}"


def _assets(names: Iterable[str]) -> str:
    folder = files("graphview.templates")
    return "\n".join(folder.joinpath(name).read_text(encoding="utf-8") for name in names)


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
