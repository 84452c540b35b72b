"""Models that people know, folded and laid out on the meta device: nothing is in the way."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
import scenes
import torch

from graphview.autograd import capture, watch_nodes
from graphview.draw.layout.landings import LEAST_LANDING
from graphview.draw.picture import scene_of_graph
from graphview.draw.scene import Scene
from graphview.draw.shapes import LABEL_INSET
from graphview.model.graph import Graph

GALLERY = Path(__file__).parent.parent / "examples" / "gallery"
# Each in a size at which it is quickly captured.
MODELS = {
    "resnet": ("resnet18", {}),
    "unet": ("loss", {}),
    "gpt2": ("loss", {"layers": 3, "width": 48}),
    "mixtral": ("loss", {"layers": 1, "width": 64, "wide": 128}),
    "densenet": ("loss", {"depths": (4, 2)}),
    "lstm": ("loss10", {}),
}


@pytest.fixture(scope="module")
def graphs() -> dict[str, Graph]:
    """Captured with the lines and modules that fold them."""
    found = {}
    for name, (function, options) in MODELS.items():
        loss = runpy.run_path(str(GALLERY / f"{name}.py"))[function]
        with torch.device("meta"), watch_nodes():
            found[name] = capture({"loss": loss(**options)})
    return found


def assert_clear(scene: Scene) -> None:
    assert not scenes.overlapping(scene)
    assert not scenes.misplaced(scene)
    assert not scenes.crossings(scene)
    assert not scenes.struck(scene)
    assert not scenes.loose(scene)


@pytest.mark.parametrize("name", MODELS)
def test_a_first_view_has_few_boxes_with_nothing_in_the_way(
    name: str, graphs: dict[str, Graph]
) -> None:
    scene = scene_of_graph(graphs[name])
    assert_clear(scene)
    # Notes are texts on arrows.
    assert sum(placed.box.kind != "note" for placed in scene.boxes) <= 40
    (root,) = [placed for placed in scene.boxes if placed.box.kind == "root"]
    assert root.y == max(placed.y for placed in scene.boxes)


@pytest.mark.parametrize("fold", ("auto", "none"))
@pytest.mark.parametrize("name", MODELS)
def test_no_two_arrowheads_touch_and_each_title_stands_in_its_corner(
    name: str, fold: str, graphs: dict[str, Graph]
) -> None:
    scene = scene_of_graph(graphs[name], fold)
    assert not scenes.crowded(scene, LEAST_LANDING - 0.01)
    assert {round(frame.label_x - frame.x, 6) for frame in scene.frames} == {LABEL_INSET}


@pytest.mark.parametrize("name", MODELS)
def test_every_node_is_drawn_with_nothing_in_the_way(name: str, graphs: dict[str, Graph]) -> None:
    scene = scene_of_graph(graphs[name], "none")
    assert_clear(scene)
    drawn = {placed.box.id for placed in scene.boxes if placed.box.kind == "operation"}
    assert drawn == {node.id for node in graphs[name].operations}
    produced = {
        (tail, head) for tail, head in scenes.edges(scene) if tail in drawn and head in drawn
    }
    nodes = graphs[name].nodes
    assert produced == {
        (nodes[tail].id, nodes[head].id)
        for tail, head in graphs[name].edges()
        if nodes[tail].kind == "operation"
    }


def test_the_layers_of_a_transformer_fold_into_one_with_its_copies(
    graphs: dict[str, Graph],
) -> None:
    scene = scene_of_graph(graphs["gpt2"], 1)
    (layers,) = [placed.box for placed in scene.boxes if placed.box.copies > 1]
    assert layers.lines[0] == "3 × Block"


def test_the_main_path_of_a_network_of_blocks_is_straight(graphs: dict[str, Graph]) -> None:
    scene = scene_of_graph(graphs["resnet"], 1)
    middles = {p.x + p.width / 2 for p in scene.boxes if p.box.kind != "note"}
    assert max(middles) - min(middles) < 1
