"""What of a graph is shown: names and the nodes that they mean, paths, surroundings, edges cut."""

from __future__ import annotations

import pytest
from handmade import graph, graphs, model, node, selections
from hypothesis import given
from hypothesis import strategies as st

from graphview.draw.select import between, focus, nodes_named, restrict
from graphview.errors import SelectionError
from graphview.model.graph import ACCUMULATE, Graph

MODEL = model()
DEEP = 20_000


def chain(length: int) -> Graph:
    nodes = [node(0, ACCUMULATE)]
    nodes += [node(i, "MulBackward0", i - 1) for i in range(1, length)]
    return graph(nodes, {"loss": length - 1})


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("n6", {6}),
        ("leaf3", {3}),
        ("root0", {5}),
        ("blocks.0.fc", {1}),
        ("blocks.0", {1, 2}),
        ("blocks", {1, 2, 4, 5}),
        ("blocks.*.fc", {1, 4}),
        ("blocks.?", {1, 2, 4, 5}),
        ("act", {2, 5}),
        ("act#0", {2}),
        ("act#1", {5}),
        ("Net", {1, 2, 4, 5}),
        ("Linear", {1, 4}),
        ("yhat", {5}),
        ("loss", {7}),
        ("scaled", {6}),
        ("y", {5}),
        ("blocks.0.fc.weight", {0}),
        ("params['w']", {3}),
        ("params['*']", {3}),
        ("MulBackward0", {6}),
        ("mul.Tensor", {6}),
        ("mul", {6}),
        ("addmm*", {1, 4}),
        ("*Backward0", {1, 4, 6, 7}),
    ],
)
def test_a_name_means_nodes(text: str, meant: set[int]) -> None:
    assert nodes_named(MODEL, text) == meant


def test_a_module_in_which_nothing_runs_means_its_parameters() -> None:
    nodes = [node(0, ACCUMULATE), node(1, ACCUMULATE), node(2, "MulBackward0", 0, 1)]
    listed = graph(nodes, {"loss": 2}, {0: "scales.0", 1: "scales.1"})
    assert nodes_named(listed, "scales") == {0, 1}


def test_a_module_without_a_known_path_is_called_by_its_classes() -> None:
    nodes = [node(0, ACCUMULATE), node(1, "MulBackward0", 0, module="Net/Block")]
    assert nodes_named(graph(nodes, {"loss": 1}), "Net") == {1}


def test_an_id_goes_before_a_name_and_a_root_before_a_variable() -> None:
    nodes = [
        node(0, ACCUMULATE),
        node(1, "MulBackward0", 0, variable="loss"),
        node(2, "MulBackward0", 1, variable="loss"),
        node(3, "MeanBackward0", 2, variable="n1"),
    ]
    found = graph(nodes, {"loss": 2, "mean": 3})
    assert nodes_named(found, "n1") == {1}
    assert nodes_named(found, "loss") == {2}


def error(call: object, *arguments: object) -> str:
    with pytest.raises(SelectionError) as caught:
        call(*arguments)  # type: ignore[operator]
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_several_nodes_of_one_name_are_told_with_their_places() -> None:
    assert error(nodes_named, MODEL, "h") == (
        "'h' means 2 nodes: n1 (model.py:10 in blocks.0.fc), n4 (model.py:10 in blocks.1.fc); "
        "give the id of one of them."
    )


def test_at_most_eight_places_are_told() -> None:
    said = error(focus, chain(1_012), "mul")
    assert said == (
        "'mul' means 1,011 nodes: n1 (MulBackward0), n2 (MulBackward0), n3 (MulBackward0), "
        "n4 (MulBackward0), n5 (MulBackward0), n6 (MulBackward0), n7 (MulBackward0), "
        "n8 (MulBackward0) and 1,003 more; give the id of one of them."
    )


def test_a_leaf_and_a_variable_of_one_name_are_two_places() -> None:
    nodes = [node(0, ACCUMULATE), node(1, "MulBackward0", 0, variable="w0")]
    said = error(nodes_named, graph(nodes, {"loss": 1}), "w0")
    assert "n0 (leaf w0), n1 (MulBackward0);" in said


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("block.1.fc", "blocks.1.fc"),
        ("LOSS", "loss"),
        ("yhatt", "yhat"),
        ("MullBackward0", "MulBackward0"),
        ("blocks.*.fcc", "blocks.1.fc"),
    ],
)
def test_what_is_not_there_is_told_with_what_is_near(text: str, near: str) -> None:
    said = error(nodes_named, MODEL, text)
    start = f"nothing in this graph is called '{text}'; did you mean "
    assert said.startswith(start)
    listed = said.removeprefix(start).removesuffix("?").split(", ")
    assert near in listed
    assert len(listed) <= 5


@pytest.mark.parametrize(
    "text", ["zzzz", "n8", "n99999999999999", "leaf1", "root2", "zz*", "[", "("]
)
def test_where_nothing_is_near_it_is_told_what_can_be_given(text: str) -> None:
    assert error(nodes_named, MODEL, text).startswith(f"nothing in this graph is called '{text}'; ")


def test_what_can_be_given_depends_on_what_was_recorded() -> None:
    assert error(nodes_named, MODEL, "zzzz").endswith(
        "; give a node's id (n0 to n7), or the name of a module, leaf, variable or operation."
    )
    assert "recorded without source lines, it has no modules" in error(nodes_named, chain(3), "zz")
    assert error(nodes_named, MODEL, "").startswith("no name was given; give a node's id")


def test_data_is_told_with_the_node_that_keeps_it() -> None:
    assert error(nodes_named, MODEL, "scale") == (
        "'scale' is not in this graph, as no gradient goes to it; n6 (MulBackward0) keeps it for "
        "backward: give n6."
    )


@pytest.mark.parametrize("text", ["x" * 20_000, "*" * 200 + "q", "a*" * 60 + "!", "\x1b[2J\u202e"])
def test_a_hostile_name_is_answered_in_one_short_line(text: str) -> None:
    said = error(nodes_named, MODEL, text)
    assert len(said) < 300
    assert not {"\x1b", "\u202e"} & set(said)


# Surroundings.


@pytest.mark.parametrize(
    ("radius", "shown"),
    [(0, {4}), (1, {2, 3, 4, 5}), (2, {1, 2, 3, 4, 5, 6}), (3, set(range(8))), (50, set(range(8)))],
)
def test_a_focus_reaches_as_far_as_its_radius(radius: int, shown: set[int]) -> None:
    assert focus(MODEL, "n4", radius) == shown


@given(graphs(), st.integers(0, 9), st.data())
def test_a_greater_radius_adds_exactly_the_neighbours(of: Graph, radius: int, data: st.DataObject):
    start = data.draw(st.sampled_from(of.nodes)).id
    near, far = focus(of, start, radius), focus(of, start, radius + 1)
    assert far - near == {
        end
        for edge in of.edges()
        for end, other in (edge, edge[::-1])
        if other in near and end not in near
    }
    assert near <= far


# Paths.


def paths(of: Graph, start: int, end: int) -> list[list[int]]:
    """Each path by itself, which is slow and plainly right."""
    if start == end:
        return [[end]]
    users = {user for producer, user in of.edges() if producer == start}
    return [[start, *path] for user in users for path in paths(of, user, end)]


@given(graphs(), st.data())
def test_what_lies_between_is_what_is_on_a_path(of: Graph, data: st.DataObject) -> None:
    start, end = (data.draw(st.sampled_from(of.nodes)) for _ in range(2))
    expected = {index for path in paths(of, start.index, end.index) for index in path}
    if expected:
        assert between(of, start.id, end.id) == expected
        return
    said = error(between, of, start.id, end.id)
    assert ("swap the two" in said) == bool(paths(of, end.index, start.index))
    assert ("no path connects them" in said) == (not paths(of, end.index, start.index))


def test_modules_may_be_the_ends() -> None:
    assert between(MODEL, "blocks.0", "blocks.1") == {1, 2, 4, 5}
    assert between(MODEL, "blocks.1", "loss") == {4, 5, 6, 7}
    assert between(MODEL, "act#0", "scaled") == {2, 4, 5, 6}


def test_one_end_is_enough() -> None:
    assert between(MODEL, "scaled", None) == {6, 7}
    assert between(MODEL, None, "act#0") == {0, 1, 2}
    assert between(MODEL, None, None) == set(range(8))


def test_the_other_order_and_no_path_are_told_apart() -> None:
    assert error(between, MODEL, "loss", "blocks.0") == (
        "nothing lies between 'loss' and 'blocks.0': in the forward pass 'blocks.0' is first; "
        "swap the two."
    )
    assert error(between, MODEL, "leaf0", "leaf3") == (
        "nothing lies between 'leaf0' and 'leaf3': no path connects them, in either direction; "
        "give two on one path, as from a leaf to a root (yhat, loss)."
    )


# What is cut.


def test_a_part_keeps_its_names_and_knows_what_it_loses() -> None:
    part = restrict(MODEL, {4, 5, 6})
    assert [node.id for node in part.nodes] == ["n4", "n5", "n6"]
    assert list(part.edges()) == [(4, 5), (5, 6)]
    assert part.before == {4: (2, 3), 6: (1,)}
    assert part.after == {6: (7,)}
    assert part.leaves == ()
    assert [(place, root.name) for place, root in part.roots] == [(0, "yhat")]


@given(graphs(), st.data())
def test_each_edge_of_a_kept_node_is_kept_or_noted(of: Graph, data: st.DataObject) -> None:
    kept = data.draw(selections(of))
    part = restrict(of, kept)
    assert [edge for edge in of.edges() if set(edge) <= kept] == list(part.edges())
    noted = {(other, user) for user, lost in part.before.items() for other in lost}
    noted |= {(producer, other) for producer, lost in part.after.items() for other in lost}
    assert noted == {edge for edge in of.edges() if len(set(edge) & kept) == 1}
    assert {node.index for node in part.nodes} == kept
    assert {leaf.node for leaf in part.leaves} == kept & {leaf.node for leaf in of.leaves}


def test_depth_is_no_limit() -> None:
    deep = chain(DEEP)
    assert between(deep, "w0", "loss") == set(range(DEEP))
    assert focus(deep, "loss", DEEP) == set(range(DEEP))
    assert len(list(restrict(deep, range(5, DEEP)).edges())) == DEEP - 6
