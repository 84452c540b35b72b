"""The charts of the training section: geometry, words and tables."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from recordings import diverged, lesson, of_batches

from graphview.model.recording import Recording
from graphview.model.run import TrainingRun
from graphview.report import numbers, training
from graphview.report.axes import logarithmic_axis
from graphview.report.charts import (
    BOTTOM,
    HEIGHT,
    RIGHT,
    TOP,
    WIDTH,
    Band,
    Chart,
    Level,
    Line,
)
from graphview.report.plot import BEGINNING, MOST_POINTS, plot, thin


def _run(recording: Recording) -> TrainingRun:
    assert recording.run is not None
    return recording.run


def _chart(*values: float, logarithmic: bool = False, levels: tuple[Level, ...] = ()) -> Chart:
    return Chart("k", "T", "", "", (Line("line", values),), levels, logarithmic)


@pytest.mark.parametrize(
    ("values", "logarithmic", "ticks"),
    [
        ((0.0, 1.0), False, ["0", "0.25", "0.5", "0.75", "1"]),
        ((-0.6, 0.2), False, ["−0.6", "−0.4", "−0.2", "0", "0.2"]),
        ((3.0, 3.0), False, ["1", "2", "3", "4", "5"]),
        ((0.0, 0.0), False, ["−1", "−0.5", "0", "0.5", "1"]),
        ((1.0, 1.00001), False, ["1", "1.0000025", "1.000005", "1.0000075", "1.00001"]),
        ((-1e38, 1e38), False, ["−1e38", "−5e37", "0", "5e37", "1e38"]),
        ((0.01, 3.0), True, ["0.01", "0.1", "1"]),
        ((0.0014, 0.0196), True, ["0.001", "0.002", "0.005", "0.01", "0.02"]),
        ((2e-7, 6e-7), True, ["2·10⁻⁷", "5·10⁻⁷", "10⁻⁶"]),
        ((1e-12, 2.0), True, ["10⁻¹²", "10⁻⁹", "10⁻⁶", "10⁻³", "1"]),
        ((5.0, 5.0), True, ["5", "10"]),
        ((1.0, 1.0), True, ["1", "2"]),
    ],
)
def test_a_charts_ticks_are_round(
    values: tuple[float, ...], logarithmic: bool, ticks: list[str]
) -> None:
    drawn = plot(_chart(*values, logarithmic=logarithmic))
    assert [tick.text for tick in drawn.y_ticks] == ticks
    assert [tick.at for tick in drawn.y_ticks] == sorted(
        (t.at for t in drawn.y_ticks), reverse=True
    )


@pytest.mark.parametrize(
    ("length", "ticks"),
    [
        (1, ["0"]),
        (2, ["0", "1"]),
        (3, ["0", "1", "2"]),
        (1000, ["0", "200", "400", "600", "800"]),
        (1001, ["0", "200", "400", "600", "800", "1,000"]),
        (1_000_001, ["0", "200k", "400k", "600k", "800k", "1,000k"]),
    ],
)
def test_a_charts_epochs_are_round(length: int, ticks: list[str]) -> None:
    drawn = plot(_chart(*([1.0, 2.0] * length)[:length]))
    assert [tick.text for tick in drawn.x_ticks] == ticks


def test_a_line_breaks_where_there_is_nothing_to_show() -> None:
    assert plot(_chart(1.0, 2.0, math.nan, 1.0, math.inf, 2.0)).paths[0][1].count("M") == 3
    assert plot(_chart(1.0, 0.0, -1.0, 10.0, logarithmic=True)).paths[0][1].count("M") == 2


def test_a_single_epoch_is_a_dot() -> None:
    assert len(plot(_chart(1.0)).dots[0]) == 1
    assert len(plot(_chart(1.0, 2.0)).dots[0]) == 2
    assert plot(_chart(1.0, 2.0, 3.0)).dots[0] == ()


def test_a_chart_of_nothing_is_empty() -> None:
    assert plot(_chart(math.nan, math.inf)).empty
    assert plot(_chart(0.0, -1.0, logarithmic=True)).empty


def test_a_level_stands_within_the_axis() -> None:
    drawn = plot(_chart(1.0, 2.0, levels=(Level("true", 5.0), Level("lost", math.inf))))
    assert [level.name for level in drawn.levels] == ["true"]
    assert drawn.levels[0].at >= drawn.y_ticks[-1].at


@given(st.lists(st.floats(), min_size=1, max_size=30), st.booleans(), st.floats())
@example([1.02350001, 1.02350002], False, 1.0)
@example([1.02350001, 1.02350002], False, 1.02350001)
@example([0.0, 5e-324], False, 0.0)
@example([1e-320, 1e308], True, 1.0)
def test_any_numbers_can_be_drawn(values: list[float], logarithmic: bool, level: float) -> None:
    drawn = plot(_chart(*values, logarithmic=logarithmic, levels=(Level("level", level),)))
    placed = re.findall(r"[ML]([\d.e+-]+) ([\d.e+-]+)", "".join(path for _, path in drawn.paths))
    for x, y in placed:
        assert drawn.left <= float(x) <= WIDTH - RIGHT
        assert TOP <= float(y) <= HEIGHT - BOTTOM
    assert len({tick.text for tick in drawn.y_ticks}) == len(drawn.y_ticks) <= 8


def _shows(value: float, logarithmic: bool) -> bool:
    return math.isfinite(value) and (value > 0 or not logarithmic)


@given(st.lists(st.floats(width=32), min_size=1).flatmap(lambda v: st.just(v * 40)), st.booleans())
def test_thinning_keeps_the_ends_and_the_extremes(values: list[float], logarithmic: bool) -> None:
    kept = thin(Line("line", values), logarithmic=logarithmic)
    assert len(kept) <= max(MOST_POINTS, 1)
    assert [index for index, _ in kept] == sorted({index for index, _ in kept})
    assert {0, len(values) - 1} <= {index for index, _ in kept}
    shown = [value for value in values if math.isfinite(value) and (value > 0 or not logarithmic)]
    if shown:
        assert {min(shown), max(shown)} <= {value for _, value in kept}
    # On a logarithmic axis zeros and what is below them leave a gap as NaN does.
    gaps = {value for value in values if not _shows(value, logarithmic)}
    assert bool(gaps) == any(not _shows(value, logarithmic) for _, value in kept)


@pytest.mark.parametrize("length", [239, 240, 241, 1000, 12345])
def test_thinning_leaves_few_points(length: int) -> None:
    values = [math.sin(index) if index % 7 else math.nan for index in range(length)]
    assert len(thin(Line("line", values))) <= MOST_POINTS


def test_where_training_begins_every_point_is_drawn() -> None:
    kept = thin(Line("line", [1 / (index + 1) for index in range(1000)]))
    assert [place for place, _ in kept[:BEGINNING]] == list(range(BEGINNING))


def test_a_figure_has_its_numbers_in_a_table() -> None:
    losses, parameters, gradients = training.figures(_run(lesson()))
    run = _run(lesson())
    assert losses.table.head == ("epoch", "training", "validation")
    assert [row[0] for row in losses.table.rows] == [*map(str, range(0, 1000, 100)), "999"]
    assert [row[0] for row in parameters.table.rows][-2:] == ["900", "1,000"]
    assert gradients.table.head == ("epoch", "|a.grad|", "|b.grad|")
    assert losses.table.rows[0][1] == numbers.number(run.loss[0])
    assert parameters.table.rows[-1][1:] == ("1.0235", "1.9690")


def test_a_figure_says_what_it_shows() -> None:
    losses, parameters, gradients = training.figures(_run(lesson()))
    assert losses.chart.summary.startswith("training loss went from 2.")
    assert parameters.chart.summary.startswith("a went from 0.3367 to 1.0235.")
    assert [level.name for level in parameters.chart.levels] == [
        "true a",
        "best fit of a",
        "true b",
        "best fit of b",
    ]
    assert gradients.chart.summary.startswith("size of a.grad went from 3.1125 to ")


def test_a_figure_of_a_diverged_run_says_so() -> None:
    for figure in training.figures(_run(diverged())):
        assert figure.chart.summary.count(", and then to no finite number.") == 2
    nothing = tuple([math.nan] * 68)
    run = replace(_run(diverged()), loss=nothing, validation_loss=nothing)
    losses = training.figures(run)[0]
    assert losses.plot.empty
    assert losses.chart.summary.startswith("training loss was never a finite number.")


def test_the_learned_values_stand_beside_the_best_and_the_true_ones() -> None:
    table = training.answers(_run(lesson()))
    assert table is not None
    assert table.head == ("", "at first", "learned", "least squares", "true")
    assert table.rows == (
        ("a", "0.3367", "1.0235", "1.0235", "1.0000"),
        ("b", "0.1288", "1.9690", "1.9690", "2.0000"),
    )
    assert training.answers(replace(_run(lesson()), optimum={})) is None


def test_the_facts_of_a_run() -> None:
    run = replace(_run(lesson(epochs=3)), seconds=(1e-4, 2e-4, 9e-4), peak_memory=2048)
    assert training.facts(run) == [
        ("epochs", "3"),
        ("learning rate", "0.1"),
        ("training points", "80"),
        ("validation points", "20"),
        ("time for an epoch", "200 µs, the median"),
        ("seed, data (NumPy)", "42"),
        ("seed, parameters (torch)", "42"),
        ("peak memory", "2.0 KiB (whole process)"),
    ]


# The legend.


@pytest.mark.parametrize("count", [2, 3, 4])
def test_the_legend_stays_inside_and_apart(count: int) -> None:
    lines = tuple(Line(f"line {number}", (1.0, 2.0)) for number in range(count))
    keys = plot(Chart("k", "T", "", "", lines)).keys
    assert [key.text for key in keys] == [line.name for line in lines]
    assert all(0 < key.at < WIDTH - 120 and 0 < key.y < TOP for key in keys)
    assert len({(key.at, key.y) for key in keys}) == count


def test_a_band_holds_its_values() -> None:
    band = Band("batches", ((0, 1, 2.0, 4.0), (1, 2, 3.0, 5.0)))
    drawn = plot(Chart("k", "T", "", "", (Line("line", (3.0, 3.0, 3.0)),), band=band))
    heights = {float(y) for y in re.findall(r"[ML][\d.]+ ([\d.]+)", drawn.band)}
    assert len(heights) == 4
    assert drawn.band.endswith("Z")
    assert drawn.keys[-1].look == "band"
    assert drawn.y_ticks[0].text in ("2", "0")


# Axes.


@given(st.lists(st.floats(1e-150, 1e150), min_size=1))
def test_a_logarithmic_axis_holds_its_values_closely(values: list[float]) -> None:
    axis = logarithmic_axis(values)
    assert axis.low <= min(values) * (1 + 1e-5)
    assert axis.high >= max(values) * (1 - 1e-5)
    assert axis.low >= min(values) / 2.6
    assert axis.high <= max(values) * 2.6 or axis.high <= axis.low * 2.6
    assert 2 <= len(axis.ticks) <= 7
    assert all(axis.low <= value <= axis.high for value, _ in axis.ticks)


@pytest.mark.parametrize("value", [0.0, 1.0, 0.3])
def test_the_name_of_a_level_below_stands_above_the_epochs(value: float) -> None:
    drawn = plot(_chart(value, value + 1, levels=(Level("true", value, below=True),)))
    assert drawn.levels[0].text_at < HEIGHT - BOTTOM


def test_a_cross_is_at_the_last_number_there_is() -> None:
    line = Line("loss", (1.0, 2.0, math.nan))
    drawn = plot(Chart("k", "T", "", "", (line,), stopped="ValueError in epoch 2"))
    assert drawn.cross is not None
    assert drawn.cross[0] < WIDTH - RIGHT


@pytest.mark.parametrize(
    ("steps", "reason", "anchor"),
    [
        (2, "TypeError in epoch 1", "start"),
        (100, "TypeError in epoch 99", "end"),
        (2, "x" * 99, None),
    ],
)
def test_the_reason_stands_beside_its_cross(steps: int, reason: str, anchor: str | None) -> None:
    chart = Chart("k", "T", "", "", (Line("loss", (1.0,) * steps),), last=100, stopped=reason)
    drawn = plot(replace(chart, size=(320, 250)))
    assert drawn.cross is not None
    assert (drawn.reason and drawn.reason.anchor) == anchor


# Trained on batches.


def test_what_is_counted_by_batch_is_called_so() -> None:
    run = _run(of_batches())
    for figure in training.figures(run):
        assert figure.chart.unit == figure.table.head[0] == "batch"
        assert "by epoch" not in figure.chart.caption
    losses = training.figures(run)[0]
    assert losses.table.rows[-1][0] == f"{run.steps - 1:,}"
    assert run.optimum_loss is not None
    assert f"no straight line gets below {run.optimum_loss:.6f}:" in losses.chart.caption


def test_the_time_for_an_epoch_is_that_of_its_batches() -> None:
    run = replace(_run(of_batches()), seconds=(1e-4, 2e-4, 3e-4, 4e-4, 5e-4, 1e-3), loss=(1.0,) * 6)
    assert dict(training.facts(run))["time for an epoch"] == "1.25 ms, the median"
