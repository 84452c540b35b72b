"""The plane of two parameters: contours on their level, paths from end to end."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from recordings import diverged, lesson, with_run

from graphview.model.recording import Recording
from graphview.model.run import LossSurface
from graphview.report.loops import loop_plane, loops, plane_rows
from graphview.report.page import LONGEST_TEXT
from graphview.report.plane import (
    AROUND,
    BOTTOM,
    HEIGHT,
    LEFT,
    MOST_POINTS,
    RIGHT,
    TOP,
    WIDTH,
    Plane,
    ellipse,
    plane,
)

SOME = st.floats(-5, 5)


def _plane() -> Plane:
    drawn = loop_plane(lesson())
    assert drawn is not None
    return drawn


def _points(path: str) -> list[tuple[float, float]]:
    found = re.findall(r"[ML](-?[\d.e+-]+) (-?[\d.e+-]+)", path)
    return [(float(x), float(y)) for x, y in found]


@given(SOME, SOME, SOME, SOME, SOME, st.floats(0.01, 50))
def test_every_point_of_a_contour_is_on_its_level(
    a: float, b: float, c: float, x: float, y: float, above: float
) -> None:
    # Lᵀ·L with a positive diagonal is any positive definite matrix.
    first, second = abs(a) + 0.1, abs(b) + 0.1
    hessian = ((first * first + c * c, c * second), (c * second, second * second))
    assume(first * second > 1e-2)
    surface = LossSurface(("a", "b"), (x, y), 1.0, hessian)
    points = list(ellipse(surface, 1.0 + above))
    assert len(points) == AROUND
    for point in points:
        assert surface.at(*point) == pytest.approx(1.0 + above, rel=1e-6)


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_below_the_lowest_loss_there_is_no_contour(level: float) -> None:
    surface = LossSurface(("a", "b"), (0.0, 0.0), 1.0, ((1.0, 0.0), (0.0, 1.0)))
    assert list(ellipse(surface, level)) == []


def test_a_valley_without_end_has_no_contour() -> None:
    surface = LossSurface(("a", "b"), (0.0, 0.0), 0.0, ((1.0, 1.0), (1.0, 1.0)))
    assert list(ellipse(surface, 1.0)) == []


def test_each_loop_has_its_trail() -> None:
    trails = {trail.name: trail for trail in _plane().trails}
    assert list(trails) == [run.name for run in loops(lesson())]
    assert [name for name, trail in trails.items() if trail.failed] == ["rebinding", "in place"]
    assert len({trail.look for trail in trails.values()}) == 4
    assert trails["zeroed"].drawn is None
    assert trails["never zeroed"].drawn is not None


def test_all_trails_start_at_the_start_and_the_last_arrives() -> None:
    drawn = _plane()
    marks = {mark.kind: mark for mark in drawn.marks}
    for trail in drawn.trails:
        assert _points(trail.path)[0] == marks["start"].at
    assert math.dist(drawn.trails[-1].end, marks["best"].at) < 1
    assert _points(drawn.trails[-1].path)[-1] == drawn.trails[-1].end


def test_a_trail_that_is_cut_short_says_how_long_it_is() -> None:
    trail, run = _plane().trails[2], lesson().runs[2]
    assert trail.drawn is not None
    assert 50 < trail.drawn < run.steps
    assert len(_points(trail.path)) <= trail.drawn + 1


@pytest.mark.parametrize("make", [lesson, diverged])
def test_no_trail_is_longer_than_a_page_takes(make: Callable[[], Recording]) -> None:
    drawn = loop_plane(make())
    assert drawn is not None
    assert all(len(_points(trail.path)) <= MOST_POINTS + 1 for trail in drawn.trails)
    assert all(len(trail.path) < LONGEST_TEXT for trail in drawn.trails)


def test_everything_named_is_inside() -> None:
    drawn = _plane()
    places = [mark.at for mark in drawn.marks] + [mark.text_at for mark in drawn.marks]
    places += [contour.label for contour in drawn.contours if contour.label]
    places += [point for trail in drawn.trails for point in _points(trail.path)]
    for x, y in places:
        assert LEFT <= x <= WIDTH - RIGHT
        assert TOP <= y <= HEIGHT - BOTTOM


def test_labels_keep_clear_of_the_marks() -> None:
    drawn = _plane()
    best = next(mark.at for mark in drawn.marks if mark.kind == "best")
    labels = [contour.label for contour in drawn.contours if contour.label]
    assert labels
    assert all(math.dist(label, best) >= 50 for label in labels)


def test_the_numbers_stand_behind_it() -> None:
    rows = plane_rows(lesson())
    assert [row[0] for row in rows] == [run.name for run in loops(lesson())]
    assert rows[-1] == ("zeroed", "0.3367", "0.1288", "1.0235", "1.9690")


def test_without_a_surface_or_loops_there_is_no_plane() -> None:
    assert loop_plane(replace(lesson(), surface=None)) is None
    assert loop_plane(with_run(lesson(), None)) is None


def test_a_run_that_leaves_the_map_ends_at_its_edge() -> None:
    drawn = loop_plane(diverged())
    assert drawn is not None
    assert all(
        math.isfinite(number) for point in _points(drawn.trails[-1].path) for number in point
    )


def test_runs_of_nothing_finite_have_no_plane() -> None:
    surface, (*_, run) = lesson().surface, loops(lesson())
    assert surface is not None
    lost = replace(run, parameters=dict.fromkeys("ab", (math.nan,)))
    assert plane(surface, [lost]) is None
    assert plane(surface, [replace(run, parameters={})]) is None
