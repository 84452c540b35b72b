"""The engine's SVG, read back as the scene that was meant."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from math import dist

import pytest
from svgs import GRAPHS, drawn, needed

from graphview.draw.drawing import Box, Drawing, to_dot
from graphview.draw.engines import layout
from graphview.draw.read import scene_of
from graphview.draw.scene import Placed, Scene
from graphview.draw.shapes import RING, stroke_of


def read(dot: str) -> Scene:
    return scene_of(layout(dot, engine="wasm").svg)


@pytest.mark.parametrize("name", GRAPHS)
def test_boxes_and_arrows_come_back_as_they_were_drawn(name: str) -> None:
    drawing, svg = drawn(name)
    scene = scene_of(svg)
    assert {placed.box for placed in scene.boxes} == set(drawing.boxes)
    ends = {route.id: (route.tail, route.head) for route in scene.routes}
    assert ends == {f"e{i}": arrow for i, arrow in enumerate(drawing.arrows)}
    assert scene.frames == ()


def test_a_box_has_the_size_that_it_was_given_and_a_root_its_outer_one() -> None:
    for placed in scene_of(drawn("loss")[1]).boxes:
        ring = 2 * RING if placed.box.kind == "root" else 0
        width, height = placed.box.points
        # The engine rounds to whole points.
        assert placed.width == pytest.approx(width + ring, abs=1)
        assert placed.height == pytest.approx(height + ring, abs=1)


def test_all_lies_within_the_scene() -> None:
    scene = scene_of(drawn("loss")[1])
    for placed in scene.boxes:
        assert placed.x > 0 and placed.x + placed.width < scene.width
        assert placed.y > 0 and placed.y + placed.height < scene.height


def test_an_arrow_reaches_from_its_tail_to_its_head() -> None:
    scene = scene_of(drawn("loss")[1])
    at = {placed.box.id: placed for placed in scene.boxes}
    for route in scene.routes:
        tail, head = at[route.tail], at[route.head]
        assert route.points[0][1] == pytest.approx(tail.y + tail.height, abs=1)
        assert head.y - 3 <= route.points[-1][1] <= head.y
        assert len(route.points) % 3 == 1


def test_the_line_stays_as_the_engine_drew_it() -> None:
    svg = ET.fromstring(drawn("loss")[1])
    lines = [
        path
        for path in svg.iter("{http://www.w3.org/2000/svg}path")
        if "L" not in path.get("d", "")
    ]
    scene = scene_of(drawn("loss")[1])
    for route in scene.routes:
        stroke = stroke_of(route)
        assert stroke.head is not None
        for point, before in zip(stroke.points, route.points[:-3], strict=True):
            assert dist(point, before) < 0.5
        # The head begins at the line's end.
        assert dist(stroke.points[-1], stroke.head[0]) < 3
    assert len(lines) >= len(scene.routes)


KINDS = ("leaf", "accumulate", "operation", "saved", "constant", "note", "root")


def test_every_kind_comes_back() -> None:
    boxes = tuple(
        Box(f"b{i}", kind, (kind, "(8,)"), f"told {kind}") for i, kind in enumerate(KINDS)
    )
    arrows = (("b0", "b1"), ("b1", "b2"), ("b2", "b3"), ("b4", "b2"), ("b2", "b5"), ("b2", "b6"))
    scene = read(to_dot(Drawing(boxes, arrows)))
    assert sorted((placed.box for placed in scene.boxes), key=lambda box: box.id) == list(boxes)
    tips = {route.head: route.tip for route in scene.routes}
    assert tips == {"b1": True, "b2": True, "b3": False, "b5": True, "b6": True}


def test_both_engines_are_read_alike() -> None:
    needed("dot")
    drawing, svg = drawn("loss")
    other = scene_of(layout(to_dot(drawing), engine="dot").svg)
    assert {placed.box for placed in other.boxes} == {p.box for p in scene_of(svg).boxes}


# Graphs that we did not write.


def test_a_turned_and_a_scaled_drawing_lie_within_their_scene() -> None:
    for attribute in ("rotate=90", 'size="1,1"', 'size="20,20!"'):
        scene = read(f'digraph {{ graph [{attribute}] a -> b -> c [label="x"] }}')
        assert len(scene.boxes) == 3
        for placed in scene.boxes:
            assert placed.x > -1 and placed.x + placed.width < scene.width + 1
            assert placed.y > -1 and placed.y + placed.height < scene.height + 1


def test_a_box_without_an_outline_stands_around_its_text() -> None:
    (placed,) = read("digraph { a [shape=none label=hello] }").boxes
    assert placed.box == Box("node1", "operation", ("hello",), "")
    assert (placed.width, placed.height) == pytest.approx(placed.box.points)


def test_an_arrow_that_points_back_has_no_tip_at_its_end() -> None:
    tips = [
        route.tip
        for kind in ("forward", "back", "both", "none")
        for route in read(f"digraph {{ a -> b [dir={kind}] }}").routes
    ]
    assert tips == [True, False, True, False]


def test_a_loop_and_parallel_arrows_are_read() -> None:
    scene = read("digraph { a -> a; a -> b; a -> b; a -> c [style=invis] }")
    assert len(scene.boxes) == 3
    assert all(len(route.points) % 3 == 1 for route in scene.routes)
    assert len(scene.routes) >= 3


@pytest.mark.parametrize(
    "svg",
    [
        "<svg/>",
        '<svg xmlns="http://www.w3.org/2000/svg"/>',
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="x"><g><g class="node"/><g/></g></svg>',
        '<svg xmlns="http://www.w3.org/2000/svg"><g><g class="edge"><path d="M1"/></g></g></svg>',
    ],
)
def test_what_is_hardly_an_svg_is_hardly_a_scene(svg: str) -> None:
    scene = scene_of(svg.encode())
    assert (scene.width, scene.height, scene.routes) == (0, 0, ())
    empty = Placed(Box("", "operation", (), ""), -8, -4, 16, 8)
    assert scene.boxes in ((), (empty,))


def test_what_is_no_xml_is_refused() -> None:
    with pytest.raises(ET.ParseError):
        scene_of(b"Error: <stdin>")


def test_a_title_is_taken_from_the_tooltip_only() -> None:
    drawing, _ = drawn("loss")
    bare = tuple(box._replace(title="t") for box in drawing.boxes)
    scene = read(to_dot(Drawing(bare, drawing.arrows)))
    assert {placed.box.title for placed in scene.boxes} == {"t"}
