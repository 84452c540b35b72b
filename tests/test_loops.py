"""The loops side by side, the mini-batches, and why training ends where it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recordings import diverged, lesson, of_batches, with_run

from graphview.model.recording import Recording
from graphview.model.run import TrainingRun
from graphview.report.arrival import arrival
from graphview.report.batches import STRETCHES, batch_figure
from graphview.report.fate import Fate, fate
from graphview.report.loops import SHOWN, Loops, loops, side_by_side
from graphview.report.numbers import number
from graphview.report.training import Figure
from graphview.report.way import loop_plane


def _run(recording: Recording) -> TrainingRun:
    assert recording.run is not None
    return recording.run


def _loops(recording: Recording) -> Loops:
    found = side_by_side(recording)
    assert found is not None
    return found


def _captions(recording: Recording) -> list[str]:
    return [figure.chart.caption for figure in _loops(recording).figures]


def _batches(recording: Recording) -> Figure:
    figure = batch_figure(recording)
    assert figure is not None
    return figure


# Fates.


@pytest.mark.parametrize(
    ("losses", "expected"),
    [
        ((3.0,), "on its way"),
        ((3.0, 2.0), "on its way"),
        ((3.0, 2.0, 1.5, 1.2), "on its way"),
        ((3.0, 1.0, 1.0, 1.01), "settled"),
        ((3.0, 0.1, 1.0, 1.0), "settled"),
        ((0.0, 0.0, 0.0, 0.0), "settled"),
        ((3.0, 1.0, 0.1, 2.0, 0.2, 3.0), "swings"),
        ((-1.0, -1.0, -1.0, -1.0), "settled"),
        ((3.0, nan, 1.0, 1.0), "ran away"),
        ((3.0, 9.0, inf), "ran away"),
    ],
)
def test_a_loss_tells_what_became_of_a_run(losses: tuple[float, ...], expected: Fate) -> None:
    run = replace(_run(lesson()), loss=losses)
    assert fate(run) == expected
    assert fate(replace(run, failed="ValueError in epoch 1")) == "broke off"


# The loops side by side.


def test_the_loops_are_those_up_to_the_main_one() -> None:
    assert [run.name for run in loops(lesson())] == [
        "rebinding", "in place", "never zeroed", "zeroed",
    ]  # fmt: skip
    assert loops(with_run(lesson(), None)) == ()
    assert loops(replace(lesson(), main="rebinding")) == ()


def test_each_loop_tells_its_fate() -> None:
    wandering = lesson().runs[2].loss[500:]
    assert _captions(lesson()) == [
        "Stops at once: TypeError in epoch 1.",
        "Stops at once: RuntimeError in epoch 0.",
        "Never settles: in its second half it still swings between "
        f"{min(wandering):.4f} and {max(wandering):.4f}.",
        "Falls from 2.7475 to 0.0080 and stays there.",
    ]
    crosses = [figure.plot.cross is not None for figure in _loops(lesson()).figures]
    assert crosses == [True, True, False, False]


@pytest.mark.parametrize("epochs", [1, 2, 3])
def test_a_loop_that_was_too_short_is_not_said_to_stay_anywhere(epochs: int) -> None:
    recording = lesson(epochs=epochs)
    assert not [said for said in _captions(recording) if "stays" in said or "Never" in said]
    assert epochs > 1 or _captions(recording)[-1] == "One epoch, with a loss of 2.7475."


def test_the_loops_share_their_axes() -> None:
    figures = _loops(lesson()).figures
    assert len({(figure.plot.x_ticks, figure.plot.y_ticks) for figure in figures}) == 1


def test_what_is_drawn_of_the_loops_is_said() -> None:
    found = _loops(lesson())
    assert found.title == "The four loops side by side"
    assert f"the first {SHOWN} of 1,000 epochs" in found.note
    assert [len(figure.chart.lines[0].values) for figure in found.figures] == [2, 1, 201, 201]
    assert [figure.table.rows[-1][0] for figure in found.figures] == ["1", "0", "900–999", "999"]
    assert "Drawn" not in _loops(lesson(epochs=3)).note


def test_the_table_of_a_swing_has_the_extremes_of_each_stretch() -> None:
    loss, table = lesson().runs[2].loss, _loops(lesson()).figures[2].table
    assert table.head == ("epochs", "least loss", "greatest loss")
    assert len(table.rows) == 10
    assert table.rows[0] == ("0–99", number(min(loss[:100])), number(max(loss[:100])))
    assert table.rows[-1] == ("900–999", number(min(loss[900:])), number(max(loss[900:])))


def test_each_swing_of_a_loop_is_drawn() -> None:
    loss, path = lesson().runs[2].loss, _loops(lesson()).figures[2].plot.paths[0][1]
    assert path.count("L") == len(loss[:SHOWN])


def test_all_is_drawn_of_a_loop_that_ends_badly_later() -> None:
    run = replace(_run(lesson()), loss=(*_run(lesson()).loss[:-1], nan))
    found = _loops(with_run(lesson(), run))
    assert "Drawn" not in found.note
    assert found.figures[-1].chart.caption.startswith("Runs away")
    late = replace(_run(lesson()), failed="ValueError in epoch 999")
    last = _loops(with_run(lesson(), late)).figures[-1]
    assert last.chart.caption == "Stops after 1,000 steps: ValueError in epoch 999."
    assert len(last.chart.lines[0].values) == 1000


def test_loops_are_counted() -> None:
    assert _loops(replace(lesson(), runs=lesson().runs[2:4])).title == "The two loops side by side"
    many = replace(lesson(), runs=(lesson().runs[2],) * 9 + lesson().runs[3:])
    assert len(_loops(many).figures) == 4


def test_a_loop_that_runs_away_is_told_so() -> None:
    assert _captions(diverged())[-1].startswith("Runs away")


# Any numbers.


@st.composite
def _any_run(draw: st.DrawFn) -> TrainingRun:
    steps = draw(st.integers(1, 12))
    column = st.lists(st.floats(), min_size=steps + 1, max_size=steps + 1).map(tuple)
    return replace(
        _run(lesson()),
        name=draw(st.sampled_from(["one", "other", "third"])),
        loss=draw(column)[1:],
        validation_loss=draw(column)[1:],
        parameters={name: draw(column) for name in "ab"},
        steps_per_epoch=draw(st.sampled_from([1, 1, 5])),
        failed=draw(st.sampled_from([None, "ValueError in epoch 1"])),
    )


@given(st.lists(_any_run(), min_size=2, max_size=4))
def test_runs_of_any_numbers_can_be_told(runs: list[TrainingRun]) -> None:
    recording = replace(lesson(), runs=(*runs, _run(lesson())))
    assert all(_captions(recording))
    for tell in (loop_plane, batch_figure):
        tell(recording)
    arrival(replace(recording, main=runs[0].name))


# The batches.


def test_the_batches_lie_in_the_band() -> None:
    run = next(run for run in lesson().runs if run.name == "with validation")
    figure = _batches(lesson())
    assert figure.chart.band is not None
    stretches = figure.chart.band.stretches
    assert len(stretches) <= STRETCHES
    assert (stretches[0][0], stretches[-1][1]) == (0, run.epochs)
    assert min(least for _, _, least, _ in stretches) == min(run.loss)
    assert max(greatest for _, _, _, greatest in stretches) == max(run.loss)
    (number_of_step,) = (n for n, step in enumerate(lesson().steps, 1) if step.run == run.name)
    assert f"the losses of the 5,000 batches of step {number_of_step}." in figure.chart.caption
    assert f"between {min(run.loss):.4f} and {max(run.loss):.4f}" in figure.chart.caption
    assert figure.chart.lines[0].values == run.validation_loss[::5]


def test_the_batches_stand_in_the_table() -> None:
    run, table = lesson().runs[-1], _batches(lesson()).table
    assert table.head == ("epoch", "least", "greatest", "validation")
    values = (min(run.loss[:5]), max(run.loss[:5]), run.validation_loss[0])
    assert table.rows[0] == ("0", *map(number, values))
    assert table.rows[-1][0] == "999"


def test_parameters_that_stay_are_said_to() -> None:
    run, caption = lesson().runs[-1], _batches(lesson()).chart.caption
    a = run.parameters["a"]
    assert f"hardly move: a between {min(a):.4f} and {max(a):.4f} and b between" in caption


def test_parameters_that_move_are_said_to() -> None:
    run, caption = lesson(epochs=3).runs[-1], _batches(lesson(epochs=3)).chart.caption
    a = run.parameters["a"]
    assert "hardly" not in caption
    assert f"still on their way: a from {a[0]:.4f} to {a[-1]:.4f} and b from" in caption


def test_batches_that_diverge_have_a_caption() -> None:
    *others, run = lesson().runs
    lost = (nan,) * run.steps
    gone = replace(run, loss=lost, parameters={"a": (1.0, *lost), "b": (1.0, *lost)})
    figure = _batches(replace(lesson(), runs=(*others, gone)))
    assert figure.chart.caption.endswith(
        "In the end the parameters are no finite numbers any more."
    )
    assert figure.table.rows[0][1:3] == ("NaN", "NaN")


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
    assert "finds the same numbers" in passage.text[1]


def test_almost_there_is_not_called_there() -> None:
    run = _run(lesson())
    near = replace(run, parameters={"a": (*run.parameters["a"][:-1], 1.0238), "b": (1.9688,)})
    passage = arrival(with_run(lesson(), near))
    assert passage is not None
    assert "finds 1.0235 and 1.9690, so there is hardly anything left" in passage.text[1]


def test_without_noise_there_is_nothing_to_explain() -> None:
    run = _run(lesson())
    assert arrival(with_run(lesson(), replace(run, truth=run.optimum))) is None


# Functions, since to collect the tests must train nothing.
DID_NOT_HAPPEN: dict[str, Callable[[], Recording]] = {
    "not arrived": lambda: lesson(epochs=3),
    "diverged": diverged,
    "no run": lambda: with_run(lesson(), None),
    "no surface": lambda: replace(lesson(), surface=None),
    "no truth": lambda: with_run(lesson(), replace(_run(lesson()), truth={})),
    "batches": of_batches,
}


@pytest.mark.parametrize("which", DID_NOT_HAPPEN)
def test_no_reason_is_given_for_what_did_not_happen(which: str) -> None:
    assert arrival(DID_NOT_HAPPEN[which]()) is None
