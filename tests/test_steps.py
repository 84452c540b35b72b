"""A picture that builds itself up: each step has all of the one before, in its place."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
import scenes
from foldable import Writer, blocks, linear
from pictures import EVERYTHING, LOSS
from recordings import lesson

from graphview.commands.build_up import build_up
from graphview.commands.view_options import View
from graphview.draw.fitted import Page
from graphview.draw.picture import scene_of_graph
from graphview.draw.scene import Route, Scene
from graphview.draw.steps import backward, part_of
from graphview.errors import LayoutError, RootError
from graphview.model.graph import Graph


def names(scene: Scene) -> list[str]:
    return [placed.box.id for placed in scene.boxes]


def new(steps: list[set[str]]) -> list[set[str]]:
    return [later - before for before, later in pairwise([set(), *steps])]


def test_backward_goes_from_the_root_node_by_node() -> None:
    assert new(backward(LOSS.scene)) == [
        {"root0"},
        {"n4"},
        {"n3"},
        {"n2"},
        {"n0", "leaf0"},
        {"n1", "leaf1"},
    ]


def test_what_stands_beside_a_node_comes_with_it() -> None:
    assert new(backward(EVERYTHING.scene)) == [
        {"root0", "note0"},
        {"n1", "saved1_0", "constant1_0"},
        {"block/0"},
        {"n0", "leaf0"},
    ]


def test_boxes_that_use_each_other_come_one_by_one_from_below() -> None:
    around = Route("e9", "n4", "n2", LOSS.scene.routes[0].points)
    scene = replace(LOSS.scene, routes=(*LOSS.scene.routes, around))
    steps = new(backward(scene))
    assert steps[:4] == [{"root0"}, {"n4"}, {"n3"}, {"n2"}]
    assert set().union(*steps) == set(names(scene))


def test_a_node_waits_for_all_that_uses_it() -> None:
    long_way = Route("e9", "n2", "n4", LOSS.scene.routes[0].points)
    scene = replace(LOSS.scene, routes=(*LOSS.scene.routes, long_way))
    assert [step for step in new(backward(scene)) if "n2" in step or "n3" in step] == [
        {"n3"},
        {"n2"},
    ]


def test_an_empty_picture_has_no_steps() -> None:
    assert backward(Scene(1, 1, (), ())) == []


def test_a_part_keeps_the_place_of_everything() -> None:
    part = part_of(EVERYTHING.scene, {"block/0", "n1", "root0"})
    assert (part.width, part.height) == (EVERYTHING.scene.width, EVERYTHING.scene.height)
    assert names(part) == ["block/0", "n1", "root0"]
    assert {frame.id for frame in part.frames} == {"outer", "inner"}
    assert [route.id for route in part.routes] == ["e4", "e6"]
    assert set(part.boxes) <= set(EVERYTHING.scene.boxes)
    assert part_of(EVERYTHING.scene, {"leaf0"}).frames == ()


def test_a_note_on_an_arrow_comes_with_the_arrow() -> None:
    scene = scene_of_graph(stages(3), 1)
    notes = [route for route in scene.routes if route.head == f"note{route.tail}"]
    assert notes
    for note in notes:
        heads = {route.head for route in scene.routes if route.tail == note.tail} - {note.head}
        both = part_of(scene, {note.tail, *heads})
        assert note.head in names(both) and note in both.routes
        alone = part_of(scene, {note.tail, note.head})
        assert names(alone) == [note.tail] and alone.routes == ()


def test_an_arrow_through_frames_comes_whole_with_its_ends() -> None:
    scene = scene_of_graph(blocks(2), "none")
    pieces = [route for route in scene.routes if route.head in {f.id for f in scene.frames}]
    assert pieces
    everything = part_of(scene, names(scene))
    assert everything == scene
    for step in backward(scene):
        assert not scenes.loose(part_of(scene, step))
        for route in part_of(scene, step).routes:
            assert route.tail in step


def test_no_step_of_backward_begins_with_a_note() -> None:
    scene = scene_of_graph(blocks(2), 2)
    assert any(placed.box.kind == "note" for placed in scene.boxes)
    steps = backward(scene)
    assert len(steps[0]) == 1
    for step in steps:
        part = part_of(scene, step)
        kept = {route.head for route in part.routes}
        assert all(p.box.id in kept for p in part.boxes if p.box.kind == "note")
    assert part_of(scene, steps[-1]) == scene


def test_root_by_root_each_step_is_the_graph_of_one_more() -> None:
    recording = lesson(epochs=3)
    pictures = build_up("roots", recording, "loss", "wasm", None, View())
    assert [picture.title for picture in pictures] == [
        f"Autograd graph of {name}" for name in ("yhat", "error", "loss")
    ]
    shown = [{placed.box for placed in picture.scene.boxes} for picture in pictures]
    assert shown[0] < shown[1] < shown[2]
    roots = [{box.lines[0] for box in boxes if box.kind == "root"} for boxes in shown]
    assert roots == [{"yhat"}, {"yhat", "error"}, {"yhat", "error", "loss"}]
    for picture, name, boxes in zip(pictures, ("yhat", "error", "loss"), shown, strict=True):
        own = recording.graphs[name]
        assert sum(box.kind != "root" for box in boxes) == len(own.nodes) + len(own.leaves)
        assert picture.graph == own
    assert len({(p.scene.width, p.scene.height) for p in pictures}) == 1


def test_node_by_node_the_titles_count() -> None:
    pictures = build_up("backward", lesson(epochs=3), "loss", "wasm", None, View())
    assert pictures[0].title == f"Autograd graph of loss, step 1 of {len(pictures)} of backward"
    assert (
        len(pictures[-1].scene.boxes)
        == len(build_up("roots", lesson(epochs=3), "loss", "wasm", None, View())[-1].scene.boxes)
        - 2
    )


def stages(count: int) -> Graph:
    """Linear modules one after the other, in one around them."""
    writer = Writer()
    data = writer.op("Exp", writer.leaf("x"))
    writer.enter("Net", "net")
    for number in range(count):
        data = linear(writer, f"net.{number}", writer.op(f"Act{number}", data))
    writer.leave()
    return writer.graph(**{f"stage{count}": data})


@pytest.mark.parametrize("way", ["roots", "backward"])
def test_steps_fold_as_one_picture_does_and_keep_their_places(way: str) -> None:
    graphs = {f"stage{count}": stages(count) for count in (2, 5, 20)}
    recording = replace(lesson(epochs=3), graphs=graphs, drawings={})
    page = Page(bounds=True, fits=lambda scene: len(scene.boxes) < 60)
    pictures = build_up(way, recording, "stage20", "wasm", None, View(), page)
    assert len(pictures) == 3 if way == "roots" else len(pictures) > 3
    places = [{(p.box.id, p.x, p.y) for p in picture.scene.boxes} for picture in pictures]
    assert all(before < later for before, later in pairwise(places))
    assert 20 < len(pictures[-1].scene.boxes) < 60
    kinds = {placed.box.kind for placed in pictures[-1].scene.boxes}
    assert "group" in kinds
    for picture in pictures:
        # Whatever stands there is led to or leads on.
        ends = {end for route in picture.scene.routes for end in (route.tail, route.head)}
        assert len(picture.scene.boxes) == 1 or set(names(picture.scene)) <= ends


def test_a_graph_that_holds_no_other_cannot_grow_by_roots() -> None:
    with pytest.raises(RootError, match=r"of that of yhat, .* give --steps backward\."):
        build_up("roots", lesson(epochs=3), "yhat", "wasm", None, View())


def test_too_many_steps_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graphview.commands.build_up.MOST_STEPS", 3)
    with pytest.raises(LayoutError, match=r"backward would be \d steps, and at most 3 are drawn"):
        build_up("backward", lesson(epochs=3), "loss", "wasm", None, View())
