"""The page's HTML, parsed."""

from __future__ import annotations

import base64
import hashlib
import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser

import pytest
from recordings import HOSTILE, diverged, hostile, lesson, on_gpu, page_of, with_run

from graphview.draw.drawing import NOT_XML
from graphview.model.graph import Graph
from graphview.model.recording import Recording
from graphview.model.run import TrainingRun
from graphview.report import numbers, training
from graphview.report.cards import Card, cards
from graphview.report.identity import identities
from graphview.report.kin import kin_of
from graphview.report.lesson import graphs

VOID = {"meta", "link", "br", "img", "input", "hr", "wbr"}
PAGES = {
    "good": lesson,
    "one epoch": lambda: lesson(epochs=1),
    "diverged": diverged,
    "hostile": hostile,
    "on a GPU": on_gpu,
    "no run": lambda: with_run(lesson(), None),
    "no graph": lambda: replace(lesson(), graphs={}, drawings={}),
}
ANY_PAGE = pytest.mark.parametrize("which", PAGES)


@cache
def _page(which: str) -> str:
    return page_of(PAGES[which]())


def _run(recording: Recording) -> TrainingRun:
    assert recording.run is not None
    return recording.run


def _cards(recording: Recording) -> list[Card]:
    return cards(recording.graphs, identities(recording.graphs), recording.run)


class Parsed(HTMLParser):
    """Every element with its attributes, and every text with the element that it stands in."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.faults: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        self.faults += [f"{tag} has {name} twice" for name, n in Counter(names).items() if n > 1]
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1] != tag:
            self.faults.append(f"</{tag}> closes {self.open[-1:]}")
        else:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        self.texts.append((self.open[-1] if self.open else "", data))

    def handle_comment(self, data: str) -> None:
        self.faults.append(f"a comment: {data[:40]}")

    def values(self, name: str) -> Iterator[str]:
        for _, attributes in self.elements:
            if name in attributes:
                yield attributes[name]

    def text_of(self, tag: str) -> list[str]:
        return [text for inside, text in self.texts if inside == tag]


@cache
def _parsed(which: str) -> Parsed:
    return Parsed(_page(which))


@ANY_PAGE
def test_the_html_is_well_formed(which: str) -> None:
    assert _parsed(which).faults == []
    assert _parsed(which).open == []


@ANY_PAGE
def test_every_id_is_there_once_and_every_reference_leads_to_one(which: str) -> None:
    parsed = _parsed(which)
    ids = Counter(parsed.values("id"))
    assert [name for name, count in ids.items() if count > 1] == []
    wanted = [href[1:] for href in parsed.values("href") if href.startswith("#")]
    for name in ("aria-labelledby", "aria-describedby", "aria-controls", "for"):
        wanted += [word for value in parsed.values(name) for word in value.split()]
    assert [name for name in wanted if name not in ids] == []


@ANY_PAGE
def test_the_page_asks_nobody_for_anything(which: str) -> None:
    parsed = _parsed(which)
    assert {href for href in parsed.values("href") if not href.startswith("#")} <= {"data:,"}
    for name in ("src", "srcset", "action", "formaction", "poster", "xlink:href", "background"):
        assert list(parsed.values(name)) == []
    forbidden = {"img", "iframe", "object", "embed", "base", "form", "image", "foreignobject"}
    assert not forbidden & {tag for tag, _ in parsed.elements}
    (style,) = parsed.text_of("style")
    assert not re.search(r"url\(|@import|expression\(", style)


@ANY_PAGE
def test_no_markup_carries_style_or_script(which: str) -> None:
    for tag, attributes in _parsed(which).elements:
        assert "style" not in attributes, tag
        assert not [name for name in attributes if name.startswith("on")], tag
        assert not [value for value in attributes.values() if "javascript:" in value], tag


@ANY_PAGE
def test_the_policy_allows_what_is_there_and_nothing_else(which: str) -> None:
    parsed = _parsed(which)
    (policy,) = (
        attributes["content"]
        for _, attributes in parsed.elements
        if attributes.get("http-equiv") == "Content-Security-Policy"
    )
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    for name in ("style", "script"):
        (content,) = parsed.text_of(name)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert rules.pop(f"{name}-src") == f"'sha256-{digest}'"
    assert rules == {
        "default-src": "'none'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }


@ANY_PAGE
def test_every_thing_has_its_card_and_every_box_leads_to_one(which: str) -> None:
    recording, parsed = PAGES[which](), _parsed(which)
    keys = identities(recording.graphs)
    own = {f"card-{key}" for found in keys.values() for key in found.values()}
    found = [id_ for id_ in parsed.values("id") if id_.startswith("card-")]
    assert len(found) == len(set(found))
    assert own <= set(found)
    links = Counter(href for href in parsed.values("href") if href.startswith("#card-"))
    assert {link.removeprefix("#") for link in links} == set(found)
    boxes = sum(map(len, keys.values())) + sum(len(kin_of(graph)) for graph in _of_steps(recording))
    assert links.total() >= boxes


def _of_steps(recording: Recording) -> list[Graph]:
    return [graph for name, graph in graphs(recording).items() if name not in recording.graphs]


def test_there_are_three_graphs_and_ten_charts() -> None:
    classes = Counter(_parsed("good").values("class"))
    assert classes["picture"] == 3
    assert classes["chart"] == 1 + 3 + 4 + 1 + 1
    assert classes["gv-picture"] == 3 + len(_of_steps(lesson())) + 1
    names = [label for label in _parsed("good").values("aria-label") if label[:5] == "Graph"]
    assert names == ["Graph of yhat", "Graph of error", "Graph of loss"]


def test_a_graph_marks_what_a_graph_before_had() -> None:
    seen = Counter(
        attributes["id"].partition("-")[0]
        for _, attributes in _parsed("good").elements
        if attributes.get("class", "").endswith("gv-seen") and "id" in attributes
    )
    assert {name: count for name, count in seen.items() if name[0] == "g"} == {"g1": 6, "g2": 7}


def test_a_diverged_run_shows_what_is_finite() -> None:
    text = " ".join(text for _, text in _parsed("diverged").texts)
    assert "the training diverged" in text
    assert "NaN" in text
    assert not re.search(r"\bnan\b|\binf\b", text + " ".join(_parsed("diverged").values("d")))


def test_a_run_of_nothing_finite_draws_nothing() -> None:
    nothing = tuple([math.nan] * 68)
    run = replace(
        _run(diverged()),
        loss=nothing,
        validation_loss=nothing,
        parameters=dict.fromkeys("ab", (*nothing, math.nan)),
        gradients=dict.fromkeys("ab", nothing),
    )
    html = page_of(with_run(diverged(), run))
    assert html.count("There is no finite number to draw.") == 3


def test_without_a_run_there_is_no_training() -> None:
    assert "training" not in _parsed("no run").values("id")
    assert "training" in _parsed("good").values("id")


def test_hostile_text_is_shown_as_text() -> None:
    parsed = _parsed("hostile")
    shown = " ".join(text for _, text in parsed.texts)
    for text in HOSTILE[:-2]:
        assert NOT_XML.sub("\ufffd", text).split()[-1] in shown
    assert "49" not in parsed.text_of("h1")[0]
    assert [text for text in shown if NOT_XML.search(text)] == []
    assert {tag for tag, _ in parsed.elements} <= {tag for tag, _ in _parsed("good").elements} | {
        "b"
    }
    assert _page("hostile").encode()


def test_the_same_recording_gives_the_same_page() -> None:
    assert page_of(lesson()) == _page("good")


def test_a_gradient_is_the_same_wherever_it_stands() -> None:
    run, found = _run(lesson()), _cards(lesson())
    first = training.figures(run)[2].table.rows[0]
    for place, name in enumerate("ab", 1):
        card = next(card for card in found if (card.kind, card.name) == ("leaf", name))
        gradient = dict(card.facts)["its .grad after backward in epoch 0"]
        assert gradient == numbers.number(run.gradients[name][0])
        assert first[place] == gradient.removeprefix("−")


@ANY_PAGE
def test_every_link_leads_to_something_on_the_page(which: str) -> None:
    parsed = _parsed(which)
    targets = {href.removeprefix("#") for href in parsed.values("href") if href.startswith("#")}
    assert targets <= set(parsed.values("id"))


def test_a_cards_source_line_leads_to_its_step() -> None:
    places = [
        a["href"] for _, a in _parsed("good").elements if a.get("class") == "place" and "href" in a
    ]
    assert {"#step-forward", "#step-rebinding", "#step-mse_loss", "#step-copied"} == set(places)
