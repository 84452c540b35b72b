"""How much a picture tells: lines in boxes, boxes beside them, and what is left out."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest
from handmade import ROW, SCALAR, graph, graphs, line, model, node, selections
from hypothesis import given
from hypothesis import strategies as st

from graphview.draw.boxes import anchors_of, boxes_of, drawing_of, extras_of, stubs_of
from graphview.draw.detail import WORDS, Detail, parse
from graphview.draw.drawing import Box, to_dot
from graphview.draw.engines import layout
from graphview.draw.select import restrict
from graphview.errors import SelectionError
from graphview.model.graph import (
    ACCUMULATE,
    Edge,
    Graph,
    Leaf,
    Root,
    SavedStatus,
    SavedTensor,
    TensorInfo,
)

MODEL = model()
SVG = "{http://www.w3.org/2000/svg}"


def data() -> Graph:
    """`loss = (w * x).mean()`, where x is data, and one more input that nobody kept."""
    product = replace(
        node(1, "MulBackward0"),
        inputs=(Edge("self", 0), Edge("other", None), Edge("mask", None), Edge(None, None)),
        saved=(
            SavedTensor("other", "kept", ROW, 320, 0, "x"),
            SavedTensor("result", "kept", SCALAR),
        ),
    )
    return graph([node(0, ACCUMULATE), product, node(2, "MeanBackward0", 1)], {"loss": 2})


def lines(of: Graph, detail: Detail, name: str) -> tuple[str, ...]:
    return boxes_of(of, detail)[name].lines


# Words.


def test_words_stand_between_commas() -> None:
    assert parse("shapes, Names,,shapes") == Detail(shapes=True, names=True)
    assert parse("") == Detail()
    assert parse("saved", accumulate=False, leaves=False) == Detail(
        saved=True, accumulate=False, leaves=False
    )
    assert parse(",".join(WORDS)) == Detail(True, True, True, True, True, True)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("shapes,shpes", "'shpes'; did you mean shapes?"),
        ("dtype", "'dtype'; did you mean dtypes?"),
        ("leaves", "'leaves'; there are shapes, names, "),
        ("!", "'!'; there are shapes, names, dtypes, saved, constants, source."),
        ("x" * 9_999, f"'{'x' * 40}'; there are shapes, names, "),
    ],
)
def test_an_unknown_word_is_told_with_the_one_that_was_meant(text: str, meant: str) -> None:
    with pytest.raises(SelectionError) as caught:
        parse(text)
    assert str(caught.value).startswith(f"nothing to show is called {meant}")


# Lines in boxes.


def test_without_words_a_box_has_the_lines_that_it_always_had() -> None:
    assert {name: box.lines for name, box in boxes_of(MODEL).items()} == {
        "leaf0": ("blocks.0.fc.weight", "(80, 1)"),
        "leaf3": ("params['w']", "(80, 1)"),
        "n0": (ACCUMULATE,),
        "n1": ("AddmmBackward0",),
        "n2": ("CellBackward", "opaque"),
        "n3": (ACCUMULATE,),
        "n4": ("AddmmBackward0",),
        "n5": ("CellBackward", "opaque"),
        "n6": ("MulBackward0",),
        "n7": ("MeanBackward0",),
        "root0": ("yhat", "()"),
        "root1": ("loss", "()"),
    }


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("names", ("MulBackward0", "scaled")),
        ("shapes", ("MulBackward0", "(80, 1)")),
        ("dtypes", ("MulBackward0", "float32")),
        ("dtypes,shapes", ("MulBackward0", "(80, 1) float32")),
        ("source", ("MulBackward0", "train.py:30")),
        ("source,names,shapes", ("MulBackward0", "scaled", "(80, 1)", "train.py:30")),
        ("saved,constants", ("MulBackward0",)),
    ],
)
def test_each_word_adds_its_line(words: str, told: tuple[str, ...]) -> None:
    assert lines(MODEL, parse(words), "n6") == told


def test_a_hidden_depth_is_told_before_the_details() -> None:
    told = lines(MODEL, parse("names,shapes"), "n5")
    assert told == ("CellBackward", "opaque", "y", "(80, 1)")


def test_leaves_and_roots_have_their_type_beside_their_shape() -> None:
    assert lines(MODEL, parse("dtypes"), "leaf3") == ("params['w']", "(80, 1) float32")
    assert lines(MODEL, parse("dtypes"), "root1") == ("loss", "() float32")
    every = parse(",".join(WORDS))
    assert lines(MODEL, every, "n0") == (ACCUMULATE,)


def test_equal_results_are_counted() -> None:
    other = TensorInfo(None, "int64", "cpu")
    split = replace(node(1, "MulBackward0", 0), outputs=(ROW, ROW, ROW, other))
    of = graph([node(0, ACCUMULATE), split], {"part": 1})
    assert lines(of, parse("shapes"), "n1")[1] == "3 × (80, 1), ragged"
    assert lines(of, parse("dtypes"), "n1")[1] == "3 × float32, int64"


def test_the_file_of_another_system_has_its_name_too() -> None:
    nodes = [node(0, ACCUMULATE), node(1, "MulBackward0", 0, source=0)]
    of = graph(nodes, {"loss": 1}, sources=(line(7, "src\\net\\model.py"),))
    assert lines(of, parse("source"), "n1")[1] == "model.py:7"


def test_a_node_of_which_nothing_is_known_has_no_further_line() -> None:
    bare = replace(node(1, "MulBackward0", 0), outputs=())
    of = graph([node(0, ACCUMULATE), bare], {"loss": 1})
    assert lines(of, parse("names,shapes,dtypes,source"), "n1") == ("MulBackward0",)


# Boxes beside the boxes.


def beside(of: Graph, words: str, index: int) -> list[tuple[Box, tuple[str, str]]]:
    return extras_of(of, of.nodes[index], parse(words))


def test_constants_are_named_by_what_was_saved_of_them_or_by_their_argument() -> None:
    found = beside(data(), "constants", 1)
    assert [(box.kind, box.lines, arrow) for box, arrow in found] == [
        ("constant", ("x", "(80, 1)"), ("constant1_1", "n1")),
        ("constant", ("mask",), ("constant1_2", "n1")),
        ("constant", ("input 3",), ("constant1_3", "n1")),
    ]
    assert found[0][0].title == (
        "constant x: (80, 1) float32 cpu; other of MulBackward0, for which no gradient is wanted"
    )


def test_saved_tensors_hang_on_their_operation() -> None:
    found = beside(data(), "saved,dtypes", 1)
    assert [(box.kind, box.lines, arrow) for box, arrow in found] == [
        ("saved", ("x", "(80, 1) float32"), ("n1", "saved1_0")),
        ("saved", ("result", "() float32"), ("n1", "saved1_1")),
    ]
    assert found[0][0].title == (
        "saved x: (80, 1) float32 cpu, 320 bytes; MulBackward0 keeps it for backward as other"
    )


@pytest.mark.parametrize("status", ["packed", "freed", "unread"])
def test_a_tensor_that_cannot_be_seen_says_why(status: SavedStatus) -> None:
    keeping = node(1, "MulBackward0", 0, saved=(SavedTensor("other", status),))
    of = graph([node(0, ACCUMULATE), keeping], {"loss": 1})
    ((box, _),) = beside(of, "saved", 1)
    assert box.lines == ("other", status)


def test_what_stands_beside_is_drawn_on_request_only() -> None:
    kinds = [box.kind for box in drawing_of(data()).boxes]
    assert not {"saved", "constant"} & set(kinds)
    assert beside(data(), "shapes,names,dtypes,source", 1) == []
    drawing = drawing_of(data(), parse("saved,constants"))
    assert [box.kind for box in drawing.boxes][len(kinds) :] == ["constant"] * 3 + ["saved"] * 2
    assert ("n1", "saved1_0") in drawing.arrows


def test_an_engine_draws_no_head_towards_a_saved_tensor_and_no_outline_of_a_note() -> None:
    part = restrict(data(), {1})
    dot = to_dot(drawing_of(part.graph, parse("saved,constants"), only=part))
    svg = ET.fromstring(layout(dot, engine="wasm").svg)
    heads = {}
    for group in svg.iter(f"{SVG}g"):
        *_, end = group.get("class", "").split() or [""]
        if end.startswith("to-"):
            heads[end] = group.find(f".//{SVG}polygon") is not None
    assert heads == {"to-n1": True, "to-saved1_0": False, "to-saved1_1": False, "to-after1": True}
    notes = [group for group in svg.iter(f"{SVG}g") if group.get("class") == "node note"]
    assert [n.find(f".//{SVG}polygon").get("stroke") for n in notes] == ["none", "none"]


# What is left out.


def test_without_accumulate_a_leaf_leads_to_its_users() -> None:
    shared = [node(0, ACCUMULATE), node(1, "MulBackward0", 0, 0), node(2, "MulBackward0", 0, 1)]
    drawing = drawing_of(graph(shared, {"loss": 2}), Detail(accumulate=False))
    assert [box.id for box in drawing.boxes] == ["leaf0", "n1", "n2", "root0"]
    assert drawing.arrows == (
        ("leaf0", "n1"),
        ("leaf0", "n1"),
        ("leaf0", "n2"),
        ("n1", "n2"),
        ("n2", "root0"),
    )


def test_without_leaves_their_bookkeeping_goes_too() -> None:
    drawing = drawing_of(MODEL, Detail(leaves=False))
    assert [box.kind for box in drawing.boxes] == ["operation"] * 6 + ["root"] * 2
    assert drawing == drawing_of(MODEL, Detail(leaves=False, accumulate=False))


def test_a_leaf_that_is_a_root() -> None:
    of = Graph((Root("w", ROW, 0),), (node(0, ACCUMULATE),), (Leaf(0, "w", ROW),), MODEL.operators)
    assert drawing_of(of, Detail(accumulate=False)).arrows == (("leaf0", "root0"),)
    alone = drawing_of(of, Detail(leaves=False))
    assert ([box.id for box in alone.boxes], alone.arrows) == (["root0"], ())


# A part of the graph.


def test_notes_count_what_is_not_shown() -> None:
    part = restrict(MODEL, {4, 5})
    drawing = drawing_of(MODEL, only=part)
    assert [box.id for box in drawing.boxes] == ["n4", "n5", "root0", "before4", "after5"]
    assert drawing.arrows == (
        ("n4", "n5"),
        ("n5", "root0"),
        ("before4", "n4"),
        ("n5", "after5"),
    )
    (note, arrow), *others = stubs_of(part, MODEL.nodes[4])
    assert (note.kind, note.lines, arrow) == ("note", ("2 more",), ("before4", "n4"))
    assert note.title == "not shown: computed from n2 CellBackward, n3 AccumulateGrad"
    assert others == []


def test_a_note_names_at_most_eight() -> None:
    nodes = [node(i, ACCUMULATE) for i in range(10)]
    of = graph([*nodes, node(10, "MulBackward0", *range(10))], {"loss": 10})
    ((note, _),) = stubs_of(restrict(of, {10}), of.nodes[10])
    assert note.title.endswith("n7 AccumulateGrad and 2 more")


def test_leaves_that_are_never_shown_are_not_missed() -> None:
    part = restrict(MODEL, {1})
    drawing = drawing_of(MODEL, Detail(leaves=False), only=part)
    assert [box.id for box in drawing.boxes] == ["n1", "after1"]


def test_a_note_hangs_on_the_leaf_where_accumulate_is_hidden() -> None:
    part = restrict(MODEL, {0})
    drawing = drawing_of(MODEL, Detail(accumulate=False), only=part)
    assert drawing.arrows == (("leaf0", "after0"),)


details = st.builds(Detail, *[st.booleans()] * 8)


@given(graphs(), details, st.data())
def test_each_arrow_has_its_boxes_and_each_edge_its_arrow(
    of: Graph, detail: Detail, data: st.DataObject
) -> None:
    part = restrict(of, data.draw(selections(of)))
    drawing, anchors = drawing_of(of, detail, only=part), anchors_of(of, detail, only=part)
    names = [box.id for box in drawing.boxes]
    assert len(set(names)) == len(names)
    assert {end for arrow in drawing.arrows for end in arrow} <= set(names)
    assert set(anchors.values()) <= set(names)
    seen = [edge for edge in part.edges() if anchors.keys() >= set(edge)]
    drawn = [arrow for arrow in drawing.arrows if set(arrow) <= {n.id for n in part.nodes}]
    if detail.accumulate:
        assert len(drawn) == len(seen)
    if detail.leaves:
        assert seen == list(part.edges())


@given(graphs(), details)
def test_all_of_a_graph_is_a_part_of_it(of: Graph, detail: Detail) -> None:
    everything = restrict(of, range(len(of.nodes)))
    assert drawing_of(of, detail, only=everything) == drawing_of(of, detail)
