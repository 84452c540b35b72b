"""A tall scene in columns: all of it is there, connected as before, and nothing is in the way."""

from __future__ import annotations

from collections import Counter
from itertools import permutations

import pytest
import scenes
from foldable import Writer, blocks, chain, linear, nests
from hypothesis import given, settings
from hypothesis import strategies as st

from graphview.draw.columns.curves import along, halves, passes
from graphview.draw.columns.cuts import MOST_LANES, cuts_of, evenly
from graphview.draw.columns.wrap import in_columns
from graphview.draw.fit import Style, arranged, sheet_of, too_small
from graphview.draw.fitted import ANY_PAGE, Page, fitted
from graphview.draw.picture import scene_of_graph
from graphview.draw.scene import Point, Route, Scene
from graphview.draw.select import restrict
from graphview.model.graph import Graph

SLIDE = Style(fit="16:9")
ON_SLIDE = Page(
    True,
    lambda scene: arranged(scene, SLIDE),
    lambda scene: too_small(sheet_of(scene, SLIDE), SLIDE) is None,
)


def assert_same(scene: Scene, wrapped: Scene) -> None:
    """Every box, as large as it was, and every arrow, between the same ends."""
    sizes = [Counter((p.box, p.width, p.height) for p in each.boxes) for each in (scene, wrapped)]
    assert sizes[0] == sizes[1]
    ends = [[(r.id, r.tail, r.head, r.tip) for r in each.routes] for each in (scene, wrapped)]
    assert ends[0] == ends[1]
    assert {frame.id for frame in scene.frames} <= {frame.id for frame in wrapped.frames}
    ids = [frame.id for frame in wrapped.frames]
    assert len(ids) == len(set(ids))


def assert_clear(scene: Scene) -> None:
    assert not scenes.overlapping(scene)
    assert not scenes.misplaced(scene)
    assert not scenes.crossings(scene)
    assert not scenes.loose(scene)


def around(scene: Scene) -> dict[str, list[str]]:
    """The frames around each box."""
    return {p.box.id: scenes.frames_around(scene, p.box.id) for p in scene.boxes}


def whole(frames: list[str]) -> list[str]:
    """The frames that these are pieces of."""
    return [frame.partition("c")[0] for frame in frames]


@pytest.mark.parametrize("fold", ["none", 1, 2])
def test_a_model_in_columns_is_the_same_model_with_nothing_in_the_way(fold: str | int) -> None:
    scene = scene_of_graph(blocks(4), fold)
    assert_clear(scene)
    found = list(in_columns(scene))
    assert found
    for wrapped in found:
        assert_same(scene, wrapped.scene)
        assert_clear(wrapped.scene)
        assert not scenes.struck(wrapped.scene)
        found_around = {name: whole(each) for name, each in around(wrapped.scene).items()}
        assert found_around == around(scene)
        assert wrapped.scene.height < scene.height
        assert wrapped.scene.width > scene.width


@settings(max_examples=40, deadline=None)
@given(nests(60))
def test_whatever_is_cut_stays_whole(graph: Graph) -> None:
    scene = scene_of_graph(graph, "none")
    clear = not scenes.crossings(scene)
    for wrapped in in_columns(scene):
        assert_same(scene, wrapped.scene)
        assert not scenes.overlapping(wrapped.scene)
        assert not scenes.misplaced(wrapped.scene)
        assert not scenes.loose(wrapped.scene)
        if clear:
            assert not scenes.crossings(wrapped.scene)


def test_columns_are_read_from_top_to_bottom_and_left_to_right() -> None:
    scene = scene_of_graph(chain(30), "none")
    wrapped = next(each for each in in_columns(scene) if each.columns == 3)
    assert wrapped.lanes == 2
    order = [p.box.id for p in sorted(scene.boxes, key=lambda p: p.y) if p.box.kind == "operation"]
    columns = [p for p in wrapped.scene.boxes if p.box.kind == "operation"]
    lefts = sorted({round(p.x + p.width / 2) for p in columns})
    assert len(lefts) == 3
    read = sorted(columns, key=lambda p: (round(p.x + p.width / 2), p.y))
    assert [p.box.id for p in read] == order
    heights = [sum(round(p.x + p.width / 2) == left for p in columns) for left in lefts]
    assert max(heights) - min(heights) <= 2


def test_no_arrow_to_the_next_column_crosses_another() -> None:
    writer = Writer()
    data = past = writer.op("Exp", writer.leaf("x"))
    far = writer.op("Sin", data)
    for _ in range(8):
        data = writer.op("Tanh", data)
    data = writer.op("Add", data, past)
    scene = scene_of_graph(writer.graph(y=writer.op("Mul", data, far)), "none")
    wide = [each for each in in_columns(scene) if each.lanes > each.columns - 1]
    assert wide
    for wrapped in wide:
        ways = [_straight_pieces(route) for route in wrapped.scene.routes]
        for one, other in permutations(ways, 2):
            assert not any(_cross(level, upright) for level in one for upright in other)


Piece = tuple[Point, Point]


def _straight_pieces(route: Route) -> list[Piece]:
    points = route.points
    return [(points[at], points[at + 3]) for at in range(0, len(points) - 1, 3)]


def _cross(level: Piece, upright: Piece) -> bool:
    (x0, y), (x1, end_y) = level
    (x, y0), (end_x, y1) = upright
    if y != end_y or x != end_x:
        return False
    return min(x0, x1) < x < max(x0, x1) and min(y0, y1) < y < max(y0, y1)


def test_leaves_stay_with_what_uses_them() -> None:
    scene = scene_of_graph(blocks(2), "none")
    places = {p.box.id: p for p in scene.boxes}
    for cut in cuts_of(scene):
        assert 1 <= len(cut.lanes) <= MOST_LANES
        for route in scene.routes:
            if places[route.tail].box.kind in ("leaf", "accumulate"):
                assert not passes(route.points, cut.y)


def test_what_is_left_out_is_told_beside_what_it_went_into() -> None:
    graph = chain(40)
    scene = scene_of_graph(graph, "none", only=restrict(graph, range(10, 41)))
    notes = {p.box.id for p in scene.boxes if p.box.kind == "note"}
    told = [route for route in scene.routes if {route.tail, route.head} & notes]
    assert told
    for cut in cuts_of(scene):
        assert not any(passes(route.points, cut.y) for route in told if route.tail in notes)


def test_no_part_of_a_frame_is_empty() -> None:
    for wrapped in in_columns(scene_of_graph(blocks(4), "none")):
        filled = {name for names in around(wrapped.scene).values() for name in names}
        assert filled == {frame.id for frame in wrapped.scene.frames}


def test_the_highest_of_the_columns_is_the_lowest_that_can_be() -> None:
    scene = scene_of_graph(chain(20), "none")
    cuts = cuts_of(scene)
    (cut,) = evenly(cuts, scene.height, 2) or []

    def highest(y: float) -> float:
        return max(y, scene.height - y)

    assert highest(cut.y) <= min(highest(other.y) for other in cuts) + 10
    assert evenly(cuts[:1], scene.height, 3) is None
    assert evenly([], scene.height, 2) is None


@given(
    st.lists(st.floats(0, 100), min_size=2, max_size=2),
    st.floats(1, 99),
)
def test_a_curve_that_is_cut_is_the_same_curve(xs: list[float], y: float) -> None:
    start, end = xs
    curve = ((start, 0.0), (start, 50.0), (end, 50.0), (end, 100.0))
    parts = halves(curve, y)
    assert parts is not None
    assert parts.upper[0] == curve[0] and parts.lower[-1] == curve[-1]
    assert parts.upper[-1] == pytest.approx(parts.lower[0])
    assert parts.lower[0][1] == pytest.approx(y, abs=1e-3)
    middle = halves(curve, 50.0)
    assert middle is not None and middle.x == pytest.approx((start + end) / 2)


def test_what_goes_up_and_down_again_is_not_cut() -> None:
    curve = along([(0.0, 0.0), (0.0, 60.0), (30.0, 60.0), (30.0, 10.0), (60.0, 10.0), (60.0, 90.0)])
    assert halves(curve, 40.0) is None
    assert halves(curve, 80.0) is not None


# On a page.


def test_on_a_slide_a_tall_picture_stands_in_columns_and_is_larger() -> None:
    tall = scene_of_graph(chain(30), "none")
    wrapped = arranged(tall, SLIDE)
    assert sheet_of(wrapped, SLIDE).text_size > 1.8 * sheet_of(tall, SLIDE).text_size
    assert arranged(tall, SLIDE) == wrapped
    for style in (Style(), Style(fit="none"), Style(fit="a4"), Style(width=300)):
        assert arranged(tall, style) is tall


def test_what_is_large_on_its_slide_stays_as_it_is() -> None:
    scene = scene_of_graph(chain(5), "none")
    assert sheet_of(scene, SLIDE).text_size >= 12
    assert arranged(scene, SLIDE) is scene


def flat(layers: int) -> Graph:
    """A net with so many parts that it opens only as a whole."""
    writer = Writer()
    data = writer.op("Exp", writer.leaf("x"))
    writer.enter("Net", "net")
    for number in range(layers):
        data = linear(writer, f"net.{number}", writer.op(f"Relu{number}", data))
        data = writer.op(f"Scale{number}", data, writer.leaf(f"net.scale{number}"))
    writer.leave()
    return writer.graph(loss=writer.op("Mean", data))


def test_no_box_hides_most_of_a_graph_where_a_page_has_room_for_more() -> None:
    graph = flat(12)
    found = fitted(graph, ON_SLIDE)
    operations = sum(placed.box.kind == "operation" for placed in found.scene.boxes)
    assert operations > 20
    assert sheet_of(found.scene, SLIDE).text_size >= 8
    assert fitted(graph, ON_SLIDE) == found
    # Without a page the view is the usual one.
    assert fitted(graph, ANY_PAGE).scene == scene_of_graph(graph)


def test_where_a_page_has_no_room_the_largest_closed_group_is_told() -> None:
    small = Page(True, fits=lambda scene: len(scene.boxes) < 8)
    found = fitted(blocks(12, inner=3), small)
    assert found.less and len(found.scene.boxes) < 8
    assert found.closed is not None
    opened = fitted(blocks(12, inner=3), small, expand=[found.closed])
    assert len(opened.scene.boxes) > len(found.scene.boxes)
    assert not fitted(blocks(12, inner=3), ANY_PAGE).less
