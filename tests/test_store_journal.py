"""A program's journal and measures survive JSON, and what does not fit together is refused."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import PROGRAMS, cut, graph_of, healthy, journal, measured, recording, site, spoilt
from stored import (
    MAYBE_TEXT,
    NUMBERS,
    SOURCES,
    TENSORS,
    TEXTS,
    damaged,
    is_read_or_refused,
    recordings,
    standard_json,
    with_value,
)

from graphview.errors import RecordingError
from graphview.model.graph import Graph
from graphview.model.journal import Call, End, Ending, Journal, Series, Site
from graphview.model.measures import Measures
from graphview.model.missing import Link, Missing, Reason
from graphview.model.recording import Recording
from graphview.model.step import Failure
from graphview.model.store import recording_from_json, to_json

ODD = (math.nan, math.inf, -math.inf, 0.5)
STEPS = st.integers(0, 2**53)
LINKS = st.builds(Link, TEXTS, st.none() | SOURCES)
MISSING = st.builds(
    Missing,
    TEXTS,
    st.sampled_from(["parameter", "root"]),
    TENSORS,
    st.sampled_from(get_args(Reason)),
    MAYBE_TEXT,
    st.none() | SOURCES,
    st.lists(LINKS, max_size=2).map(tuple),
    st.none() | SOURCES,
    st.lists(LINKS, max_size=1).map(tuple),
)
ENDINGS = st.builds(
    Ending,
    st.sampled_from(get_args(End)),
    st.none() | STEPS,
    st.none() | st.builds(Failure, TEXTS, TEXTS, STEPS, TEXTS),
)


@st.composite
def series(draw: st.DrawFn) -> Series:
    steps = sorted(draw(st.lists(STEPS, max_size=3)))
    values = draw(st.lists(NUMBERS, min_size=len(steps), max_size=len(steps)))
    return Series(draw(TEXTS), tuple(steps), tuple(values))


def journals(graphs: list[str]) -> st.SearchStrategy[Journal]:
    several, words = (
        st.lists(series(), max_size=1).map(tuple),
        st.lists(TEXTS, max_size=2).map(tuple),
    )
    sites = st.builds(
        Site,
        TEXTS,
        st.sampled_from(get_args(Call)),
        words,
        st.none() | SOURCES,
        STEPS,
        st.sampled_from([None, *graphs]),
        st.none() | STEPS,
        series(),
        series(),
    )
    return st.builds(
        Journal,
        st.lists(sites, max_size=2).map(tuple),
        STEPS,
        STEPS,
        ENDINGS,
        words,
        *[several] * 4,
        series(),
        series(),
        MAYBE_TEXT,
        NUMBERS,
        NUMBERS,
        words,
    )


@st.composite
def measures(draw: st.DrawFn, graph: Graph) -> Measures:
    size = len(graph.nodes)
    whole = st.lists(st.none() | NUMBERS, min_size=size, max_size=size).map(tuple)
    return Measures(*(draw(st.just(()) | whole) for _ in range(6)), cost=draw(NUMBERS))


@st.composite
def programs(draw: st.DrawFn) -> Recording:
    """Any recording at all, with a program's parts as well; some graphs have no drawing."""
    made = draw(recordings())
    return replace(
        made,
        drawings={name: dot for name, dot in made.drawings.items() if draw(st.booleans())},
        journal=draw(st.none() | journals(list(made.graphs))),
        missing=tuple(draw(st.lists(MISSING, max_size=2))),
        measures={
            name: draw(measures(g)) for name, g in made.graphs.items() if draw(st.booleans())
        },
    )


def _broken() -> Recording:
    """NaN losses, infinite norms, and names that look like numbers."""
    series = Series("NaN", (0, 1, 2, 3), ODD)
    one = site("Infinity", "loss", 4, loss=series, nodes=series, roots=("NaN", "-Infinity"))
    told = journal(
        one,
        ending=Ending("exited", 3),
        optimizers=("NaN",),
        learning_rates=(series,),
        gradient_norms=(series,),
        parameter_norms=(series,),
        validation=(series,),
        seconds=series,
        memory=series,
        memory_of="NaN",
        watched=math.inf,
        notes=("Infinity",),
    )
    made = recording({"loss": graph_of()}, told)
    count = len(graph_of().nodes)
    columns = (ODD + (None,) * count)[:count]
    return replace(made, measures={"loss": Measures(columns, columns, columns, cost=math.nan)})


def comes_back(made: Recording) -> None:
    back = recording_from_json(to_json(made))
    # A NaN is not equal to itself, and its representation is.
    assert repr(back.journal) == repr(made.journal)
    assert repr(back.measures) == repr(made.measures)
    assert back.missing == made.missing
    assert back.drawings == made.drawings
    assert to_json(back) == to_json(made)


@given(programs())
@settings(max_examples=40)
def test_any_programs_recording_comes_back_as_it_was(made: Recording) -> None:
    comes_back(made)


@given(st.data())
@settings(max_examples=60)
def test_a_damaged_program_is_read_or_refused(data: st.DataObject) -> None:
    made = replace(measured(), missing=cut().missing[:3])
    is_read_or_refused(damaged(data.draw, made, ["journal", "missing", "measures"]))


@pytest.mark.parametrize("which", sorted(set(PROGRAMS) - {"spoilt"}))
def test_a_programs_recording_comes_back_as_it_was(which: str) -> None:
    comes_back(PROGRAMS[which]())


def test_numbers_that_json_has_not_come_back_and_words_stay_words() -> None:
    comes_back(_broken())


def test_a_hostile_recording_can_be_written_and_read() -> None:
    back = recording_from_json(to_json(spoilt()))
    assert back.journal is not None
    assert len(back.journal.sites) == len(back.missing) == 10


def test_what_is_written_is_json_for_everybody() -> None:
    plain = standard_json(to_json(_broken()))
    assert plain["journal"]["sites"][0]["loss"]["values"] == ["NaN", "Infinity", "-Infinity", 0.5]
    assert plain["measures"]["loss"]["forward"][:3] == ["NaN", "Infinity", "-Infinity"]
    assert plain["measures"]["loss"]["cost"] == "NaN"


@pytest.mark.parametrize(
    ("way", "value", "said"),
    [
        (("journal", "sites", 0, "graph"), "lost", "the graph of loss is missing"),
        (("journal", "sites", 0, "loss", "steps"), [0, 1], "not as many steps as values"),
        (("journal", "validation", 0, "values"), [], "not as many steps as values"),
        (("journal", "seconds"), {"name": "s", "steps": [1, 0], "values": [1, 1]}, "s go back"),
        (("journal", "memory"), {"name": "m", "steps": [-1], "values": [1]}, "m go back"),
        (("journal", "gradient_norms", 0, "steps", 5), 3, "SGD go back"),
        (("measures", "loss", "norm"), [1.0], "other nodes of loss than its graph has"),
        (("measures", "loss", "inf"), [0.0] * 99, "other nodes of loss than its graph has"),
        (("measures", "lost"), {}, "it measured lost, a graph that is missing"),
        (("drawings", "lost"), "", "its drawings are not those of its graphs"),
        (("journal", "steps"), "NaN", r"Expected `int`, got `float` - at `\$.journal.steps`"),
        (("journal", "ending", "kind"), "gone", "Invalid enum value 'gone'"),
        (("journal",), [], r"at `\$.journal`"),
        (("measures",), None, r"at `\$.measures`"),
        (("missing", 0, "reason"), "NaN", "Invalid enum value 'NaN'"),
    ],
)
def test_what_does_not_fit_together_is_named(way: tuple[Any, ...], value: Any, said: str) -> None:
    made = replace(measured(), missing=cut().missing)
    with pytest.raises(RecordingError, match=said):
        recording_from_json(with_value(made, way, value))


def test_a_large_graph_needs_no_drawing() -> None:
    assert recording_from_json(to_json(replace(healthy(), drawings={}))).drawings == {}


def test_two_values_may_belong_to_the_same_step() -> None:
    twice = Series("twice", (0, 0, 3), (1.0, 2.0, 3.0))
    made = recording({"loss": graph_of()}, journal(site("loss", "loss"), validation=(twice,)))
    assert recording_from_json(to_json(made)) == made
