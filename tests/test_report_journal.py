"""A program's run as data: charts, facts, the strip at the top, how it ended."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from programs import (
    NORMS,
    cut,
    falling,
    graph_of,
    healthy,
    journal,
    level,
    long_run,
    measured,
    measures_of,
    missing,
    nothing,
    place,
    raised,
    recording,
    several,
    site,
)

from graphview.model.journal import Ending, Journal, Series
from graphview.model.recording import Recording
from graphview.report import journal as told
from graphview.report import measured as measuring
from graphview.report.badge import Badge
from graphview.report.charts import Line
from graphview.report.curves import curves, span
from graphview.report.growth import grows
from graphview.report.identity import identities
from graphview.report.missing import findings
from graphview.report.outcome import badges
from graphview.report.plot import MOST_POINTS, thin
from graphview.report.program import program
from graphview.report.training import Figure


def _journal(recording: Recording) -> Journal:
    assert recording.journal is not None
    return recording.journal


def _figures(recording: Recording) -> dict[str, Figure]:
    return {figure.chart.title: figure for figure in told.figures(_journal(recording))}


def _badges(recording: Recording) -> dict[str, Badge]:
    return {badge.label: badge for badge in badges(recording, findings(recording.missing))}


# Charts


def test_points_stand_at_their_own_steps() -> None:
    line = Line("loss", (3.0, 1.0, 2.0), (0, 70, 100))
    assert line.points == [(0, 3.0), (70, 1.0), (100, 2.0)]
    assert line.last == 100
    figure = curves("k", "T", "", [Series("loss", (0, 70, 100), (3.0, 1.0, 2.0))], 100)
    assert figure is not None
    ((_, path),) = figure.plot.paths
    xs = [float(point.split(" ")[0]) for point in path[1:].split("L")]
    assert math.isclose((xs[1] - xs[0]) / (xs[2] - xs[0]), 0.7, abs_tol=0.01)


def test_what_is_measured_more_rarely_reaches_as_far() -> None:
    chart = _figures(healthy())["Loss"]
    assert [line.name for line in chart.chart.lines] == ["loss", "val_loss"]
    ends = [path.split("L")[-1] for _, path in chart.plot.paths]
    assert [chart.chart.lines[place_].last for place_ in (0, 1)] == [199, 190]
    assert float(ends[0].split(" ")[0]) > float(ends[1].split(" ")[0])


def test_the_scale_is_logarithmic_where_all_is_positive_and_far_apart() -> None:
    def of(*values: float) -> bool:
        figure = curves("k", "T", "", [Series("s", tuple(range(len(values))), values)], 2)
        assert figure is not None
        assert figure.chart.logarithmic == ("logarithmic" in figure.chart.caption)
        return figure.chart.logarithmic

    assert of(1.0, 10.0, math.nan)
    assert not of(1.0, 10.0, 0.0)
    assert not of(1.0, 10.0, -1.0)
    assert not of(1.0, 1.1, 1.2)
    assert not of(math.nan, math.inf)


def test_four_lines_are_drawn_and_the_table_tells_of_all() -> None:
    figure = _figures(healthy())["Gradient norms"]
    assert [line.name for line in figure.chart.lines] == [name for name, _ in NORMS[:4]]
    assert [row[0] for row in figure.table.rows] == [name for name, _ in NORMS]
    assert figure.chart.caption == (
        "Euclidean norms of the gradients at each update. Told are those of the optimizer as a "
        "whole, then the 4 largest of single parameters. The scale is logarithmic. Drawn are the "
        "first 4 of these 5; the numbers tell of all."
    )
    assert figure.table.head == (
        "",
        "at first",
        "least",
        "in step",
        "greatest",
        "in step",
        "at last",
    )
    assert figure.plot.keys == ()


def test_the_extremes_stand_with_their_steps() -> None:
    values = (1.0, 5.0, math.nan, -2.0, 0.5)
    series = [Series(str(n), (0, 1_000, 2_000, 3_000, 4_000), values) for n in range(5)]
    figure = curves("k", "T", "", series, 4_000)
    assert figure is not None
    assert figure.table.rows[0] == (
        *("0", "1.0000", "−2.0000", "3,000", "5.0000", "1,000", "0.5000"),
    )
    lost = curves("k", "T", "", [Series("x", (0,), (math.nan,))] * 5, 0)
    assert lost is not None
    assert lost.plot.empty
    assert lost.table.rows[0] == ("x", "NaN", "", "", "", "", "NaN")


def test_the_losses_stand_step_by_step_where_the_steps_are_the_same() -> None:
    figure = curves("k", "T", "", [falling("loss", steps=101)], 100)
    assert figure is not None
    assert figure.table.head == ("step", "loss")
    assert [row[0] for row in figure.table.rows] == [str(step) for step in range(0, 101, 10)]


def test_each_place_has_a_chart_by_its_own_name() -> None:
    titles = list(_figures(several()))
    assert titles[:4] == ["loss_d", "loss_g", "aux", "total"]
    assert told.places(_journal(several())) is not None
    many = journal(*(site(f"loss{number}", None, 3) for number in range(9)))
    found = [figure.chart.title for figure in told.figures(many)]
    assert len([title for title in found if title.startswith("loss")]) == 6
    assert told.notes(many) == ["3 more places where backward starts have no chart."]


def test_validation_beside_several_losses_has_a_chart_of_its_own() -> None:
    sites = (site("loss_d", None, 5), site("loss_g", None, 5))
    found = told.figures(journal(*sites, validation=(falling("val", steps=5),)))
    assert "Validation" in [figure.chart.title for figure in found]


def test_a_rate_that_stays_is_a_fact_and_one_that_changes_a_chart() -> None:
    assert "Learning rate" not in _figures(healthy())
    assert ("learning rate", "0.01, all along") in told.facts(_journal(healthy()))
    assert "Learning rate" in _figures(long_run())
    assert "learning rate" not in dict(told.facts(_journal(long_run())))


def test_the_facts_of_a_run() -> None:
    assert told.facts(_journal(healthy())) == [
        ("steps", "200"),
        ("updates", "200"),
        ("optimizer", "SGD of 4 parameters"),
        ("learning rate", "0.01, all along"),
        ("time for a step", "1.03 ms, the median"),
        ("most memory", "248.0 MiB (whole process)"),
        ("watching", "graphview took 4 % of 12.3 s"),
    ]


def test_where_backward_starts_is_told() -> None:
    table = told.places(_journal(several()))
    assert table is not None
    assert table.rows[2] == ("penalty", "autograd.grad", "train.py:32", "40", "14")
    assert told.places(_journal(nothing())) is None
    assert told.kept(_journal(healthy())) == {
        "loss": "backward at train.py:35, called 200 times; this is its graph in step 0"
    }
    assert told.kept(None) == {}


def test_a_hundred_thousand_steps_are_few_points() -> None:
    (figure, *_) = told.figures(_journal(long_run()))
    assert figure.plot.paths[0][1].count("L") < MOST_POINTS
    assert [tick.text for tick in figure.plot.x_ticks][-1] == "80,000"
    assert figure.table.rows[-1] == ("99,999", "NaN")


@given(
    st.lists(st.tuples(st.integers(0, 10**5), st.floats()), min_size=1, unique_by=lambda p: p[0])
)
def test_any_series_can_be_told(points: list[tuple[int, float]]) -> None:
    steps, values = zip(*sorted(points), strict=True)
    series = Series("s", steps, values)
    for lines in ([series], [series] * 6):
        figure = curves("k", "T", "", lines, 10**5)
        assert figure is not None
        assert span(series) in figure.chart.summary
        assert figure.table.rows
    kept = thin(Line("s", values, steps))
    assert {steps[0], steps[-1]} <= {step for step, _ in kept} <= set(steps)


def test_a_program_without_steps_has_no_chart() -> None:
    assert told.figures(_journal(nothing())) == []
    assert told.facts(_journal(nothing()))[:2] == [("steps", "0"), ("updates", "0")]


# A graph that grows


@pytest.mark.parametrize(
    ("values", "grown"),
    [
        ((14, 28, 42, 56), True),
        (tuple(range(14, 1400, 14)), True),
        ((14,) * 50, False),
        ((14, 28), False),
        ((14, 28, 14, 28, 14, 28, 14, 28), False),
        ((10, 50, 30, 20, 40, 25, 60, 15), False),
        ((100, 101, 102, 103), False),
        ((), False),
    ],
)
def test_a_graph_that_grows_is_told_from_one_that_varies(
    values: tuple[int, ...], grown: bool
) -> None:
    assert grows(Series("nodes", tuple(range(len(values))), tuple(map(float, values)))) == grown


def test_a_graph_that_grows_is_said_at_the_top_and_why_at_its_chart() -> None:
    assert _badges(long_run())["graph"] == Badge(
        "attention", "graph", "that of loss grows from 14 to 700,007 nodes"
    )
    caption = _figures(long_run())["Size of the graph"].chart.caption
    assert "grows all along, from 14 to 700,007 nodes" in caption
    assert "detach it" in caption
    assert "graph" not in _badges(healthy())
    assert "Size of the graph" not in _figures(healthy())


# The strip at the top


def test_a_healthy_program_is_called_good() -> None:
    found = _badges(healthy())
    assert found["gradient"] == Badge("good", "gradient", "of loss reaches all 4 leaves")
    assert found["loss"] == Badge("fact", "loss", "from 2.3500 to 0.0975")
    assert found["run"] == Badge("fact", "run", "200 steps and 200 updates in 12.3 s")
    assert found["device"].text == "cpu (A processor)"


def test_one_cause_is_shown_and_the_rest_are_counted() -> None:
    badge = _badges(cut())["gradient"]
    assert badge.state == "attention"
    assert badge.text == (
        "31 of 35 parameters got no gradient: 24 are frozen, 7 are not: encoder.weight and 1 more "
        "were cut by detach at "
        "model.py:22, and 5 other causes"
    )
    one = replace(healthy(), missing=(missing("head", "unused"),))
    assert _badges(one)["gradient"].text == "1 of 5 parameters got no gradient: head was never used"


def test_what_is_frozen_is_no_trouble() -> None:
    frozen = tuple(missing(f"base.{number}", "frozen") for number in range(3))
    badge = _badges(replace(healthy(), missing=frozen))["gradient"]
    assert (badge.state, badge.text) == (
        "good",
        "of loss reaches 4 of 7 parameters; the other 3 are frozen",
    )
    one = _badges(replace(healthy(), missing=frozen[:1]))["gradient"]
    assert one.text == "of loss reaches 4 of 5 parameters; the other one is frozen"


def test_what_is_frozen_is_counted_beside_what_is_lost() -> None:
    frozen = tuple(missing(f"base.{number}", "frozen") for number in range(3))
    unused = tuple(missing(name, "unused") for name in ("spare.weight", "spare.bias"))
    badge = _badges(replace(healthy(), missing=frozen + unused))["gradient"]
    assert (badge.state, badge.text) == (
        "attention",
        "5 of 9 parameters got no gradient: 3 are frozen, 2 are not: spare.weight and 1 more were "
        "never used",
    )


@pytest.mark.parametrize(
    ("rates", "updates", "told"),
    [
        ((), 0, "Told are those of all leaves together, then the 4 largest of single parameters."),
        (("SGD", "0.weight"), 3, "Told are those of 2 groups as a whole, then the 3 largest of"),
    ],
)
def test_it_is_told_whose_the_norms_are(rates: tuple[str, ...], updates: int, told: str) -> None:
    series = tuple(Series(name, (0, 1), (0.1, 0.2)) for name in rates)
    journal = healthy().journal
    assert journal is not None
    norms = replace(journal, learning_rates=series, updates=updates)
    assert told in _figures(replace(healthy(), journal=norms))["Gradient norms"].chart.caption


def test_a_loss_without_a_gradient_is_told_before_all_else() -> None:
    badge = _badges(nothing())["gradient"]
    assert badge.state == "attention"
    assert badge.text == "none: loss was computed where gradients are off at train.py:12"
    silent = replace(nothing(), missing=())
    assert _badges(silent)["gradient"].text == "none: backward was never called"


def test_several_roots_are_named_and_counted() -> None:
    text = _badges(several())["gradient"].text
    assert text == "of loss_d, loss_g, penalty and 2 more reaches all 28 leaves"


@pytest.mark.parametrize(
    ("ending", "badge"),
    [
        (Ending("finished"), Badge("fact", "run", "9 steps and 9 updates in 2 s")),
        (Ending("exited", 0), Badge("fact", "run", "9 steps and 9 updates in 2 s")),
        (
            Ending("exited", 3),
            Badge("attention", "ended", "after 9 steps and 9 updates in 2 s, with exit code 3"),
        ),
        (
            Ending("stopped"),
            Badge("fact", "run", "9 steps and 9 updates in 2 s, then stopped by --max-steps"),
        ),
        (
            Ending("interrupted"),
            Badge("attention", "ended", "interrupted after 9 steps and 9 updates in 2 s"),
        ),
    ],
)
def test_the_ending_is_told(ending: Ending, badge: Badge) -> None:
    made = recording(
        {"loss": graph_of()}, journal(site("loss", "loss", 9), ending=ending, watched=2.0)
    )
    assert _badges(made)[badge.label] == badge


def test_an_exception_is_told_with_what_is_known() -> None:
    badge = _badges(raised())["ended"]
    assert badge.state == "attention"
    assert badge.text.endswith(
        "with ValueError: Expected input batch_size (32) to match target batch_size (31)."
    )
    shown = program(raised(), findings(raised().missing))
    assert shown is not None
    assert shown.crash is not None
    assert shown.crash.known == (
        "Until then there were 37 steps and 37 updates; all that was recorded of them is on this "
        "page.",
        "The last loss was 0.1011, in step 36.",
    )
    assert shown.crash.failure.traceback.startswith("Traceback")


def test_a_loss_that_broke_is_said_with_its_step() -> None:
    assert _badges(long_run())["loss"] == Badge("attention", "loss", "NaN at step 99,999")


# Measures


def test_a_card_has_the_times_and_the_gradient_of_its_node() -> None:
    keys = identities(measured().graphs)
    found = measuring.readings(measured(), keys)[keys["loss"]["n10"]]
    assert found.facts == [
        ("time", "forward 12 µs, backward 33 µs"),
        ("gradient that arrived", "norm 0.4100, 12 % zeros"),
    ]
    assert found.wrong == []
    broken = measuring.readings(measured(), keys)[keys["loss"]["n4"]]
    assert broken.wrong == [
        "25 % of the gradient that arrived is NaN.",
        "50 % of the gradient that arrived is infinite.",
    ]


def test_where_the_time_goes_is_ten_nodes() -> None:
    (one,) = measuring.told(measured())
    assert one.slowest is not None
    assert len(one.slowest.rows) == 10
    assert one.slowest.rows[0][:1] == ("MeanBackward0",)
    assert one.cost.startswith("Measuring took 400 ms. The times are those of step 0, ")
    graph = graph_of()
    some = replace(measures_of(graph), forward=(None,) * (len(graph.nodes) - 1) + (1.0,))
    (other,) = measuring.told(replace(healthy(), measures={"loss": some}))
    assert other.slowest is not None
    assert [row[2] for row in other.slowest.rows] == ["1 s", *["–"] * 9]


def test_the_first_broken_gradient_is_named_with_what_made_it() -> None:
    (one,) = measuring.told(measured())
    assert one.broken
    assert one.flow[0].startswith(
        "Backward meets the first gradient that is not finite at AddmmBackward0 ("
    )
    assert "It was made by ReluBackward0 (" in one.flow[0]


def test_zeros_are_told_from_the_first_on() -> None:
    (one,) = measuring.told(measured(None, 6))
    assert not one.broken
    name = healthy().graphs["loss"].nodes[6].name
    assert one.flow[0].startswith(f"Backward finds nothing but zeros first at {name}")
    assert "at 1 node of 12" in one.flow[0]
    assert one.flow[1].startswith("All other gradients that arrived are finite")


def test_what_was_not_asked_for_is_not_told() -> None:
    graph = graph_of()
    times = replace(measures_of(graph), norm=(), zeros=(), nan=(), inf=(), cost=0.0)
    (one,) = measuring.told(replace(healthy(), measures={"loss": times}))
    assert one.flow == ()
    assert one.cost.startswith("The times are those of step 0, ")
    gradients = replace(measures_of(graph), forward=(), backward=())
    (other,) = measuring.told(replace(healthy(), measures={"loss": gradients}))
    assert other.slowest is None
    unknown = replace(gradients, norm=(None,) * len(graph.nodes), zeros=(None,) * len(graph.nodes))
    (last,) = measuring.told(replace(healthy(), measures={"loss": unknown}))
    assert last.flow == ()


def test_a_site_without_a_place_or_a_loss_is_told_too() -> None:
    bare = site("x", "loss", 1, source=None, kept=None, loss=Series("x"), nodes=Series("n"))
    made = journal(bare, **{"memory": Series("m", (0,), (5.0,)), "memory_of": None})
    table = told.places(made)
    assert table is not None
    assert table.rows == (("x", "backward", "unknown", "1", "unknown"),)
    assert told.kept(made) == {"loss": "backward, called once"}
    assert ("most memory", "5 bytes") in told.facts(made)
    assert level("m", 5.0, 1) == Series("m", (0,), (5.0,))
    assert place(3).line == 3
