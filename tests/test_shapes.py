"""What is drawn of an arrow: its line ends where its head begins, however it arrives."""

from __future__ import annotations

from math import dist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphview.draw.layout.problem import Curve, straight
from graphview.draw.shapes import HEAD_LENGTH, Stroke, stroke_along

BENT: Curve = straight((0.0, 0.0), (100.0, 20.0))


def assert_attached(stroke: Stroke) -> None:
    assert stroke.head is not None
    left, tip, right = stroke.head
    base = ((left[0] + right[0]) / 2, (left[1] + right[1]) / 2)
    assert dist(stroke.points[-1], base) < 0.01
    assert dist(base, tip) == pytest.approx(HEAD_LENGTH)


@pytest.mark.parametrize("more", [0.0, 0.2, 3.0, 6.9, 7.0, 7.2, 8.0, 40.0])
def test_a_line_ends_at_the_base_of_its_head_whatever_its_last_piece_is(more: float) -> None:
    down = straight((100.0, 20.0), (100.0, 20.0 + more))
    assert_attached(stroke_along((*BENT, *down[1:]), tip=True))


def test_pieces_that_the_head_covers_are_left_out() -> None:
    down = straight((100.0, 20.0), (100.0, 22.0))
    stroke = stroke_along((*BENT, *down[1:], *straight((100.0, 22.0), (100.0, 24.0))[1:]), tip=True)
    assert len(stroke.points) == 4
    assert stroke.points[0] == BENT[0]
    assert_attached(stroke)


@given(
    st.lists(st.tuples(st.floats(-200, 200), st.floats(1, 200)), min_size=1, max_size=5),
    st.floats(0, 20),
)
def test_any_way_down_ends_there(steps: list[tuple[float, float]], last: float) -> None:
    x, y = 0.0, 0.0
    curve: Curve = ((x, y),)
    for across, down in steps:
        curve = (*curve, *straight((x, y), (x + across, y + down))[1:])
        x, y = x + across, y + down
    assert_attached(stroke_along((*curve, *straight((x, y), (x, y + last))[1:]), tip=True))
