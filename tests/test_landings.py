"""Where edges end that arrive at one box: apart, in order, and the main path straight."""

from __future__ import annotations

from itertools import pairwise

import pytest

from graphview.draw.layout import Placer, Problem
from graphview.draw.layout.landings import LANDING, LEAST_LANDING, spread
from graphview.draw.layout.layered import layered
from graphview.draw.layout.problem import Edge, Outline, plain

BOX = plain(60.0, 20.0)


def problem(boxes: list[Outline], edges: list[tuple[int, int]]) -> Problem:
    return Problem(tuple(boxes), 0, 0, tuple(Edge(*edge) for edge in edges))


def landed(room: float, sources: int) -> list[float]:
    """Where edges from boxes side by side end at one box below them, from its middle on."""
    boxes = [BOX] * sources + [plain(200.0, 20.0, room)]
    asked = problem(boxes, [(number, sources) for number in range(sources)])
    placed = spread(asked, layered(asked))
    (x, y), box = placed.spots[sources], boxes[sources]
    assert all(curve[-1][1] == y for curve in placed.curves)
    return [curve[-1][0] - x - box.tops[0] for curve in placed.curves]


@pytest.mark.parametrize("sources", (2, 3))
def test_edges_from_right_above_a_box_go_straight_down(sources: int) -> None:
    boxes = [BOX] * sources + [plain(200.0, 20.0, 180.0)]
    asked = problem(boxes, [(number, sources) for number in range(sources)])
    placed = spread(asked, layered(asked))
    assert all(len({x for x, _ in curve}) == 1 for curve in placed.curves)


@pytest.mark.parametrize("sources", (4, 5))
def test_edges_into_one_box_end_side_by_side_in_the_order_in_which_they_come(sources: int) -> None:
    found = landed(180.0, sources)
    gaps = [right - left for left, right in pairwise(found)]
    assert gaps == pytest.approx([LANDING] * (sources - 1))
    assert sum(found) == pytest.approx(0.0)


def test_in_little_room_edges_end_nearer_to_one_another_and_at_last_together() -> None:
    gaps = [right - left for left, right in pairwise(landed(18.0, 3))]
    assert gaps == pytest.approx([9.0, 9.0])
    crowded = landed(LEAST_LANDING, 4)
    assert crowded == pytest.approx([-4.0, -4.0, 4.0, 4.0])
    assert landed(0.0, 3) == [0.0, 0.0, 0.0]


def test_the_main_path_stays_straight_and_what_joins_it_ends_on_its_own_side() -> None:
    box = plain(100.0, 20.0, 80.0)
    asked = problem([box] * 4, [(0, 1), (1, 2), (2, 3), (0, 3), (1, 3)])
    placed = Placer().place(asked)
    main, *others = (placed.curves[number] for number in (2, 3, 4))
    assert len({x for x, _ in main}) == 1
    for other in others:
        side = other[-1][0] - main[-1][0]
        assert abs(side) >= LANDING
        lane = max((x for x, _ in other), key=lambda x: abs(x - main[-1][0]))
        assert (lane - main[-1][0]) * side > 0
