"""The points and the line: all points in their places, the lines through the right ones."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recordings import diverged, lesson, on_gpu, page_of, with_run

from graphview.model.recording import Recording
from graphview.model.run import Points
from graphview.model.store import recording_from_json, to_json
from graphview.report.fit import FARTHEST, Fit, fit
from graphview.report.numbers import number


def _fit(recording: Recording) -> Fit:
    found = fit(recording)
    assert found is not None
    return found


def _points(recording: Recording) -> Points:
    assert recording.points is not None
    return recording.points


def test_every_point_has_its_place() -> None:
    drawn, points = _fit(lesson()), _points(lesson())
    (left, low), (right, high) = _corner(drawn, 0), _corner(drawn, -1)
    for placed, kept in ((drawn.training, points.training), (drawn.validation, points.validation)):
        assert len(placed) == len(kept)
        for (at_x, at_y), (x, y) in zip(placed, kept, strict=True):
            assert drawn.frame.holds((at_x, at_y))
            across = left[1] + (at_x - left[0]) / (right[0] - left[0]) * (right[1] - left[1])
            upwards = low[1] + (at_y - low[0]) / (high[0] - low[0]) * (high[1] - low[1])
            assert (across, upwards) == pytest.approx((x, y), abs=0.01)


def _corner(drawn: Fit, which: int) -> tuple[tuple[float, float], tuple[float, float]]:
    """A tick of each axis, its place and its value."""
    ticks = (drawn.x_ticks[which], drawn.y_ticks[which])
    across, upwards = ((tick.at, float(tick.text.replace("−", "-"))) for tick in ticks)
    return across, upwards


def test_the_lines_are_the_first_the_learned_and_the_true_one() -> None:
    drawn, run = _fit(lesson()), lesson().run
    assert run is not None
    (_, low), (_, high) = _corner(drawn, 0), _corner(drawn, -1)
    a, b = run.parameters["a"], run.parameters["b"]
    expected = [(a[0], b[0]), (a[-1], b[-1]), (1.0, 2.0)]
    for line, (at_zero, slope) in zip(drawn.lines, expected, strict=True):
        # The x axis goes from 0 to 1.
        heights = [
            low[1] + (end[1] - low[0]) / (high[0] - low[0]) * (high[1] - low[1])
            for end in (line.start, line.end)
        ]
        assert heights == pytest.approx([at_zero, at_zero + slope], abs=0.02)
    assert [key.text for key in drawn.keys] == [
        "training", "validation", "first line", "learned line", "true line",
    ]  # fmt: skip


def test_the_caption_and_the_table_have_the_runs_numbers() -> None:
    drawn, run = _fit(lesson()), lesson().run
    assert run is not None
    (first, last), (slope, learned) = (
        (number(run.parameters[name][0]), number(run.parameters[name][-1])) for name in "ab"
    )
    assert drawn.caption == (
        "The 80 points that training saw, and the 20 kept aside. Training took the line from "
        f"y = {first} + {slope}·x to y = {last} + {learned}·x. The points were made as "
        "y = 1 + 2·x, plus noise."
    )
    assert drawn.table.head == ("x", "y", "first", "learned", "true")
    assert [row[0] for row in drawn.table.rows] == sorted(row[0] for row in drawn.table.rows)


def test_a_run_that_diverged_has_its_points_still() -> None:
    drawn = _fit(diverged())
    assert len(drawn.training) == 80
    assert "ended with no finite numbers" in drawn.caption
    assert "learned line" not in [key.text for key in drawn.keys]


@given(st.floats(-1e30, 1e30), st.floats(-1e30, 1e30))
def test_a_line_far_away_makes_no_room_for_itself(a: float, b: float) -> None:
    run = lesson().run
    assert run is not None
    away = replace(run, parameters={"a": (a,), "b": (b,)})
    drawn = _fit(with_run(lesson(), away))
    heights = [float(tick.text.replace("−", "-")) for tick in drawn.y_ticks]
    assert max(map(abs, heights)) <= 10
    for line in drawn.lines:
        assert all(math.isfinite(value) for end in (line.start, line.end) for value in end)
        assert max(abs(line.start[1]), abs(line.end[1])) <= FARTHEST


# Functions, since to collect the tests must train nothing.
NOTHING_TO_DRAW: dict[str, Callable[[], Recording]] = {
    "no run": lambda: with_run(lesson(), None),
    "no points": lambda: replace(lesson(), points=None),
    "none": lambda: replace(lesson(), points=Points("a", "b", ())),
    "too far": lambda: replace(lesson(), points=Points("a", "b", ((0.0, 1e300),))),
    "another line": lambda: replace(lesson(), points=Points("c", "b", ((0.0, 1.0),))),
}


@pytest.mark.parametrize("which", NOTHING_TO_DRAW)
def test_where_there_is_nothing_to_draw_there_is_no_picture(which: str) -> None:
    assert fit(NOTHING_TO_DRAW[which]()) is None


def test_an_older_recording_has_no_such_picture() -> None:
    kept = json.loads(to_json(lesson()))
    del kept["points"]
    older = recording_from_json(json.dumps(kept).encode())
    assert older.points is None
    assert 'id="chart-fit"' not in page_of(older)
    assert 'id="chart-fit"' in page_of(on_gpu())
