"""Graphs of any size on the page: what is drawn, what is put in tables, what has cards."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import cache

import pytest
from programs import (
    PROGRAMS,
    graph_of,
    healthy,
    journal,
    large,
    long_graph,
    measures_of,
    recording,
    several,
    site,
)
from recordings import lesson, page_of
from test_page import Parsed

from graphview.model.graph import shape_text
from graphview.model.recording import Recording
from graphview.report.contents import MOST_ROWS, contents
from graphview.report.page import drawings
from graphview.report.selection import (
    MOST_CARDS,
    MOST_PICTURES,
    MOST_PLAIN,
    drawn,
    has_cards,
    reasons,
    whole,
)

MOST_BYTES, MOST_SECONDS = 1_500_000, 10
ANY_PROGRAM = pytest.mark.parametrize("which", PROGRAMS)


@cache
def _page(which: str) -> Parsed:
    return Parsed(page_of(PROGRAMS[which]()))


def _of_layers(*layers: int) -> Recording:
    """Each layer makes five nodes."""
    graphs = {f"loss{n}": graph_of(count, name=f"loss{n}") for n, count in enumerate(layers)}
    return recording(graphs, journal(*(site(name, name, 4) for name in graphs)))


@ANY_PROGRAM
def test_a_programs_page_is_well_formed_and_every_reference_leads_to_something(which: str) -> None:
    page = _page(which)
    assert page.faults == []
    assert page.open == []
    ids = list(page.values("id"))
    assert len(ids) == len(set(ids))
    wanted = [href[1:] for href in page.values("href") if href.startswith("#")]
    wanted += [word for value in page.values("aria-labelledby") for word in value.split()]
    assert set(wanted) <= set(ids)


@ANY_PROGRAM
def test_a_programs_page_asks_nobody_for_anything(which: str) -> None:
    page = _page(which)
    assert {href for href in page.values("href") if not href.startswith("#")} <= {"data:,"}
    assert list(page.values("src")) == []
    for tag, attributes in page.elements:
        assert "style" not in attributes, tag
        assert not [name for name in attributes if name.startswith("on")], tag


@ANY_PROGRAM
def test_no_word_of_the_lesson_stands_in_a_programs_sections(which: str) -> None:
    shown = " ".join(text for tag, text in _page(which).texts if tag not in ("style", "script"))
    before_the_glossary = shown.partition("Stretching a smaller tensor")[0]
    assert "epoch" not in before_the_glossary
    assert "lesson" not in shown
    assert "linear regression" not in shown


def test_only_what_is_drawn_whole_needs_an_engine() -> None:
    assert drawings(large()) == {}
    assert list(drawings(several())) == whole(several())
    assert drawn(lesson()) == ["yhat", "error", "loss"]


def test_the_sizes_decide() -> None:
    small, folded = _of_layers(4), _of_layers(20)
    assert whole(small) == ["loss0"]
    assert "gv-frame" not in " ".join(Parsed(page_of(small)).values("class"))
    assert (whole(folded), drawn(folded), reasons(folded)) == ([], ["loss0"], {})
    assert "gv-frame" in " ".join(Parsed(page_of(folded)).values("class"))
    told = _of_layers(61)
    nodes = len(told.graphs["loss0"].nodes)
    assert nodes > MOST_PLAIN
    assert drawn(told) == ["loss0"]
    assert reasons(told) == {"loss0": f"The picture folds {nodes:,} nodes; this is what is in it."}


def test_a_page_has_so_many_pictures_and_the_rest_in_tables() -> None:
    many = _of_layers(*[2] * (MOST_PICTURES + 2))
    assert drawn(many) == list(many.graphs)[:MOST_PICTURES]
    assert [(one.name, one.why) for one in contents(many, {})] == [
        (name, f"The page has {MOST_PICTURES} pictures already; this is what is in it.")
        for name in list(many.graphs)[MOST_PICTURES:]
    ]


def test_boxes_of_a_folded_picture_lead_to_their_cards() -> None:
    page = Parsed(page_of(_of_layers(20)))
    cards = {id_ for id_ in page.values("id") if id_.startswith("card-")}
    links = {href[1:] for href in page.values("href") if href.startswith("#card-")}
    assert cards
    assert links <= cards
    svg = page_of(_of_layers(20)).partition('class="pictures"')[2].partition("</svg>")[0]
    assert "#card-" in svg


def test_a_graph_without_a_drawing_is_drawn_from_its_data() -> None:
    bare = replace(healthy(), drawings={})
    assert (whole(bare), drawn(bare), contents(bare, {})) == ([], ["loss"], [])
    assert 'data-node="root0"' in page_of(bare)


def test_all_nodes_have_cards_or_none_has() -> None:
    assert has_cards(several())
    most = _of_layers(30, 40)
    assert not has_cards(most)
    page = Parsed(page_of(most))
    assert not [id_ for id_ in page.values("id") if id_.startswith("card-")]
    assert not [href for href in page.values("href") if href.startswith("#card-")]
    said = " ".join(text for _, text in page.texts)
    assert "none has a card of its own on this page" in said
    assert sum(len(graph.nodes) for graph in most.graphs.values()) > MOST_CARDS


def test_the_code_is_marked_without_cards_too() -> None:
    graphs = _of_layers(30, 40).graphs
    code = healthy().code
    assert code
    page = Parsed(page_of(recording(graphs, None, code=code)))
    assert [a.get("class") for tag, a in page.elements if tag == "li" and "value" in a] == [
        None,
        "made",
    ]


def test_what_is_in_a_large_graph() -> None:
    (one,) = contents(large(), {})
    assert one.counts == "8,001 operations, 6 leaves, 125.0 KiB kept for backward."
    assert one.operations.rows == (
        ("tanh", "4,000", "125.0 KiB"),
        ("add", "4,000", "–"),
        ("sum", "1", "–"),
    )
    assert one.modules is None
    assert one.leaves.rows[0] == ("cell.weight_0", shape_text((8,)), "32 bytes")


def test_modules_and_leaves_are_counted_beyond_the_first() -> None:
    (one,) = contents(_of_layers(61), {})
    assert len(one.leaves.rows) == MOST_ROWS + 1
    assert one.leaves.rows[-1][0] == f"{2 * 61 - MOST_ROWS} more"
    assert one.modules is not None
    assert len(one.modules.rows) == MOST_ROWS + 1
    counts = [int(row[1].replace(",", "")) for row in one.modules.rows]
    graph = graph_of(61)
    assert sum(counts) == len(graph.operations)


@pytest.mark.parametrize("which", ["large", "full"])
def test_a_page_of_any_size_is_small_and_quick(which: str) -> None:
    graph = long_graph()
    full = _of_layers(50, 51)
    made = {
        "large": replace(large(), measures={"loss": measures_of(graph, broken=5_000)}),
        "full": replace(full, measures={n: measures_of(g) for n, g in full.graphs.items()}),
    }[which]
    started = time.perf_counter()
    page = page_of(made)
    assert time.perf_counter() - started < MOST_SECONDS
    assert len(page.encode()) < MOST_BYTES


def test_a_program_that_was_only_called_has_its_graph_and_no_run() -> None:
    called = recording({"out": graph_of(name="out")}, None, subject="model.py:forward")
    page = Parsed(page_of(called))
    ids = set(page.values("id"))
    assert {"graphs", "nodes", "environment"} <= ids
    assert not {"training", "missing", "ending", "measured"} & ids
    assert page.text_of("h1") == ["What autograd recorded: model.py:forward"]


def test_a_program_without_graphs_has_a_page() -> None:
    ids = set(_page("nothing").values("id"))
    assert {"missing", "training"} <= ids
    assert not {"graphs", "nodes"} & ids
