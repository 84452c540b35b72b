"""What holds for the comparison of any two graphs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from handmade import graphs, model
from hypothesis import assume, given
from hypothesis import strategies as st

from graphview.compare.baseline import from_text, to_text
from graphview.compare.compared import compare
from graphview.compare.sketch import Sketch, sketch
from graphview.model.graph import ACCUMULATE, Edge, Graph, Node, TensorInfo

Mutation = Callable[[st.DrawFn, Graph], Graph]
LARGE = TensorInfo((81, 1), "float32", "cpu")
DOUBLE = TensorInfo((80, 1), "float64", "cpu")


def with_node(graph: Graph, node: Node) -> Graph:
    nodes = (*graph.nodes[: node.index], node, *graph.nodes[node.index + 1 :])
    return replace(graph, nodes=nodes)


def an_operation(draw: st.DrawFn, graph: Graph) -> Node:
    assume(graph.operations)
    return draw(st.sampled_from(graph.operations))


def other_operation(draw: st.DrawFn, graph: Graph) -> Graph:
    node = an_operation(draw, graph)
    name = "MulBackward0" if node.name != "MulBackward0" else "MeanBackward0"
    return with_node(graph, replace(node, name=name, operator=name))


def other_result(draw: st.DrawFn, graph: Graph) -> Graph:
    node = an_operation(draw, graph)
    return with_node(graph, replace(node, outputs=(draw(st.sampled_from([LARGE, DOUBLE])),)))


def other_leaf(draw: st.DrawFn, graph: Graph) -> Graph:
    assume(graph.leaves)
    place = draw(st.integers(0, len(graph.leaves) - 1))
    leaf = replace(graph.leaves[place], tensor=draw(st.sampled_from([LARGE, DOUBLE])))
    return replace(graph, leaves=(*graph.leaves[:place], leaf, *graph.leaves[place + 1 :]))


def other_root(draw: st.DrawFn, graph: Graph) -> Graph:
    return replace(graph, roots=(replace(graph.roots[0], tensor=LARGE), *graph.roots[1:]))


def frozen_leaf(draw: st.DrawFn, graph: Graph) -> Graph:
    """What uses the leaf takes a constant; the leaf itself is not there any more."""
    used = {edge.node for node in graph.operations for edge in node.inputs}
    roots = {root.node for root in graph.roots}
    free = [leaf for leaf in graph.leaves if leaf.node in used and leaf.node not in roots]
    assume(free)
    lost = draw(st.sampled_from(free))
    nodes = [
        replace(
            node,
            inputs=tuple(
                Edge(edge.argument, None) if edge.node == lost.node else edge
                for edge in node.inputs
            ),
        )
        for node in graph.nodes
    ]
    leaves = tuple(leaf for leaf in graph.leaves if leaf is not lost)
    return replace(graph, nodes=tuple(nodes), leaves=leaves)


def moved_edge(draw: st.DrawFn, graph: Graph) -> Graph:
    """An input comes from something that is computed otherwise."""
    node = an_operation(draw, graph)
    assume(any(edge.node is not None for edge in node.inputs) and node.index > 1)
    places = [i for i, edge in enumerate(node.inputs) if edge.node is not None]
    place = draw(st.sampled_from(places))
    other = draw(st.integers(0, node.index - 1))
    old = node.inputs[place].node
    assume(old is not None and computed(graph, old) != computed(graph, other))
    inputs = (*node.inputs[:place], Edge(None, other), *node.inputs[place + 1 :])
    return with_node(graph, replace(node, inputs=inputs))


def computed(graph: Graph, index: int | None) -> object:
    """All that a node is computed from, written out."""
    if index is None:
        return None
    node = graph.nodes[index]
    if node.name == ACCUMULATE:
        return graph.leaf_at()[index].name
    return node.name, tuple(computed(graph, edge.node) for edge in node.inputs)


MUTATIONS: list[Mutation] = [
    other_operation, other_result, other_leaf, other_root, frozen_leaf, moved_edge,
]  # fmt: skip


def written(of: Sketch) -> bytes:
    return to_text(of, torch="2.13.0", device="cpu").encode()


@given(graphs())
def test_a_graph_is_like_itself_and_like_its_baseline(graph: Graph):
    here = sketch(graph)
    kept = from_text(written(here), "baseline").sketch
    assert compare(here, sketch(graph)).differences == ()
    assert compare(kept, here).differences == ()
    assert written(kept) == written(here)


@given(st.data(), graphs() | st.just(model()), st.sampled_from(MUTATIONS))
def test_any_single_change_is_found(data: st.DataObject, graph: Graph, mutation: Mutation):
    changed = mutation(data.draw, graph)
    kept = from_text(written(sketch(graph)), "baseline").sketch
    found = compare(kept, sketch(changed)).differences
    assert found
    assert all(each.told for each in found)


@given(graphs(), graphs())
def test_a_comparison_is_the_same_from_both_sides(one: Graph, other: Graph):
    there, back = compare(sketch(one), sketch(other)), compare(sketch(other), sketch(one))
    assert there.match.ops == back.match.turned().ops
    assert there.match.leaves == back.match.turned().leaves
    assert len(there.changes) == len(back.changes)
    for gone, came in (("gone", "came"), ("leaves_gone", "leaves_came")):
        lost = sum(len(getattr(change, gone)) for change in there.changes)
        assert lost == sum(len(getattr(change, came)) for change in back.changes)


@given(graphs(), graphs())
def test_what_is_matched_is_of_one_kind(one: Graph, other: Graph):
    old, new = sketch(one), sketch(other)
    found = compare(old, new).match
    assert len(set(found.ops.values())) == len(found.ops)
    assert all(old.ops[i].family == new.ops[j].family for i, j in found.ops.items())
    assert found.leaves.keys() <= old.leaves.keys()
    assert set(found.leaves.values()) <= new.leaves.keys()


@given(st.binary() | st.text().map(str.encode))
def test_any_bytes_are_refused_in_a_sentence(text: bytes):
    from graphview.errors import BaselineError

    try:
        from_text(text, "loss.json")
    except BaselineError as error:
        assert str(error).startswith("loss.json is no baseline of graphview")
    else:
        raise AssertionError("a random file was read as a baseline")


@given(st.data(), graphs())
def test_a_damaged_baseline_is_refused_or_read(data: st.DataObject, graph: Graph):
    """Whatever a merge conflict leaves, nothing but our own error comes of it."""
    from graphview.errors import BaselineError

    text = written(sketch(graph))
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 40)))
    damaged = text[:start] + data.draw(st.binary(max_size=8)) + text[end:]
    try:
        kept = from_text(damaged, "loss.json")
    except BaselineError as error:
        assert "loss.json" in str(error)
    else:
        compare(kept.sketch, sketch(graph))
