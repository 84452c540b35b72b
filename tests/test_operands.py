"""What a constant is called in a picture: as the code calls it, where that is beyond doubt."""

from __future__ import annotations

from dataclasses import replace

import pytest
from handmade import ROW, graph, line, node

from graphview.draw.boxes import extras_of
from graphview.draw.detail import parse
from graphview.draw.operands import operand
from graphview.model.graph import ACCUMULATE, Edge, Graph, Leaf, SavedTensor

NONE = Edge("other", None)


def used(expression: str | None, *edges: Edge, saved: tuple[SavedTensor, ...] = ()) -> Graph:
    """`yhat = b.exp()`, and one more operation that this expression made of it."""
    yhat = replace(node(1, "ExpBackward0", 0), variable="yhat")
    last = replace(node(2, "SubBackward0", source=0), inputs=edges, saved=saved)
    of = graph(
        [node(0, ACCUMULATE), yhat, last],
        {"loss": 2},
        sources=(replace(line(3), expression=expression),),
    )
    return replace(of, leaves=(Leaf(0, "b", ROW),))


@pytest.mark.parametrize(
    ("expression", "edges", "name"),
    [
        ("yhat - y", (Edge("self", 1), NONE), "y"),
        ("self.y - yhat", (Edge("self", None), Edge("other", 1)), "self.y"),
        ("b * x", (Edge("self", 0), NONE), "x"),
        # Python runs 2 * b as b · 2.
        ("2 * b", (Edge("self", 0), NONE), None),
        ("yhat - y", (Edge("self", 0), NONE), None),
        ("torch.sub(yhat, y)", (Edge("self", 1), NONE), None),
        ("yhat - y - z", (Edge("self", 1), NONE), None),
        ("yhat - y", (Edge("self", None), NONE), None),
        ("yhat - y", (Edge("self", 1), NONE, Edge("alpha", None)), None),
        (None, (Edge("self", 1), NONE), None),
    ],
)
def test_an_operand_is_named_where_the_other_one_is_where_it_is_known(
    expression: str | None, edges: tuple[Edge, ...], name: str | None
) -> None:
    of = used(expression, *edges)
    constant = next(edge.argument for edge in edges if edge.node is None)
    assert operand(of, of.nodes[2], constant) == name


def constants(of: Graph) -> list[tuple[tuple[str, ...], str]]:
    extras = extras_of(of, of.nodes[2], parse("constants"))
    return [(box.lines, box.title) for box, _ in extras]


def test_a_constant_has_the_name_that_the_code_has_for_it() -> None:
    of = used("yhat - y", Edge("self", 1), NONE)
    told = "constant y; other of SubBackward0, for which no gradient is wanted"
    assert constants(of) == [(("y",), told)]


def test_what_was_saved_of_a_constant_names_it_first() -> None:
    known, unknown = (SavedTensor("other", "kept", ROW, variable=name) for name in ("seen", None))
    edges = Edge("self", 1), NONE
    assert constants(used("yhat - y", *edges, saved=(known,)))[0][0] == ("seen", "(80, 1)")
    assert constants(used("yhat - y", *edges, saved=(unknown,)))[0][0] == ("y", "(80, 1)")
    assert constants(used("sub(yhat, y)", *edges))[0][0] == ("other",)
