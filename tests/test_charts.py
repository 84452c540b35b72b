"""The charts of the training section: geometry, words and tables."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from recordings import diverged, lesson, with_run

from graphview.model.recording import Recording
from graphview.model.run import TrainingRun
from graphview.report import numbers, training
from graphview.report.arrival import arrival
from graphview.report.batches import STRETCHES, batch_figure
from graphview.report.charts import (
    BOTTOM,
    HEIGHT,
    MOST_POINTS,
    RIGHT,
    TOP,
    WIDTH,
    Band,
    Chart,
    Level,
    Line,
    plot,
    thin,
)
from graphview.report.loops import loop_figures, loops


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
        ((0.01, 3.0), True, ["0.01", "0.1", "1", "10"]),
        ((1e-12, 2.0), True, ["10⁻¹²", "10⁻⁹", "10⁻⁶", "0.001", "1"]),
        ((5.0, 5.0), True, ["1", "10"]),
        ((1.0, 1.0), True, ["1", "10"]),
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


# The loops side by side.


def test_the_loops_are_those_up_to_the_main_one() -> None:
    assert [run.name for run in loops(lesson())] == [
        "rebinding", "in place", "never zeroed", "zeroed",
    ]  # fmt: skip
    assert loops(with_run(lesson(), None)) == ()
    assert loops(replace(lesson(), main="rebinding")) == ()


def test_each_loop_tells_its_fate() -> None:
    first, second, third, fourth = loop_figures(lesson())
    assert first.chart.caption == "Stops at once: TypeError in epoch 1."
    assert second.chart.caption == "Stops at once: RuntimeError in epoch 0."
    assert first.plot.cross is not None
    assert first.plot.cross == first.plot.dots[0][-1]
    wandering = lesson().runs[2].loss
    assert third.chart.caption == (
        f"Goes from {wandering[0]:.4f} to {wandering[-1]:.4f}, and never settles: "
        f"in its second half it still rises to {max(wandering[500:]):.4f}."
    )
    assert fourth.chart.caption == "Falls from 2.7475 to 0.0080 and stays there."
    assert third.plot.cross is None


def test_the_loops_share_their_axes() -> None:
    axes = {(figure.plot.x_ticks, figure.plot.y_ticks) for figure in loop_figures(lesson())}
    assert len(axes) == 1


def test_a_loop_that_runs_away_is_told_so() -> None:
    assert loop_figures(diverged())[-1].chart.caption.startswith("Runs away")


# The batches.


def test_the_batches_lie_in_the_band() -> None:
    run = next(run for run in lesson().runs if run.name == "with validation")
    figure = batch_figure(lesson())
    assert figure is not None
    assert figure.chart.band is not None
    stretches = figure.chart.band.stretches
    assert len(stretches) <= STRETCHES
    assert (stretches[0][0], stretches[-1][1]) == (0, run.epochs)
    assert min(least for _, _, least, _ in stretches) == min(run.loss)
    assert max(greatest for _, _, _, greatest in stretches) == max(run.loss)
    assert "the losses of 5,000 batches" in figure.chart.caption
    assert f"between {min(run.loss):.4f} and {max(run.loss):.4f}" in figure.chart.caption
    assert figure.chart.lines[0].values == run.validation_loss[::5]


def test_without_batches_there_is_no_such_chart() -> None:
    assert batch_figure(with_run(lesson(), None)) is None


# Why it stops there.


def test_the_reason_is_in_the_runs_own_numbers() -> None:
    passage, surface = arrival(lesson()), lesson().surface
    assert passage is not None
    assert surface is not None
    assert passage.title == "Why training stops at 1.0235 and 1.9690 and not at 1 and 2"
    assert f"{surface.at(1.0, 2.0):.6f}" in passage.text[0]
    assert f"{surface.lowest:.6f}" in passage.text[0]
    assert surface.at(1.0, 2.0) > surface.lowest
    assert _run(lesson()).loss[-1] == pytest.approx(surface.lowest, rel=1e-5)


@pytest.mark.parametrize(
    "recording",
    [
        lesson(epochs=3),
        diverged(),
        with_run(lesson(), None),
        replace(lesson(), surface=None),
        with_run(lesson(), replace(_run(lesson()), truth={})),
    ],
    ids=["not arrived", "diverged", "no run", "no surface", "no truth"],
)
def test_no_reason_is_given_for_what_did_not_happen(recording: Recording) -> None:
    assert arrival(recording) is None
