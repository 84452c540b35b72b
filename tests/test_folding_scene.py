"""A graph folded and laid out: what is in the scene, and that nothing is in the way of anything."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import handmade
import pytest
import scenes
from foldable import Writer, blocks, chain, linear, nests, shuffled
from hypothesis import given, settings
from hypothesis import strategies as st

import graphview.draw.layout.graphviz as by_engine
from graphview.draw import engines, layout
from graphview.draw.boxes import drawing_of
from graphview.draw.detail import Detail
from graphview.draw.folding.parts import Tree
from graphview.draw.folding.tree import tree_of
from graphview.draw.picture import scene_of_graph
from graphview.draw.scene import Scene
from graphview.draw.select import restrict
from graphview.draw.svg import Look, write_svg
from graphview.errors import LayoutError, LayoutTimeout
from graphview.model.graph import Graph, TensorInfo

FOLDS: tuple[str | int, ...] = ("none", 0, 1, "auto")
LOOK = Look("title", "description")
# A leaf that is used again is drawn again.
USE = re.compile(r"x\d+$")


def assert_clear(scene: Scene) -> None:
    assert not scenes.overlapping(scene)
    assert not scenes.misplaced(scene)
    assert not scenes.crossings(scene)
    assert not scenes.struck(scene)
    assert not scenes.loose(scene)


def ids(scene: Scene) -> list[str]:
    return [placed.box.id for placed in scene.boxes]


def anywhere(graph: Graph) -> st.SearchStrategy[list[int | None]]:
    """Calls for all nodes, as no forward pass would have them."""
    size = len(graph.nodes)
    calls = st.none() | st.integers(0, len(graph.calls) - 1)
    return st.lists(calls, min_size=size, max_size=size)


# Everything is drawn, and nothing is in the way.


@settings(max_examples=25)
@given(nests(40), st.sampled_from(FOLDS))
def test_nothing_is_in_the_way_of_anything(graph: Graph, fold: str | int) -> None:
    assert_clear(scene_of_graph(graph, fold))


@settings(max_examples=15)
@given(st.data(), st.sampled_from(FOLDS))
def test_neither_where_groups_feed_one_another_in_circles(
    data: st.DataObject, fold: str | int
) -> None:
    graph = data.draw(nests(30).filter(lambda graph: graph.calls))
    assert_clear(scene_of_graph(shuffled(graph, data.draw(anywhere(graph))), fold))


@settings(max_examples=15)
@given(nests(30), st.sampled_from(FOLDS))
def test_nor_where_no_engine_can_draw(graph: Graph, fold: str | int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engines, "ENGINES", {})
        scene = scene_of_graph(graph, fold)
        assert_clear(scene)
    assert Counter(ids(scene)) == Counter(ids(scene_of_graph(graph, fold)))


@settings(max_examples=25)
@given(nests(30))
def test_with_every_node_there_are_the_boxes_and_arrows_of_the_whole_drawing(graph: Graph) -> None:
    scene, drawing = scene_of_graph(graph, "none"), drawing_of(graph)
    assert len(set(ids(scene))) == len(scene.boxes)
    assert {USE.sub("", name) for name in ids(scene)} == {box.id for box in drawing.boxes}
    found = {(USE.sub("", tail), USE.sub("", head)) for tail, head in scenes.edges(scene)}
    assert found == set(drawing.arrows)


def owners(tree: Tree, scene: Scene) -> dict[int, str]:
    """The box in which each item is, by position; those that an open run hides are in none."""
    boxes, found = set(ids(scene)), {}
    for item in tree.items:
        part: object = item
        while part is not None:
            if part.id in boxes:
                found[item.position] = part.id
            part = part.parent
    return found


@settings(max_examples=30)
@given(nests(50), st.sampled_from((0, 1, "auto")))
def test_folded_boxes_are_connected_as_what_is_in_them(graph: Graph, fold: str | int) -> None:
    tree, scene = tree_of(graph), scene_of_graph(graph, fold)
    inside = owners(tree, scene)
    wanted = {
        (inside[source], inside[item.position])
        for item in tree.items
        for source in item.inputs
        if {item.position, source} <= inside.keys()
    }
    wanted = {(tail, head) for tail, head in wanted if tail != head}
    items = {item.id for item in tree.items} | {group.id for group in tree.groups()}
    found = {(tail, head) for tail, head in scenes.edges(scene) if {tail, head} <= items}
    if len(inside) == len(tree.items):
        assert found == wanted
    else:
        assert found >= wanted


@settings(max_examples=25)
@given(nests(40), st.sampled_from(FOLDS))
def test_each_arrow_leads_to_a_box_or_a_frame_and_ids_are_unique(
    graph: Graph, fold: str | int
) -> None:
    scene = scene_of_graph(graph, fold)
    names = [*ids(scene), *(frame.id for frame in scene.frames)]
    assert len(set(names)) == len(names)
    assert {route.head for route in scene.routes} <= {*names, "g0"}
    assert {route.tail for route in scene.routes} <= set(ids(scene))
    routes = [route.id for route in scene.routes]
    assert routes == [f"e{number}" for number in range(len(routes))]


@pytest.mark.parametrize(
    ("graph", "fold"),
    [
        (blocks(2), "none"),
        (blocks(12), "auto"),
        (blocks(12), 2),
        (chain(300, [f"Op{i}" for i in range(300)]), "none"),
        (chain(300, [f"Op{i}" for i in range(300)]), "auto"),
        (handmade.model(), "none"),
    ],
)
def test_written_down_graphs_have_nothing_in_the_way(graph: Graph, fold: str | int) -> None:
    scene = scene_of_graph(graph, fold)
    assert_clear(scene)
    boxes = {placed.box.id: placed for placed in scene.boxes}
    for route in scene.routes:
        if route.head in boxes and route.tip:
            assert route.points[-1][1] <= boxes[route.head].y + 0.1


# Frames.


def test_boxes_stand_in_the_frames_of_the_modules_that_they_ran_in() -> None:
    scene = scene_of_graph(blocks(2), "none")
    labels = {frame.id: frame.label for frame in scene.frames}
    around = {
        name: [labels[frame] for frame in scenes.frames_around(scene, name)] for name in ids(scene)
    }
    assert around["n24"] == around["root0"] == []
    assert around["n1"] == around["leaf0"] == ["Net"]
    assert around["n17"] == around["n23"] == ["Net", "layers.1 · Block"]
    assert around["leaf13"] == ["Net", "layers.1 · Block", "fc0 · Linear"]
    assert [frame.depth for frame in scene.frames] == [0, 1, 2, 2, 1, 2, 2]


def test_an_open_run_is_one_frame_with_copies_and_its_first_unit() -> None:
    scene = scene_of_graph(blocks(12), 2)
    (run,) = [frame for frame in scene.frames if frame.copies > 1]
    assert (run.label, run.copies) == ("layers.0 … layers.11 · 12 × Block", 12)
    inside = [name for name in ids(scene) if run.id in scenes.frames_around(scene, name)]
    # Two closed modules, two Relu and the sum; the first two and the first Relu say their shape.
    lines = Counter(p.box.lines[0] for p in scene.boxes if p.box.id in inside)
    assert lines == {"fc0": 1, "fc1": 1, "ReluBackward0": 2, "AddBackward0": 1, "(80, 1)": 3}


def test_a_label_longer_than_its_boxes_makes_its_frame_wide_enough() -> None:
    writer = Writer()
    data = writer.op("Exp", writer.leaf("x"))
    writer.enter("AVeryLongNameOfAClassForSomething", "and.a.long.path.that.leads.there")
    data = writer.op("Add", writer.op("Mul", data))
    scene = scene_of_graph(writer.graph(y=data), "none")
    (frame,) = scene.frames
    left, _, right, _ = scenes.label_of(frame)
    assert len(frame.label) > 60
    assert frame.x < left
    assert right < frame.x + frame.width
    assert_clear(scene)


# What flows.


def notes(scene: Scene) -> dict[str, str]:
    kinds = {placed.box.id: placed.box for placed in scene.boxes if placed.box.kind == "note"}
    return {name.removeprefix("note"): box.lines[0] for name, box in kinds.items()}


def test_where_groups_are_folded_shapes_stand_at_what_flows_and_on_its_way() -> None:
    scene = scene_of_graph(blocks(2), 2)
    shapes = {"n1", "n6", "n12", "n17"}
    assert {name for name in notes(scene) if name[0] == "n"} <= shapes
    assert set(notes(scene).values()) == {"(80, 1)"}
    closed = next(p.box.id for p in scene.boxes if p.box.kind == "group")
    assert (closed, f"note{closed}") in scenes.edges(scene)


def test_with_every_node_there_are_no_notes() -> None:
    assert notes(scene_of_graph(blocks(2), "none")) == {}


def test_of_several_results_it_is_said_how_many() -> None:
    writer = Writer()
    shapes = [TensorInfo((size,), "float32", "cpu") for size in (1, 1, 2)]
    data = writer.op("Exp", writer.leaf("x"))
    writer.enter("Split", "same")
    first, second = (writer.op(f"Op{i}", data, tensor=shapes[i]) for i in (0, 1))
    writer.leave()
    writer.enter("Split", "other")
    third, fourth = (writer.op(f"Op{i}", first, second, tensor=shapes[i]) for i in (0, 2))
    writer.leave()
    scene = scene_of_graph(writer.graph(y=writer.op("Cat", third, fourth)), 0)
    assert set(notes(scene).values()) == {"(80, 1)", "2 × (1,)", "2 tensors"}


def test_where_no_shape_is_known_there_is_no_note() -> None:
    graph = blocks(2)
    bare = replace(graph, nodes=tuple(replace(node, outputs=()) for node in graph.nodes))
    assert notes(scene_of_graph(bare, 1)) == {}
    ragged = TensorInfo(None, "float32", "cpu")
    nested = replace(graph, nodes=tuple(replace(n, outputs=(ragged,)) for n in graph.nodes))
    assert set(notes(scene_of_graph(nested, 1)).values()) == {"ragged"}


def experts(layers: int, each: int) -> Graph:
    """In each layer equal modules one after the other, then a sum with what came in."""
    writer = Writer()
    data = writer.op("Exp", writer.leaf("x"))
    for layer in range(layers):
        writer.enter("Layer", f"layers.{layer}")
        past = data
        for number in range(each):
            writer.enter("Expert", f"layers.{layer}.experts.{number}")
            data = writer.op("Tanh", writer.op("Sin", data))
            writer.leave()
        data = writer.op("Add", past, data)
        writer.leave()
    return writer.graph(y=data)


def test_what_comes_out_of_a_run_within_a_run_is_drawn_from_its_first_unit() -> None:
    graph = experts(4, 5)
    scene = scene_of_graph(graph, 9)
    sums = [placed.box.id for placed in scene.boxes if placed.box.lines[0] == "AddBackward0"]
    assert [frame.copies for frame in scene.frames] == [4, 5]
    (total,) = sums
    assert {tail for tail, head in scenes.edges(scene) if head == total} == {"n1", "n3"}
    assert {head for tail, head in scenes.edges(scene) if tail == total} == {"root0"}
    assert_clear(scene)


def test_what_flows_into_units_that_are_hidden_is_drawn_into_the_first_one() -> None:
    writer = Writer()
    given_in = [writer.op(f"Op{number}", writer.leaf("x")) for number in range(3)]
    state = writer.op("Exp", writer.leaf("h"))
    for data in given_in:
        writer.enter("Cell", "cell")
        state = writer.op("Tanh", writer.op("Add", state, data))
        writer.leave()
    scene = scene_of_graph(writer.graph(y=state), 1)
    (first,) = [placed.box.id for placed in scene.boxes if placed.box.lines == ("AddBackward0",)]
    # From all three, but not from one cell to the next.
    assert {tail for tail, head in scenes.edges(scene) if head == first} == {
        *(f"n{index}" for index in given_in),
        f"n{given_in[-1] + 2}",
    }
    assert_clear(scene)


# Beside operations.


def test_what_was_saved_and_constants_stand_beside_and_arrows_begin_at_the_box_itself() -> None:
    detail = Detail(saved=True, constants=True, shapes=True, source=True, dtypes=True, names=True)
    graph = handmade.model()
    many = tuple(
        replace(node, saved=graph.nodes[6].saved * 4) if node.index in (2, 6) else node
        for node in graph.nodes
    )
    graph = replace(graph, nodes=many)
    scene = scene_of_graph(graph, "none", detail=detail)
    assert {"saved6_0", "saved6_3", "saved2_0"} <= set(ids(scene))
    assert_clear(scene)
    below = {placed.box.id: placed.y + placed.height for placed in scene.boxes}
    (on,) = [route for route in scene.routes if route.tail == "n6" and route.head == "n7"]
    assert on.points[0][1] == pytest.approx(below["n6"])


@pytest.mark.parametrize("keep", [{1, 2}, {0}, {0, 7}, {7}, set(range(8)), set()])
def test_of_a_selection_the_rest_is_a_note(keep: set[int]) -> None:
    graph = handmade.model()
    only = restrict(graph, keep)
    scene = scene_of_graph(graph, "none", only=only)
    assert_clear(scene)
    drawing = drawing_of(graph, only=only)
    assert {USE.sub("", n) for n in ids(scene)} >= {
        box.id for box in drawing.boxes if box.kind in ("leaf", "operation", "root")
    }


def test_without_leaves_there_are_none_and_without_bookkeeping_arrows_lead_from_them() -> None:
    graph = blocks(1)
    bare = scene_of_graph(graph, "none", detail=Detail(leaves=False))
    assert {placed.box.kind for placed in bare.boxes} == {"operation", "root"}
    plain = scene_of_graph(graph, "none", detail=Detail(accumulate=False))
    assert {p.box.kind for p in plain.boxes} == {"operation", "root", "leaf"}
    assert ("leaf0", "n1") in scenes.edges(plain)


def test_the_names_of_leaves_begin_where_the_frame_around_them_ends() -> None:
    scene = scene_of_graph(blocks(1), "none")
    assert {p.box.lines[0] for p in scene.boxes if p.box.kind == "leaf"} == {
        *("tokens.weight", "weight", "bias"),
    }


def stages(leaves: list[str], variables: list[str]) -> Graph:
    """Equal modules but for what their leaf and their result are called; all results are added."""
    writer = Writer()
    data = writer.op("Mul", writer.leaf("x"))
    results = []
    for number, name in enumerate(leaves):
        writer.enter("Stage", f"stages.{number}")
        data = writer.op("Tanh", writer.op("Mul", data, writer.leaf(name), line=1), line=2)
        writer.leave()
        results.append(data)
    graph = writer.graph(sum=writer.op("Cat", *results))
    named = dict(zip(results, variables, strict=True))
    nodes = [replace(node, variable=named.get(node.index)) for node in graph.nodes]
    return replace(graph, nodes=tuple(nodes))


def test_what_equal_modules_do_not_share_is_their_own() -> None:
    leaves = ["stages.0.weight", "stages.1.weight", "elsewhere.weight", "stages.3.bias"]
    graph = stages(leaves, ["a", "b", "a", "c"])
    detail = Detail(names=True, shapes=True, source=True)
    boxes = [placed.box for placed in scene_of_graph(graph, "none", detail=detail).boxes]
    short = ["x", "weight", "weight", "elsewhere.weight", "bias"]
    assert [box.lines[0] for box in boxes if box.kind == "leaf"] == short
    nodes = {box.id: box for box in boxes if box.kind in ("operation", "accumulate")}
    whole = drawing_of(graph, detail).boxes
    assert nodes == {box.id: box for box in whole if box.kind in ("operation", "accumulate")}
    told = [nodes[node.id].lines[1] for node in graph.nodes if node.variable]
    assert told == ["a", "b", "a", "c"]


# Engines.


def meshes(names: list[str]) -> Graph:
    """A module for each name, in which two ways beside the longest one part and meet again."""
    writer = Writer()
    data = writer.op("Mul", writer.leaf("x"))
    for name in names:
        writer.enter("Mesh", f"mesh{name}")
        data = first = writer.op(name, data)
        second = writer.op("Relu", first)
        third = writer.op("Add", first, second)
        for _ in range(3):
            data = writer.op("Tanh", data)
        data = writer.op("Cat", data, second, third)
        writer.leave()
    return writer.graph(y=data)


def test_an_engine_that_hangs_is_asked_twice_and_the_picture_is_made_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []

    def hang(dot: str, **options: object) -> str:
        asked.append(dot)
        raise LayoutTimeout("it did not finish")

    monkeypatch.setattr(by_engine, "positions", hang)
    scene = scene_of_graph(meshes(["Exp", "Sigmoid", "LogSigmoid"]), "none")
    assert len(asked) == 2
    assert_clear(scene)


def test_an_unknown_engine_is_told_even_where_none_is_needed() -> None:
    with pytest.raises(LayoutError, match="no layout engine 'neato'"):
        scene_of_graph(chain(3), engine="neato")


def test_equal_groups_are_laid_out_once() -> None:
    def placed(graph: Graph) -> int:
        done = []
        place = layout.Placer.place
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                layout.Placer, "place", lambda self, asked: done.append(asked) or place(self, asked)
            )
            scene_of_graph(graph, "none")
        return len(done)

    # So few layers that all names are equally wide.
    assert placed(blocks(9)) == placed(blocks(5))


# The same bytes.

AGAIN = (
    "import foldable, hashlib; from graphview.draw.picture import scene_of_graph as of; "
    "from graphview.draw.svg import Look, write_svg as svg; "
    "folds = ['none', 1, 'auto']; "
    "graphs = [foldable.blocks(5), foldable.chain(60, ['A', 'B', 'C', 'D', 'E'])]; "
    "texts = [svg(of(g, f), Look('title', 'description')) for g in graphs for f in folds]; "
    "print(hashlib.sha256(''.join(texts).encode()).hexdigest())"
)


def test_every_run_gives_the_same_bytes() -> None:
    def svg() -> str:
        return write_svg(scene_of_graph(blocks(5), "none"), LOOK)

    assert svg() == svg()


def test_another_process_gives_the_same_bytes_whatever_its_hashes() -> None:
    folder = Path(__file__).parent
    paths = os.pathsep.join([str(folder), str(folder.parent)])
    told = [
        subprocess.run(
            [sys.executable, "-c", AGAIN],
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": paths},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert told[0] == told[1]
    assert len(told[0].strip()) == 64


# Deep, wide and hostile.


def nested(depth: int) -> Graph:
    """Modules within one another, each with operations before and after the next one."""
    writer = Writer()
    data = writer.leaf("x")
    for _ in range(depth):
        writer.enter("Shell")
        data = writer.op("Add", writer.op("Mul", data))
    for _ in range(depth):
        data = writer.op("Sub", data)
        writer.leave()
    return writer.graph(y=data)


def fan(width: int) -> Graph:
    """One result that many operations use, all of which one takes."""
    writer = Writer()
    first = writer.op("Mul", writer.leaf("x"))
    used = [writer.op(f"Op{number % 77}", first) for number in range(width)]
    return writer.graph(y=writer.op("Cat", *used))


def many_roots(count: int) -> Graph:
    writer = Writer()
    first = writer.op("Mul", writer.leaf("x"))
    return writer.graph(*(writer.op(f"Op{number}", first) for number in range(count)))


def recurrent(steps: int) -> Graph:
    writer = Writer()
    state, weight = writer.op("Mul", writer.leaf("x")), writer.leaf("cell.weight")
    for _ in range(steps):
        writer.enter("Cell", "cell")
        turned = writer.op("T", weight)
        both = writer.op("Addmm", state, turned)
        state = writer.op("Mul", writer.op("Tanh", both), writer.op("Sigmoid", both))
        writer.leave()
    return writer.graph(y=state)


def different(length: int) -> Graph:
    return chain(length, [f"Op{number}" for number in range(length)])


def random_names(length: int) -> Graph:
    # Names that come again and again, never with a period.
    return chain(length, [f"Op{number * number % 31 * number % 29}" for number in range(length)])


@pytest.mark.parametrize(
    ("make", "size", "folds"),
    [
        (chain, 20_000, ("auto",)),
        (chain, 2_000, ("none",)),
        (recurrent, 1_000, ("auto",)),
        (recurrent, 150, ("none",)),
        (nested, 2_000, ("auto",)),
        (nested, 1_100, ("none",)),
        (different, 5_000, ("auto",)),
        (fan, 3_000, ("auto",)),
        (fan, 300, ("none",)),
        (many_roots, 200, ("none", "auto")),
    ],
)
def test_graphs_of_any_form_and_size_are_drawn_whole(
    make: Callable[[int], Graph], size: int, folds: tuple[str | int, ...]
) -> None:
    graph = make(size)
    for fold in folds:
        scene = scene_of_graph(graph, fold)
        kinds = Counter(placed.box.kind for placed in scene.boxes)
        assert kinds["root"] == len(graph.roots)
        assert kinds["group"] + kinds["operation"] > 0
        if fold == "none":
            assert kinds["operation"] == len(graph.operations)


def work(call: Callable[[], object]) -> int:
    """How many functions are called, in Python and in C."""
    count = 0

    def seen(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(seen)
    try:
        call()
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("fold", ["none", "auto"])
@pytest.mark.parametrize(
    ("make", "size"),
    [
        (chain, 300),
        (different, 200),
        (random_names, 300),
        (recurrent, 30),
        (nested, 40),
        (fan, 100),
        (many_roots, 40),
        (lambda count: blocks(count, inner=1), 20),
    ],
    ids=["chain", "different", "random", "recurrent", "nested", "fan", "roots", "blocks"],
)
def test_twice_as_much_takes_no_more_than_twice_the_work(
    make: Callable[[int], Graph], size: int, fold: str
) -> None:
    scene_of_graph(make(size), fold)
    once, twice = (work(partial(scene_of_graph, make(n), fold)) for n in (size, 2 * size))
    assert twice < 2.4 * once


@pytest.mark.parametrize("name", ["", "a\nb", "x" * 10_000, "\u202eevil\u200f", "<&\"'>\x00"])
@pytest.mark.parametrize("fold", ["none", 0])
def test_hostile_names_stay_in_their_boxes(name: str, fold: str | int) -> None:
    writer = Writer()
    data = writer.op("Exp", writer.leaf(name or None))
    writer.enter(name, name or None)
    data = linear(writer, name, writer.op("Mul", data))
    writer.leave()
    graph = writer.graph(**{name: writer.op(name, data)})
    scene = scene_of_graph(graph, fold)
    assert_clear(scene)
    assert scene.width < 900
    ET.fromstring(write_svg(scene, LOOK))


def test_a_graph_of_nothing_is_a_picture_of_nothing() -> None:
    graph = Graph((), (), (), {})
    for fold in FOLDS:
        scene = scene_of_graph(graph, fold)
        assert (scene.boxes, scene.routes, scene.frames) == ((), (), ())
        ET.fromstring(write_svg(scene, LOOK))


def test_where_no_shape_is_known_nothing_is_said_of_what_flows() -> None:
    writer = Writer()
    data = writer.op("Mul", writer.leaf("x"))
    writer.enter("Split", "split")
    halves = writer.op("Exp", data), writer.op("Log", data)
    writer.leave()
    writer.enter("Join", "join")
    joined = writer.op("Tanh", writer.op("Add", *halves))
    writer.leave()
    known = writer.graph(y=joined)
    unknown = replace(known, nodes=tuple(replace(node, outputs=()) for node in known.nodes))
    first, second = (
        {" ".join(p.box.lines) for p in scene_of_graph(graph, 0).boxes if p.box.kind == "note"}
        for graph in (known, unknown)
    )
    assert any(text.startswith("2 × ") for text in first)
    assert second == set()


def test_a_leaf_is_called_by_its_path_from_the_module_inside_a_function_too() -> None:
    writer = Writer()
    data = writer.op("Mul", writer.leaf("x"))
    writer.enter("Big", "m.big")
    weight, bias = writer.leaf("m.big.weight"), writer.leaf("m.big.bias")
    for line in range(20):
        data = writer.op(f"One{line}", data, weight, line=line, function="one")
    for line in range(20, 40):
        data = writer.op(f"Two{line}", data, bias, line=line, function="two")
    writer.leave()
    scene = scene_of_graph(writer.graph(y=data), 5)
    assert {"m.big", "one()", "two()"} <= {
        frame.label.partition(" · ")[0] for frame in scene.frames
    }
    leaves = {placed.box.lines[0] for placed in scene.boxes if placed.box.kind == "leaf"}
    assert leaves == {"x", "weight", "bias"}
