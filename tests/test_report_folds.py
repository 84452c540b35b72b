"""What the page says of the folded boxes of a picture."""

from __future__ import annotations

import pytest
from foldable import Writer, blocks, chain, linear
from programs import folded
from recordings import page_of

from graphview.draw.folding.tree import tree_of
from graphview.draw.picture import scene_of_graph
from graphview.model.graph import Graph
from graphview.report.code import code_blocks
from graphview.report.folds import Fold, folds
from graphview.report.identity import identities


def _folds(graph: Graph, levels: int | str = 0) -> list[Fold]:
    """The folded boxes where so many levels of modules are open."""
    keys = identities({"loss": graph})["loss"]
    return list(folds(tree_of(graph), scene_of_graph(graph, levels), keys, "g0-"))


def _net() -> Graph:
    """A cell that is called twice, then a linear module whose leaf has no name."""
    writer, data = Writer(), 0
    data = writer.op("Embedding", writer.leaf("x"))
    for line in (4, 6):
        writer.enter("Cell", "cell")
        data = writer.op("Tanh", linear(writer, "cell.fc", data), line=line)
        data = writer.op("Tanh", data, line=line + 1)
        writer.leave()
        data = writer.op("Mul", data, data)
    return writer.graph(loss=data)


def test_a_call_is_told_with_its_module_class_number_operations_and_leaves() -> None:
    first, second = _folds(_net())
    assert first.what == "Call 1 of the 2 calls of the module cell, of the class Cell."
    assert (second.name, second.what) == (
        "cell#1",
        "Call 2 of the 2 calls of the module cell, of the class Cell.",
    )
    assert first.facts == (
        ("operations", "4"),
        ("families", "2\N{NO-BREAK SPACE}× TanhBackward0, TBackward0 and AddmmBackward0"),
        ("leaves", "2"),
        ("numbers in the leaves", "160"),
    )
    assert [(leaf.name, leaf.shape) for leaf in first.leaves] == [
        ("cell.fc.weight", "(80, 1)"),
        ("cell.fc.bias", "(80, 1)"),
    ]
    assert first.kinds == ("operation", "leaf", "accumulate")


def test_a_fold_knows_the_lines_that_ran_and_the_cards_of_what_is_in_it() -> None:
    graph = _net()
    first, second = _folds(graph)
    assert (first.places, second.places) == ("model.py:4–5", "model.py:6–7")
    assert first.lines == (("model.py", 4), ("model.py", 5))
    ids = identities({"loss": graph})["loss"]
    inside = {node.id for node in graph.nodes if node.call in (0, 1) and node.kind == "operation"}
    assert {ids[id_] for id_ in inside} <= first.held
    assert ids["root0"] not in first.held
    cell = next(leaf for leaf in graph.leaves if leaf.name == "cell.fc.weight")
    assert ids[cell.id] in first.held
    assert first.leaves[0].key == ids[cell.id]


def test_a_call_whose_module_is_not_known_is_told_by_its_class() -> None:
    writer = Writer()
    data = writer.op("Embedding", writer.leaf("x"))
    writer.enter("Cell")
    data = writer.op("Tanh", writer.op("Tanh", data))
    writer.leave()
    (fold,) = _folds(writer.graph(loss=data))
    assert fold.what == "One call of a module of the class Cell."
    assert fold.kinds == ("operation",)
    assert fold.leaves == ()
    assert "leaves" not in dict(fold.facts)


def test_a_run_is_told_with_what_is_in_all_of_its_units() -> None:
    (net,) = _folds(blocks(5))
    assert dict(net.facts)["leaves"] == "21"
    (run,) = _folds(blocks(5), 1)
    assert run.what == ("5 calls of Block in a row; the numbers below are those of all together.")
    assert dict(run.facts)["operations"] == "35"
    assert dict(run.facts)["leaves"] == "20"
    assert (len(run.leaves), run.more) == (8, 12)


def test_what_repeats_outside_of_modules_is_told_by_how_often_it_does() -> None:
    (run,) = _folds(chain(9))
    # The first one has a leaf, unlike the others.
    assert run.what.startswith("8 times the same operation in a row;")
    assert dict(run.facts)["families"] == "8\N{NO-BREAK SPACE}× MulBackward0"


def _in_places(functions: tuple[str, ...], lines: int) -> Graph:
    """Operations of these functions, ten in each of so many lines."""
    writer = Writer()
    data = writer.leaf("x")
    for place in range(len(functions) * lines):
        for step in range(10):
            name, function = ("Add", "Mul", "Tanh")[step % 3], functions[place // lines]
            data = writer.op(name, data, line=place + 1, function=function)
    return writer.graph(loss=data)


@pytest.mark.parametrize(
    ("graph", "what"),
    [
        (_in_places(("start", "finish"), 2), "What ran in the function start()."),
        (_in_places(("forward",), 4), "What one line of the code ran."),
    ],
    ids=["function", "line"],
)
def test_code_outside_of_modules_is_told_by_its_function_or_line(graph: Graph, what: str) -> None:
    assert _folds(graph)[0].what == what


def test_a_line_of_code_marks_the_folded_boxes_that_it_fills() -> None:
    recording = folded()
    (graph,) = recording.graphs.values()
    told = _folds(graph, "auto")
    assert told
    lines = {
        line.number: line.keys
        for block in code_blocks(recording.code, [], [graph], told)
        for line in block.lines
    }
    for fold in told:
        assert {number for number, keys in lines.items() if fold.key in keys} == {
            line for _, line in fold.lines
        }


def test_every_folded_box_has_a_card_and_kinds_that_no_picture_has_are_not_offered() -> None:
    page = page_of(folded())
    boxes = page.count('class="gv-node gv-group"')
    assert boxes == page.count('class="card group"') > 1
    assert 'data-kind="leaf"' in page
    assert 'data-kind="accumulate"' not in page
