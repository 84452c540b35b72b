"""Graphs that are written down, without torch: for the tests of what a picture shows."""

from __future__ import annotations

from hypothesis import strategies as st

from graphview.model.graph import (
    ACCUMULATE,
    Call,
    Edge,
    Graph,
    Leaf,
    Node,
    Operator,
    Root,
    SavedTensor,
    Source,
    TensorInfo,
)

SCALAR, ROW = (TensorInfo(shape, "float32", "cpu") for shape in ((), (80, 1)))
OPERATORS = {
    ACCUMULATE: Operator(ACCUMULATE, ACCUMULATE, "accumulate_grad", "builtin"),
    "AddmmBackward0": Operator("AddmmBackward0", "addmm", "addmm", "derivatives.yaml"),
    "MulBackward0": Operator("MulBackward0", "mul.Tensor", "mul", "derivatives.yaml"),
    "MeanBackward0": Operator("MeanBackward0", "mean", "mean", "derivatives.yaml"),
    "CellBackward": Operator("CellBackward", "Cell", "Cell", "custom", opaque="its backward"),
}


def node(index: int, name: str, *inputs: int | None, **more: object) -> Node:
    """A node that takes these nodes' results; None is an input without a gradient."""
    edges = tuple(Edge(None, each) for each in inputs)
    return Node(index, name, name, edges, (ROW,), **more)


def graph(
    nodes: list[Node],
    roots: dict[str, int],
    leaves: dict[int, str | None] | None = None,
    sources: tuple[Source, ...] = (),
    calls: tuple[Call, ...] = (),
) -> Graph:
    """A graph of these nodes; each AccumulateGrad is that of a leaf: `w0`, or as in `leaves`."""
    names = {n.index: f"w{n.index}" for n in nodes if n.name == ACCUMULATE} | (leaves or {})
    return Graph(
        tuple(Root(name, SCALAR, place) for name, place in roots.items()),
        tuple(nodes),
        tuple(Leaf(place, name, ROW) for place, name in names.items()),
        OPERATORS,
        sources,
        calls,
    )


def line(number: int, file: str = "model.py") -> Source:
    return Source(file, number, number, None, None, "forward", None, None)


def model() -> Graph:
    """Two blocks of two modules each, the second of which shares `act` with the first.

    0 ─ 1(b0.fc) ─ 2(act) ─ 4(b1.fc) ─ 5(act) ─ 6 ─ 7, with a leaf for each fc and n6 the product
    of n5 with n1 and with data.
    """
    return graph(
        [
            node(0, ACCUMULATE),
            node(1, "AddmmBackward0", 0, source=0, module="blocks.0.fc", call=2, variable="h"),
            node(2, "CellBackward", 1, source=1, module="act", call=3),
            node(3, ACCUMULATE),
            node(4, "AddmmBackward0", 2, 3, source=0, module="blocks.1.fc", call=5, variable="h"),
            node(5, "CellBackward", 4, source=1, module="act", call=6, variable="y"),
            node(
                6,
                "MulBackward0",
                5,
                1,
                source=2,
                variable="scaled",
                saved=(SavedTensor("other", "kept", ROW, 320, 0, "scale"),),
            ),
            node(7, "MeanBackward0", 6, source=3, variable="loss"),
        ],
        {"yhat": 5, "loss": 7},
        {0: "blocks.0.fc.weight", 3: "params['w']"},
        (line(10), line(20), line(30, "src/train.py"), line(31, "src/train.py")),
        (
            Call("Net", ""),
            Call("Block", "blocks.0", 0, 0),
            Call("Linear", "blocks.0.fc", 0, 1),
            Call("Act", "act", 0, 1),
            Call("Block", "blocks.1", 0, 0),
            Call("Linear", "blocks.1.fc", 0, 4),
            Call("Act", "act", 1, 4),
        ),
    )


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Any small graph: nodes that nothing goes into are leaves, and some edges occur twice."""
    nodes: list[Node] = []
    for index in range(draw(st.integers(1, 10))):
        inputs = draw(st.lists(st.integers(0, index - 1), max_size=3)) if index else []
        name = "AddmmBackward0" if inputs else ACCUMULATE
        constant = (None,) if inputs and draw(st.booleans()) else ()
        nodes.append(node(index, name, *inputs, *constant))
    others = draw(st.sets(st.sampled_from(range(len(nodes)))))
    places = {f"root{place}": place for place in {*others, len(nodes) - 1}}
    return graph(nodes, places)


def selections(of: Graph) -> st.SearchStrategy[frozenset[int]]:
    return st.frozensets(st.sampled_from(range(len(of.nodes))), min_size=1)
