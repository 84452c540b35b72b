"""Placing the boxes of one group: in a stack, along a spine, by Graphviz, in layers of our own."""

from __future__ import annotations

from itertools import combinations

import pytest
import svgs
from hypothesis import given, settings
from hypothesis import strategies as st
from scenes import sampled

import graphview.draw.layout.graphviz as by_engine
from graphview.draw import layout
from graphview.draw.layout import Placement, Placer, Problem
from graphview.draw.layout.graphviz import place_by_graphviz
from graphview.draw.layout.lanes import tidied
from graphview.draw.layout.layered import layered
from graphview.draw.layout.problem import Edge, Outline, border, main_path, plain, straight
from graphview.draw.layout.spine import place_by_spine
from graphview.draw.layout.stack import is_stack, stack
from graphview.errors import EngineUnavailable, LayoutError, LayoutTimeout

BOX = plain(60.0, 20.0)
WIDE = plain(100.0, 40.0)
# Two ways in and two out, none of them in the middle.
OPEN = Outline(120.0, 80.0, (20.0, 90.0), (35.0, 100.0))
ENGINES = ("wasm", "dot")


def problem(
    boxes: list[Outline], edges: list[tuple[int, ...]], entries: int = 0, exits: int = 0
) -> Problem:
    return Problem(tuple(boxes), entries, exits, tuple(Edge(*edge) for edge in edges))


FORK = problem([BOX] * 3, [(0, 1), (0, 2)])
# Beside its longest path two ways part and meet again.
MESH = problem([BOX] * 7, [(0, 1), (1, 4), (4, 5), (5, 6), (0, 2), (0, 3), (2, 3), (3, 6), (2, 6)])


def used(engine: str) -> str:
    if engine == "dot":
        svgs.needed("dot")
    return engine


def ends(asked: Problem, placed: Placement, edge: Edge) -> tuple[tuple[float, float], ...]:
    """Where an edge begins and ends: at ports of boxes, or on the border."""
    if edge.tail >= 0:
        (x, y), box = placed.spots[edge.tail], asked.boxes[edge.tail]
        start = (x + box.bottoms[edge.tail_port], y + box.height)
    else:
        start = (placed.entries[border(edge.tail)], 0.0)
    if edge.head >= 0:
        (x, y), box = placed.spots[edge.head], asked.boxes[edge.head]
        return start, (x + box.tops[edge.head_port], y)
    return start, (placed.exits[border(edge.head)], placed.height)


def assert_sound(asked: Problem, placed: Placement) -> None:
    """No box overlaps another or lies outside, edges meet their ports and pass no other box."""
    spots = list(zip(placed.spots, asked.boxes, strict=True))
    for ((x, y), box), ((u, v), other) in combinations(spots, 2):
        beside = x + box.width < u + 0.1 or u + other.width < x + 0.1
        assert beside or y + box.height < v + 0.1 or v + other.height < y + 0.1
    for (x, y), box in spots:
        assert -0.1 <= x <= placed.width - box.width + 0.1
        assert -0.1 <= y <= placed.height - box.height + 0.1
    for edge, curve in zip(asked.edges, placed.curves, strict=True):
        assert len(curve) % 3 == 1
        assert (curve[0], curve[-1]) == (
            pytest.approx(ends(asked, placed, edge)[0], abs=0.1),
            pytest.approx(ends(asked, placed, edge)[1], abs=0.1),
        )
        others = [s for place, s in enumerate(spots) if place not in (edge.tail, edge.head)]
        for px, py in sampled(curve):
            assert -1 <= px <= placed.width + 1
            for (x, y), box in others:
                inside = x + 1 < px < x + box.width - 1 and y + 1 < py < y + box.height - 1
                assert not inside, (edge, (px, py), (x, y))


def downwards(asked: Problem, placed: Placement) -> bool:
    """Whether each box is below all that lead to it."""
    return all(
        placed.spots[edge.head][1] >= placed.spots[edge.tail][1] + asked.boxes[edge.tail].height
        for edge in asked.edges
        if 0 <= edge.tail < edge.head
    )


@st.composite
def problems(draw: st.DrawFn, *, most: int = 9, backwards: bool = False) -> Problem:
    boxes = draw(st.lists(st.sampled_from((BOX, WIDE, OPEN)), min_size=1, max_size=most))
    entries, exits = draw(st.integers(0, 3)), draw(st.integers(0, 3))
    count = len(boxes)
    tails = st.integers(-entries, count - 1)
    found: dict[tuple[int, ...], None] = {}
    for tail in draw(st.lists(tails, max_size=2 * most)):
        low = 0 if backwards else max(tail, -1) + 1
        heads = [*range(low, count), *range(-exits, 0)]
        heads = [head for head in heads if head != tail or tail < 0]
        if heads and not (tail < 0 and all(head < 0 for head in heads)):
            head = draw(st.sampled_from([h for h in heads if tail >= 0 or h >= 0]))
            top = draw(st.integers(0, len(boxes[head].tops) - 1)) if head >= 0 else 0
            bottom = draw(st.integers(0, len(boxes[tail].bottoms) - 1)) if tail >= 0 else 0
            found[tail, head, bottom, top] = None
    return problem(boxes, list(found), entries, exits)


# Stacks.


def test_boxes_of_which_each_feeds_the_next_are_a_stack_with_straight_edges() -> None:
    asked = problem([BOX, WIDE, BOX], [(-1, 0), (0, 1), (1, 2), (2, -1)], 1, 1)
    assert is_stack(asked)
    placed = stack(asked)
    assert_sound(asked, placed)
    assert {x for curve in placed.curves for x, _ in curve} == {50.0}
    assert (placed.width, placed.spots) == (100.0, ((20.0, 8.0), (0.0, 48.0), (20.0, 108.0)))
    assert placed.height == 136.0


def test_in_a_stack_ports_stand_below_one_another() -> None:
    asked = problem([BOX, OPEN, BOX], [(0, 1, 0, 1), (1, 2, 1, 0)])
    placed = stack(asked)
    assert_sound(asked, placed)
    assert all(curve[0][0] == curve[-1][0] for curve in placed.curves)


def test_a_staircase_is_put_in_line_with_bent_edges() -> None:
    asked = problem([OPEN] * 8, [(i, i + 1, 1, 0) for i in range(7)])
    placed = stack(asked)
    assert_sound(asked, placed)
    assert placed.width == OPEN.width


@pytest.mark.parametrize(
    ("edges", "entries", "exits"),
    [
        ([(0, 2)], 0, 0),
        ([(0, 1), (0, 1, 0, 1)], 0, 0),
        ([(1, 0)], 0, 0),
        ([(-1, 1)], 1, 0),
        ([(0, -1)], 0, 1),
        ([(0, 1)], 2, 0),
        ([(0, 1)], 0, 2),
    ],
)
def test_what_leads_elsewhere_is_no_stack(
    edges: list[tuple[int, ...]], entries: int, exits: int
) -> None:
    assert not is_stack(problem([OPEN] * 3, edges, entries, exits))


def test_a_stack_of_boxes_without_edges_is_one_above_the_other() -> None:
    asked = problem([BOX, BOX], [], 1, 1)
    assert_sound(asked, stack(asked))


# Spines.


@given(problems())
def test_along_a_spine_boxes_go_downwards_and_nothing_passes_through_them(asked: Problem) -> None:
    placed = place_by_spine(asked)
    if placed is not None:
        assert_sound(asked, placed)
        assert downwards(asked, placed)


def test_a_way_past_some_boxes_runs_beside_them_and_the_rest_straight_down() -> None:
    asked = problem([BOX] * 4, [(-1, 0), (0, 1), (1, 2), (2, 3), (0, 3), (3, -1)], 1, 1)
    placed = place_by_spine(asked)
    assert placed is not None
    assert_sound(asked, placed)
    *before, past, last = placed.curves
    others = [*before, last]
    assert {x for curve in others for x, _ in curve} == {30.0}
    assert max(x for x, _ in past) > 60.0


def test_on_either_side_of_a_spine_stands_what_comes_before_and_after_it() -> None:
    # Of three ways that meet in the last box the second one is the longest.
    asked = problem([BOX] * 6, [(0, 5), (1, 2), (2, 3), (3, 5), (4, 5)])
    placed = place_by_spine(asked)
    assert placed is not None
    assert placed.spots[0][0] < placed.spots[1][0] < placed.spots[4][0]


def test_a_branch_leaves_on_the_side_of_its_port() -> None:
    for way, past in ((-1, 0), (1, 1)):
        asked = problem([OPEN, BOX, BOX], [(0, 1, 1 - past), (1, 2), (0, 2, past)])
        placed = place_by_spine(asked)
        assert placed is not None
        spine = placed.curves[1][0][0]
        assert all((x - spine) * way >= 0 for x, _ in placed.curves[2])


def test_ways_past_boxes_that_would_cross_lie_on_different_sides() -> None:
    asked = problem([BOX] * 6, [*((i, i + 1) for i in range(5)), (0, 3), (2, 5)])
    placed = place_by_spine(asked)
    assert placed is not None
    spine = placed.curves[0][0][0]
    sides = {max(curve, key=lambda p: abs(p[0] - spine))[0] > spine for curve in placed.curves[5:]}
    assert sides == {True, False}


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(MESH, id="a branch that forks"),
        pytest.param(problem([BOX] * 3, [(0, 1), (1, 0)]), id="an edge against the order"),
        pytest.param(problem([BOX] * 3, [(0, 1)]), id="a box that nothing leads to"),
        pytest.param(problem([BOX] * 2, []), id="no edges"),
        pytest.param(
            problem([BOX] * 7, [*((i, i + 1) for i in range(6)), (0, 3), (1, 4), (2, 5)]),
            id="three ways that cross",
        ),
    ],
)
def test_what_is_no_spine_with_branches_is_left_to_others(asked: Problem) -> None:
    assert place_by_spine(asked) is None


# Layers.


@settings(max_examples=60)
@given(problems())
def test_layers_go_downwards_and_lanes_keep_clear_of_boxes(asked: Problem) -> None:
    placed = layered(asked)
    assert_sound(asked, placed)
    assert downwards(asked, placed)


@settings(max_examples=40)
@given(problems(backwards=True))
def test_edges_against_the_order_go_around_and_end_nothing(asked: Problem) -> None:
    assert_sound(asked, layered(asked))


def test_a_box_without_inputs_stands_right_above_the_first_that_uses_it() -> None:
    asked = problem([BOX] * 5, [(0, 1), (1, 2), (2, 4), (3, 4)])
    placed = layered(asked)
    assert placed.spots[3][1] == placed.spots[2][1]


def test_a_low_box_beside_a_tall_one_is_left_straight_downwards() -> None:
    # Box 0 stands beside the tall one in the middle of the rank, and leads past it.
    tall = plain(60.0, 200.0)
    asked = problem([BOX, tall, BOX, BOX], [(0, 3), (1, 2), (0, 2)])
    assert_sound(asked, layered(asked))


def test_all_edges_of_one_tail_share_a_lane() -> None:
    asked = problem([BOX] * 6, [(i, i + 1) for i in range(5)] + [(0, 4), (0, 5)])
    first, second = layered(asked).curves[-2:]
    assert first[:10] == second[:10]


def test_layers_take_work_that_grows_with_the_edges() -> None:
    # 3,000 boxes that one box feeds, and all of which feed one.
    fan = [(0, i) for i in range(1, 3001)] + [(i, 3001) for i in range(1, 3001)]
    placed = layered(problem([BOX] * 3002, fan))
    assert len({y for _, y in placed.spots}) == 3


# By an engine.


@pytest.mark.parametrize("engine", ENGINES)
@settings(max_examples=12)
@given(asked=problems())
def test_an_engine_places_boxes_with_edges_that_end_at_their_ports(
    engine: str, asked: Problem
) -> None:
    placed = place_by_graphviz(asked, used(engine))
    if placed is not None:
        assert_sound(asked, placed)


@pytest.mark.parametrize("engine", ENGINES)
def test_several_edges_between_two_groups_are_told_apart_by_their_ports(engine: str) -> None:
    asked = problem([OPEN, OPEN], [(0, 1, 1, 0), (0, 1, 0, 1), (0, 1, 0, 0)])
    placed = place_by_graphviz(asked, used(engine))
    assert placed is not None
    assert_sound(asked, placed)


def test_an_engine_that_leaves_an_edge_no_way_past_boxes_has_no_placement(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(by_engine, "tidied", lambda curve, boxes: None)
    assert place_by_graphviz(FORK, "wasm") is None


def test_the_longest_path_is_the_main_one_and_is_straight() -> None:
    edges = [(-1, 0), (0, 1), (1, 2), (0, 2), (-1, 2), (2, -1), (0, -1)]
    asked = problem([BOX, WIDE, BOX], edges, 1, 1)
    path = main_path(asked)
    assert [edges[place] for place in path] == [(2, -1), (1, 2), (0, 1), (-1, 0)]
    placed = place_by_graphviz(asked, "wasm")
    assert placed is not None
    for place in path:
        assert placed.curves[place][0][0] == pytest.approx(placed.curves[place][-1][0], abs=1.5)


def test_the_main_path_of_boxes_without_edges_is_empty() -> None:
    assert main_path(problem([BOX], [])) == []


def test_a_main_path_does_not_follow_edges_against_the_order() -> None:
    assert main_path(problem([BOX] * 3, [(0, 1), (2, 0), (1, 0)])) == [0]


# Curves.


def test_a_curve_that_need_not_bend_does_not() -> None:
    bent = ((0.0, 0.0), (90.0, 10.0), (-90.0, 90.0), (40.0, 100.0))
    assert tidied(bent, []) == straight((0.0, 0.0), (40.0, 100.0))
    assert tidied(bent, [(100.0, 0.0, 120.0, 100.0)]) == straight((0.0, 0.0), (40.0, 100.0))


def test_past_boxes_a_curve_runs_straight_where_the_engine_passes_them() -> None:
    way = ((0.0, 0.0), (60.0, 10.0), (60.0, 20.0), (60.0, 50.0), *[(60.0, 90.0)] * 2, (0.0, 100.0))
    curve = tidied(way, [(-30.0, 20.0, 30.0, 40.0), (-40.0, 60.0, 40.0, 80.0)])
    assert curve is not None
    assert (curve[3], curve[6]) == ((curve[3][0], 18.0), (curve[3][0], 82.0))
    assert 45.0 < curve[3][0] <= 60.0


def test_where_the_engine_goes_through_a_box_there_is_a_lane_beside_it() -> None:
    curve = tidied(straight((0.0, 0.0), (0.0, 100.0)), [(-30.0, 40.0, 20.0, 60.0)])
    assert curve is not None
    assert curve[3] == (30.0, 6.0)
    assert curve[6] == (30.0, 94.0)


def test_where_there_is_no_way_none_is_found() -> None:
    wall = (-500.0, 1.0, 500.0, 99.0)
    assert tidied(straight((0.0, 0.0), (0.0, 100.0)), [wall]) is None


# Which of them.


class Engine:
    """Stands for Graphviz and counts what it is asked."""

    def __init__(self, answer: str | Exception) -> None:
        self.answer, self.asked = answer, 0

    def __call__(self, dot: str, **options: object) -> str:
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.mark.parametrize(
    "failure",
    [
        LayoutTimeout("it hangs"),
        EngineUnavailable("it crashed"),
        "graph 1 1 1\nnode b0 0.5 0.5",
        "graph 1 1 1\nstop",
        "graph 1 1 1\nnode b0 nan 0.5\nstop",
        "graph 1 1 1\nnode b0 x\nstop",
        "graph 1 1 1\nedge b0\nstop",
        "graph 1\nstop",
    ],
)
def test_an_engine_that_hangs_crashes_or_breaks_off_gives_way_to_layers_and_is_not_asked_for_long(
    failure: str | Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine(failure)
    monkeypatch.setattr(by_engine, "positions", engine)
    placer = Placer()
    for _ in range(5):
        assert placer.place(MESH) == layered(MESH)
    assert engine.asked == 2


@pytest.mark.parametrize("failure", [EngineUnavailable("it crashed"), "graph 1 1 1\nstop"])
def test_an_engine_that_was_asked_for_by_name_is_not_replaced_without_a_word(
    failure: str | Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(by_engine, "positions", Engine(failure))
    with pytest.raises(EngineUnavailable):
        Placer("dot").place(MESH)


def test_where_every_way_leads_through_a_box_layers_are_what_is_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(layout, "place_by_graphviz", lambda problem, engine: None)
    assert Placer().place(MESH) == layered(MESH)


def test_a_stack_needs_no_engine_and_neither_does_what_is_large(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = Engine(AssertionError("asked"))
    monkeypatch.setattr(by_engine, "positions", engine)
    Placer().place(problem([BOX] * 500, [(i, i + 1) for i in range(499)]))
    Placer().place(problem([BOX] * 100, [(0, i) for i in range(1, 100)]))
    Placer().place(problem([BOX] * 20, list(combinations(range(20), 2))))
    assert engine.asked == 0


def test_an_engine_that_does_not_exist_is_told_before_anything_is_placed() -> None:
    with pytest.raises(LayoutError, match="no layout engine 'neato'"):
        Placer("neato")


def test_no_boxes_take_no_room() -> None:
    placed = Placer().place(problem([], [], 2, 1))
    assert (placed.width, placed.height, placed.entries, placed.exits) == (0, 0, (0, 0), (0,))
