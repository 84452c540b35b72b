"""A picture that builds itself up: each step has all of the one before, in its place."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from pictures import EVERYTHING, LOSS
from recordings import lesson

from graphview.commands.build_up import build_up
from graphview.commands.view_options import View
from graphview.draw.scene import Route, Scene
from graphview.draw.steps import backward, part_of
from graphview.errors import LayoutError, RootError


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


def test_a_node_waits_for_all_that_uses_it() -> None:
    long_way = Route("e9", "n2", "n4", LOSS.scene.routes[0].points)
    scene = replace(LOSS.scene, routes=(*LOSS.scene.routes, long_way))
    assert [step for step in new(backward(scene)) if "n2" in step or "n3" in step] == [
        {"n3"},
        {"n2"},
    ]


def test_a_circle_ends() -> None:
    around = Route("e9", "n4", "n2", LOSS.scene.routes[0].points)
    scene = replace(LOSS.scene, routes=(*LOSS.scene.routes, around))
    assert backward(scene) == [{"root0"}]
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
    routes = (
        Route("e4", "block/0", "note0", EVERYTHING.scene.routes[4].points, tip=False),
        Route("e5", "block/0", "n1", EVERYTHING.scene.routes[4].points),
    )
    scene = replace(EVERYTHING.scene, routes=routes)
    assert names(part_of(scene, {"block/0"})) == ["block/0", "note0"]
    assert names(part_of(scene, {"n1"})) == ["n1"]


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


def test_a_graph_that_holds_no_other_cannot_grow_by_roots() -> None:
    with pytest.raises(RootError, match=r"of that of yhat, .* give --steps backward\."):
        build_up("roots", lesson(epochs=3), "yhat", "wasm", None, View())


def test_too_many_steps_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graphview.commands.build_up.MOST_STEPS", 3)
    with pytest.raises(LayoutError, match=r"backward would be \d steps, and at most 3 are drawn"):
        build_up("backward", lesson(epochs=3), "loss", "wasm", None, View())
