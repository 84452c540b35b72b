"""The plane of two parameters: contours on their level, paths from end to end."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from recordings import diverged, lesson, on_gpu, with_run

from graphview.model.recording import Recording
from graphview.model.run import LossSurface
from graphview.report.contours import AROUND, MOST_LEVELS, ellipse, levels
from graphview.report.loops import loops
from graphview.report.page import LONGEST_TEXT
from graphview.report.placing import LETTER, TALL, Box, around, text_box
from graphview.report.plane import (
    BOTTOM,
    FRAME,
    HEIGHT,
    LEFT,
    MOST_POINTS,
    REACH,
    RIGHT,
    TOP,
    WIDTH,
    Mark,
    Plane,
    plane,
    thinned,
)
from graphview.report.way import Way, loop_plane

SOME = st.floats(-5, 5)


def _plane() -> Plane:
    return _way(lesson()).plane


def _way(recording: Recording) -> Way:
    way = loop_plane(recording)
    assert way is not None
    return way


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
    drawn = _way(make()).plane
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


def test_no_label_stands_on_a_mark_or_another_label() -> None:
    for recording in (lesson(), lesson(epochs=1), lesson(epochs=3), diverged()):
        drawn = _way(recording).plane
        boxes = [around(mark.at, REACH) for mark in drawn.marks]
        boxes += [_box(mark) for mark in drawn.marks if mark.text]
        boxes += [around(contour.label, TALL / 2) for contour in drawn.contours]
        texts = boxes[len(drawn.marks) :]
        for place, text in enumerate(texts):
            assert FRAME.contains(text)
            assert not [box for box in boxes[: len(drawn.marks) + place] if box.meets(text)]


def _box(mark: Mark) -> Box:
    width = LETTER * len(mark.text) if mark.anchor == "end" else 0
    return text_box(mark.text, (mark.text_at[0] - width, mark.text_at[1]))


@pytest.mark.parametrize("make", [lesson, on_gpu])
def test_no_name_stands_on_the_end_of_a_path(make: Callable[[], Recording]) -> None:
    drawn = _way(make()).plane
    for mark in drawn.marks:
        assert mark.text
        assert not [trail for trail in drawn.trails if around(trail.end, REACH).meets(_box(mark))]


def test_each_cross_has_the_name_of_its_loop() -> None:
    drawn = _plane()
    named = {mark.text: mark.at for mark in drawn.marks if mark.kind == "broke"}
    assert named == {trail.name: trail.end for trail in drawn.trails if trail.failed}
    assert named.keys() == {"rebinding", "in place"}


def test_a_contour_stands_on_its_level_in_the_drawing() -> None:
    drawn, surface = _plane(), lesson().surface
    assert surface is not None
    back = _back(drawn)
    assert 3 <= len(drawn.contours) <= MOST_LEVELS
    for contour in drawn.contours:
        assert contour.label in _points(contour.path)
        for place in _points(contour.path):
            # A tenth of a unit is as exact as the path is written.
            assert surface.at(*back(place)) == pytest.approx(contour.level, rel=0.02)


def _back(drawn: Plane) -> Callable[[tuple[float, float]], tuple[float, float]]:
    """From a place back to the values, by the ticks."""
    ways = []
    for ticks in (drawn.x_ticks, drawn.y_ticks):
        (first, *_, last) = [(tick.at, float(tick.text.replace("−", "-"))) for tick in ticks]
        ways.append((first[0], first[1], (last[1] - first[1]) / (last[0] - first[0])))
    (x, a, across), (y, b, up) = ways
    return lambda place: (a + (place[0] - x) * across, b + (place[1] - y) * up)


@pytest.mark.parametrize("make", [lesson, diverged, lambda: lesson(epochs=1)])
def test_both_ways_have_one_scale(make: Callable[[], Recording]) -> None:
    back = _back(_way(make()).plane)
    (a, b), (a_on, _), (_, b_on) = back((0, 0)), back((100, 0)), back((0, -100))
    assert a_on - a == pytest.approx(b_on - b, rel=5e-3)


def test_the_first_step_goes_straight_across_the_curves() -> None:
    run, surface = lesson().run, lesson().surface
    assert run is not None
    assert surface is not None
    first, second = _points(_plane().trails[-1].path)[:2]
    step = math.atan2(first[1] - second[1], second[0] - first[0])
    a, b = (run.parameters[name][0] for name in "ab")
    tiny = 1e-6
    downhill = [
        surface.at(a - tiny, b) - surface.at(a, b),
        surface.at(a, b - tiny) - surface.at(a, b),
    ]
    assert step == pytest.approx(math.atan2(downhill[1], downhill[0]), abs=0.02)


@given(st.lists(st.tuples(SOME, SOME), min_size=1, max_size=60).map(lambda places: places * 20))
def test_thinning_keeps_the_ends_and_what_lies_farthest(places: list[tuple[float, float]]) -> None:
    kept = thinned(places)
    assert len(kept) <= MOST_POINTS
    assert (kept[0], kept[-1]) == (places[0], places[-1])
    for side in (0, 1):
        values, drawn = [place[side] for place in places], [place[side] for place in kept]
        assert (min(drawn), max(drawn)) == (min(values), max(values))


@pytest.mark.parametrize(
    ("lowest", "highest", "expected"),
    [
        (0.008, 40.0, [20, 5, 1, 0.2, 0.05, 0.01]),
        (100.0, 110.0, [107.5, 105, 102.5]),
        (-3.0, -1.0, [-1.5, -2, -2.5]),
    ],
)
def test_levels_are_round(lowest: float, highest: float, expected: list[float]) -> None:
    assert levels(lowest, highest) == expected


def test_the_caption_tells_what_is_drawn() -> None:
    way, run = _way(lesson()), lesson().runs[2]
    trail = way.plane.trails[2]
    assert "Rebinding and in place break off at the crosses." in way.caption
    assert "Never zeroed rolls through the valley" in way.caption
    assert "Zeroed drops into the valley, then creeps along its floor" in way.caption
    assert f"Of never zeroed, only the first {trail.drawn} of {run.epochs:,} epochs" in way.caption
    assert "best fit, 1.0235 and 1.9690" in way.summary


def test_the_caption_of_a_short_run_promises_nothing() -> None:
    caption = _way(lesson(epochs=3)).caption
    assert "Never zeroed and zeroed have not arrived at the best fit." in caption
    assert "creeps" not in caption
    assert "rolls" not in caption


def test_the_caption_of_a_run_that_diverged_says_so() -> None:
    assert "Zeroed runs away, off the map." in _way(diverged()).caption


def test_around_a_round_bowl_no_valley_is_told() -> None:
    surface = lesson().surface
    assert surface is not None
    bowl = replace(surface, hessian=((2.0, 0.0), (0.0, 2.0)))
    caption = _way(replace(lesson(), surface=bowl)).caption
    assert "a bowl around the best fit" in caption
    assert "valley" not in caption


def test_the_numbers_stand_behind_it() -> None:
    table = _way(lesson()).table
    assert table.head == ("", "first a", "first b", "last a", "last b")
    assert [row[0] for row in table.rows] == [run.name for run in loops(lesson())]
    assert table.rows[-1] == ("zeroed", "0.3367", "0.1288", "1.0235", "1.9690")


def test_a_loop_that_never_was_on_the_map_is_left_out() -> None:
    *_, run = loops(lesson())
    lost = replace(lesson().runs[0], parameters=dict.fromkeys("ab", (math.nan, math.nan)))
    way = _way(replace(lesson(), runs=(lost, run)))
    assert [trail.name for trail in way.plane.trails] == ["zeroed"]
    assert len(way.table.rows) == 1


def test_without_a_surface_or_loops_there_is_no_plane() -> None:
    assert loop_plane(replace(lesson(), surface=None)) is None
    assert loop_plane(with_run(lesson(), None)) is None


def test_a_run_that_leaves_the_map_ends_at_its_edge() -> None:
    drawn = _way(diverged()).plane
    assert all(
        math.isfinite(number) for point in _points(drawn.trails[-1].path) for number in point
    )


def test_runs_of_nothing_finite_have_no_plane() -> None:
    surface, (*_, run) = lesson().surface, loops(lesson())
    assert surface is not None
    lost = replace(run, parameters=dict.fromkeys("ab", (math.nan,)))
    assert plane(surface, [lost]) is None
    assert plane(surface, [replace(run, parameters={})]) is None
