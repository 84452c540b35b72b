"""The page: everything that it shows, put into one HTML file that asks nobody for anything."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from importlib.resources import files

import jinja2

from graphview.draw.drawing import NOT_XML
from graphview.draw.engines import Layout
from graphview.draw.palette import DARK, KINDS, LIGHT, css_rules, css_variables
from graphview.explain import glossary, kind_words
from graphview.model.recording import Recording
from graphview.report import plane, training
from graphview.report.arrival import arrival
from graphview.report.backward import walk
from graphview.report.batches import batch_figure
from graphview.report.cards import Card, cards
from graphview.report.code import code_blocks
from graphview.report.evidence import evidence
from graphview.report.identity import identities, kindred
from graphview.report.lesson import drawings, graphs, labels, parts
from graphview.report.loops import side_by_side
from graphview.report.pictures import pictures
from graphview.report.prose import paragraphs
from graphview.report.verdict import badges
from graphview.report.way import loop_plane

LONGEST_TEXT = 4000
# One file for each section that needs its own, after the page's.
STYLES = ("report.css", "lesson.css", "training.css", "backward.css")
SCRIPTS = ("report.js", "backward.js")
__all__ = ["drawings", "graphs", "page"]

POLICY = (
    "default-src 'none'; script-src '{script}'; style-src '{style}'; "
    "img-src data:; base-uri 'none'; form-action 'none'"
)


def page(recording: Recording, layouts: Mapping[str, Layout]) -> str:
    """Write the report of a recording; `layouts` are those of its `drawings`, by name."""
    style, script = _style(), _assets(SCRIPTS)
    keys = identities(recording.graphs)
    of_steps = {n: graph for n, graph in graphs(recording).items() if n not in recording.graphs}
    keys |= kindred(of_steps, keys, recording.graphs)
    shown = pictures(recording, layouts, keys)
    run, numbers = recording.run, evidence(recording, keys)
    explained = cards(recording.graphs, keys, run, numbers, of_steps)
    return _environment().get_template("report.html.j2").render(
        recording=recording,
        policy=POLICY.format(script=_hash(script), style=_hash(style)),
        style=style,
        script=script,
        badges=badges(recording),
        pictures=shown,
        walk=walk(recording, layouts, keys),
        cards=explained,
        places=labels(recording),
        steps_by_file={step.code.file: step.key for step in recording.steps},
        blocks=code_blocks(recording.code, explained),
        parts=parts(recording, layouts, keys),
        glossary={term: paragraphs([text]) for term, text in glossary().items()},
        kinds={kind: kind_words(kind) for kind in KINDS},
        counts=_counts(recording, explained),
        figures=training.figures(run) if run else [],
        facts=training.facts(run) if run else [],
        answers=training.answers(run) if run else None,
        loops=side_by_side(recording),
        plane=loop_plane(recording),
        batches=batch_figure(recording),
        arrival=arrival(recording),
        plane_size=plane,
    )  # fmt: skip


def _counts(recording: Recording, explained: list[Card]) -> dict[str, int]:
    """How many different nodes of each kind the graphs at the top have."""
    shown = [card for card in explained if not recording.graphs.keys().isdisjoint(card.graphs)]
    return {kind: sum(card.kind == kind for card in shown) for kind in KINDS}


def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("graphview.templates", package_path=""),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_clean,
        trim_blocks=True,
        lstrip_blocks=True,
    )


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
