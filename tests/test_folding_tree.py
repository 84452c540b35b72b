"""The tree that a graph folds into: modules, repeats, functions and lines, and their counts."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from textwrap import dedent

import handmade
import pytest
from foldable import Writer, blocks, chain, linear, nests, outline, shuffled
from hypothesis import given, settings
from hypothesis import strategies as st

from graphview.draw.detail import Detail
from graphview.draw.folding.parts import Group, Item, Part, Tree, items_of
from graphview.draw.folding.repeats import runs_of
from graphview.draw.folding.tree import tree_of
from graphview.draw.select import restrict
from graphview.model.graph import Graph, TensorInfo


def shown(graph: Graph, **options: object) -> str:
    return "\n".join(outline(tree_of(graph, **options).top))


def text(lines: str) -> str:
    return dedent(lines).strip()


# Modules.


def test_calls_nest_and_leaves_stand_beside_what_uses_them() -> None:
    assert shown(handmade.model()) == text("""
        Net [Net|Net]
          blocks.0 [blocks.0|Block]
            blocks.0.fc [fc|Linear]
              n1 leaf0
            act [act|Act]
              n2
          blocks.1 [blocks.1|Block]
            blocks.1.fc [fc|Linear]
              n4 leaf3
            act#1 [act#1|Act]
              n5
        n6
        n7
        root0
        root1
        """)


def test_calls_of_one_module_are_numbered_and_a_tied_leaf_stands_at_each_use() -> None:
    writer = Writer()
    data, weight = writer.leaf("x"), writer.leaf("cell.weight")
    for name in ("Mul", "Add"):
        writer.enter("Cell", "cell")
        data = writer.op("Tanh", writer.op(name, data, weight))
        writer.leave()
    assert shown(writer.graph(y=data)) == text("""
        cell [cell|Cell]
          n2 leaf0 leaf1
          n3
        cell#1 [cell#1|Cell]
          n4 leaf1x1
          n5
        root0
        """)


def test_a_leaf_that_one_operation_takes_twice_stands_there_once() -> None:
    writer = Writer()
    leaf = writer.leaf("w")
    assert shown(writer.graph(y=writer.op("Mul", leaf, leaf))) == "n1 leaf0\nroot0"


def test_modules_without_a_path_are_called_by_their_class_from_outside_in() -> None:
    writer = Writer()
    writer.enter("Net")
    writer.enter("Block")
    data = writer.op("Mul", writer.op("Add", writer.leaf("x")))
    assert shown(writer.graph(y=data)) == text("""
        Net [Net|Net]
          Net/Block [Block|Block]
            n1 leaf0
            n2
        root0
        """)


def test_a_module_that_stands_elsewhere_keeps_its_whole_path() -> None:
    writer = Writer()
    writer.enter("Block", "blocks.0")
    writer.enter("Act", "shared.act")
    data = writer.op("Tanh", writer.leaf("x"))
    writer.leave()
    assert shown(writer.graph(y=writer.op("Mul", data))).splitlines()[1] == (
        "  shared.act [shared.act|Act]"
    )


def test_a_call_without_an_operation_is_left_out() -> None:
    writer = Writer()
    writer.enter("Net", "")
    writer.enter("Dropout", "drop")
    writer.leave()
    data = writer.op("Mul", writer.leaf("x"))
    assert shown(writer.graph(y=data)) == "Net [Net|Net]\n  n1 leaf0\nroot0"


def test_parts_stand_in_the_order_of_time_whatever_the_order_of_the_walk() -> None:
    graph = blocks(1)
    names = [node.name for node in graph.nodes if node.kind == "operation"]
    turned = replace(
        graph,
        nodes=tuple(
            node if node.sequence is None else replace(node, sequence=node.sequence * 10)
            for node in graph.nodes
        ),
    )
    items = [item for item in tree_of(turned).items if item.kind == "operation"]
    assert [graph.nodes[item.number].name for item in items] == names


def test_where_the_times_contradict_the_edges_the_order_of_the_walk_counts() -> None:
    graph = chain(3)
    last = len(graph.nodes)
    nodes = [replace(n, sequence=n.sequence and last - n.sequence) for n in graph.nodes]
    assert shown(replace(graph, nodes=tuple(nodes))) == "n1 leaf0\nn2\nn3\nroot0"


def test_nodes_of_a_double_backward_stand_outside_of_the_calls() -> None:
    writer = Writer()
    inner = linear(writer, "fc", writer.leaf("x"))
    slope = writer.op("MulBackward", inner, inner)
    graph = writer.graph(penalty=writer.op("Pow", slope))
    assert shown(graph) == text("""
        fc [fc|Linear]
          n3 leaf1
          n4 leaf0 leaf2
        n5
        n6
        root0
        """)


# Roots and single leaves.


def test_roots_stand_last_and_one_that_is_a_leaf_has_it_above() -> None:
    writer = Writer()
    leaf = writer.leaf("w")
    first = writer.op("Mul", leaf)
    graph = writer.graph(leaf, first, leaf, last=writer.op("Add", first))
    assert shown(graph) == text("""
        n1 leaf0
        n2
        root0 leaf0x1
        root1
        root2
        """)


def test_two_roots_that_are_one_leaf_have_it_twice() -> None:
    writer = Writer()
    leaf = writer.leaf("w")
    assert shown(writer.graph(a=leaf, b=leaf)) == "root0 leaf0\nroot1 leaf0x1"


def test_without_leaves_a_root_that_is_one_stands_alone() -> None:
    graph = Writer()
    assert shown(graph.graph(w=graph.leaf("w")), detail=Detail(leaves=False)) == "root0"


def test_of_a_selection_only_the_part_is_folded() -> None:
    graph = handmade.model()
    assert shown(graph, only=restrict(graph, {1, 2})) == text("""
        Net [Net|Net]
          blocks.0 [blocks.0|Block]
            blocks.0.fc [fc|Linear]
              n1 before1
            act [act|Act]
              n2
        """)


def test_a_selected_leaf_that_nothing_selected_uses_is_shown_by_itself() -> None:
    graph = handmade.model()
    assert shown(graph, only=restrict(graph, {0, 7})) == "leaf0\nn7 before7\nroot1"


def test_a_graph_without_calls_is_a_list() -> None:
    assert shown(chain(3)) == "n1 leaf0\nn2\nn3\nroot0"


# Repeats.


def test_equal_modules_in_a_row_are_a_run() -> None:
    lines = shown(blocks(4, inner=1)).splitlines()
    assert lines[2] == "  layers.0… [layers.0 … layers.3|Block] 4 x 1"
    assert sum(line.startswith("    layers.") for line in lines) == 4


def test_two_equal_modules_are_no_run() -> None:
    assert " x " not in shown(blocks(2, inner=1))


def test_calls_of_one_cell_are_a_run_by_its_name() -> None:
    writer = Writer()
    state, weight = writer.op("Mul", writer.leaf("x")), writer.leaf("cell.weight")
    for _ in range(5):
        writer.enter("Cell", "cell")
        state = writer.op("Tanh", writer.op("Mm", state, weight))
        writer.leave()
    assert shown(writer.graph(y=state)).splitlines()[1] == "cell… [cell … cell#4|Cell] 5 x 1"


def test_a_loop_outside_of_modules_is_a_run_of_its_lines() -> None:
    writer = Writer()
    data = writer.op("Mul", writer.leaf("x"))
    for _ in range(5):
        data = writer.op("Tanh", writer.op("Sin", writer.op("Mul", data, line=2), line=2), line=3)
    lines = shown(writer.graph(y=data)).splitlines()
    # Of three operations it takes four to be worth folding.
    assert lines[1] == "- [model.py:2–3|] 5 x 3"
    assert [line.strip() for line in lines[2:17]] == [f"n{i}" for i in range(2, 17)]


def test_a_single_operation_again_and_again_is_called_by_its_name() -> None:
    assert shown(chain(6)).splitlines()[1] == "- [MulBackward0|] 5 x 1"


def test_modules_of_other_shapes_are_none_of_a_run() -> None:
    writer = Writer()
    data = writer.op("Exp", writer.leaf("x"))
    for width in (1, 1, 1, 2):
        writer.enter("Block", f"b{width}")
        for name in ("Mul", "Add"):
            data = writer.op(name, data, tensor=TensorInfo((width,), "float32", "cpu"))
        writer.leave()
    lines = shown(writer.graph(y=data)).splitlines()
    assert lines[1].endswith("3 x 1")
    assert "b2 [b2|Block]" in lines


def test_of_many_modules_also_those_fold_that_differ_in_shape_and_it_is_counted() -> None:
    writer = Writer()
    data = writer.op("Exp", writer.leaf("x"))
    for width in range(20):
        writer.enter("Block", f"b.{width}")
        for name in ("Mul", "Add"):
            data = writer.op(name, data, tensor=TensorInfo((width,), "float32", "cpu"))
        writer.leave()
    run = tree_of(writer.graph(y=data)).top.parts[1]
    assert isinstance(run, Group)
    assert (run.copies, run.variants) == (20, 20)


def loop(wirings: list[bool]) -> Graph:
    """Four operations again and again; where it is said so the last two are connected otherwise."""
    writer = Writer()
    data = writer.op("Exp", writer.leaf("x"))
    for crossed in wirings:
        first = writer.op("Mul", data)
        second = writer.op("Add", first)
        third = writer.op("Sin", first if crossed else second)
        data = writer.op("Sub", second if crossed else first, third)
    return writer.graph(y=data)


def test_what_is_connected_in_another_way_is_no_unit_of_a_run() -> None:
    assert shown(loop([False] * 6)).splitlines()[1].endswith("6 x 4")
    lines = shown(loop([False] * 3 + [True] + [False] * 3)).splitlines()
    assert [line for line in lines if " x " in line] == ["- [|] 3 x 4"] * 2
    assert [line for line in lines if line in ("n14", "n15", "n16", "n17")] == lines[14:18]


@given(st.lists(st.integers(0, 3), max_size=40), st.integers(2, 4))
def test_runs_are_disjoint_in_order_and_of_equal_units(keys: list[int], fewest: int) -> None:
    done = 0
    for start, period, count in runs_of(keys, lambda start, period: fewest):
        assert start >= done
        assert count >= fewest
        unit = keys[start : start + period]
        done = start + period * count
        assert keys[start:done] == unit * count
        # And it ends where it has to.
        assert keys[done : done + period] != unit


@given(st.lists(st.integers(0, 2), max_size=30))
def test_no_unit_that_counts_for_nothing_makes_a_run(keys: list[int]) -> None:
    assert not list(runs_of(keys, lambda start, period: 0))


def test_finding_runs_takes_work_that_grows_with_the_length_even_where_there_are_none() -> None:
    def asked(length: int) -> int:
        calls = 0

        def worth(start: int, period: int) -> int:
            nonlocal calls
            calls += 1
            return 0

        assert not list(runs_of([place % 30 for place in range(length)], worth))
        return calls

    assert asked(4_000) < 2.2 * asked(2_000)


# Keys.


Form = tuple[str, int, int, int]
FORMS = st.tuples(
    st.sampled_from(("Tanh", "Sin")), st.integers(1, 2), st.integers(0, 1), st.integers(0, 2)
)


def block(writer: Writer, data: int, form: Form) -> int:
    """Operations of which the one, the shape and two connections are as the form has them."""
    name, width, above, past = form
    writer.enter("Block", f"b{len(writer.calls)}")
    first = writer.op("Mul", data, tensor=TensorInfo((width,), "float32", "cpu"))
    second = writer.op(name, first)
    third = writer.op("Exp", (first, second)[above])
    data = writer.op("Add", (data, first, second)[past], third)
    writer.leave()
    return data


@given(FORMS, FORMS)
def test_keys_are_equal_where_operations_shapes_and_connections_are(one: Form, other: Form) -> None:
    writer = Writer()
    data = writer.op("Exp", writer.leaf("x"))
    for form in (one, other):
        data = block(writer, data, form)
    _, first, second, *_ = tree_of(writer.graph(y=data)).top.parts
    assert isinstance(first, Group)
    assert isinstance(second, Group)
    assert (first.key == second.key) == (one == other)


def test_of_equal_calls_one_is_folded_and_the_others_when_somebody_looks_into_them() -> None:
    tree = tree_of(blocks(50))
    net = tree.top.parts[0]
    assert isinstance(net, Group)
    run = net.parts[1]
    assert isinstance(run, Group)
    each = [block for block in run.parts if isinstance(block, Group)]
    assert [block.made is not None for block in each].count(True) == 1
    numbers = [block.number for block in each]
    assert [group for group in tree.groups() if group in each] == each
    assert all(block.made is not None for block in each)
    assert numbers == [place for place, group in enumerate(parts_of(tree)) if group in each]


@pytest.mark.parametrize(("inner", "runs"), [(2, 0), (4, 1)])
def test_in_equal_calls_the_same_is_folded(inner: int, runs: int) -> None:
    tree = tree_of(blocks(3, inner=inner))
    each = [group for group in tree.groups() if group.kind == "Block" and not group.units]
    held = [[part.kind for part in block.parts] for block in each]
    assert len(held) == 3
    assert held[0] == held[1] == held[2]
    for block in each:
        inside = [part for part in block.parts if isinstance(part, Group)]
        assert sum(bool(part.units) for part in inside) == runs
        assert all(part.parent is block for part in block.parts)


# Functions, lines and stretches.


def code(places: list[tuple[str, int]]) -> Graph:
    """A chain of operations that are all different, each at a line of a function."""
    writer = Writer()
    data = writer.leaf("x")
    for number, (function, line) in enumerate(places):
        data = writer.op(f"Op{number}", data, line=line, function=function)
    return writer.graph(y=data)


def groups(graph: Graph) -> list[tuple[str, str, str, int]]:
    found = tree_of(graph).groups()
    return [(group.name, group.kind, group.path, group.operations) for group in found]


def test_little_code_does_not_fold() -> None:
    assert groups(code([("turn", 1)] * 12 + [("scale", 5)] * 11)) == []


def test_more_code_folds_by_function() -> None:
    assert groups(code([("turn", 1)] * 12 + [("scale", 5)] * 14)) == [
        ("turn()", "function", "turn()", 12),
        ("scale()", "function", "scale()", 14),
    ]


def test_code_of_one_forward_folds_by_line() -> None:
    lines = [("forward", number) for number in (10, 11, 12) for _ in range(9)]
    assert groups(code(lines)) == [
        (f"v{line}", f"model.py:{line}", f"model.py:{line}", 9) for line in (10, 11, 12)
    ]


def test_a_long_function_folds_by_line_inside() -> None:
    places = [("long", number) for number in (1, 2, 3) for _ in range(10)] + [("short", 9)] * 2
    assert [name for name, *_ in groups(code(places))] == ["long()", "v1", "v2", "v3", "short()"]


def test_single_operations_between_functions_stay_what_they_are() -> None:
    places = [("turn", 1)] * 12 + [("scale", 5)] + [("turn", 1)] * 13
    assert [path for *_, path, _ in groups(code(places))] == ["turn()", "turn()"]


def test_what_nothing_else_folds_is_cut_and_roots_stay_in_sight() -> None:
    graph = code([("forward", 0)] * 41)
    nodes = tuple(replace(node, source=None) for node in graph.nodes)
    tree = tree_of(replace(graph, nodes=nodes))
    names = [(group.name, group.kind, group.path) for group in tree.groups()]
    assert names == [
        ("Op0Backward0 … Op23Backward0", "stretch", "n1…n24"),
        ("Op24Backward0 … Op40Backward0", "stretch", "n25…n41"),
    ]
    assert [part.id for part in tree.top.parts] == ["g1", "g2", "root0"]
    # Up to 40 parts are taken in.
    nodes = tuple(replace(node, source=None) for node in code([("forward", 0)] * 40).nodes)
    assert groups(replace(code([("forward", 0)] * 40), nodes=nodes)) == []


# Whatever the graph.


def parts_of(tree: Tree) -> list[Part]:
    return [tree.top, *tree.groups()]


@settings(max_examples=40)
@given(st.data())
def test_every_operation_and_root_is_in_the_tree_once_and_leaves_once_for_each_use(
    data: st.DataObject,
) -> None:
    graph = data.draw(nests())
    if graph.calls and data.draw(st.booleans()):
        anywhere = st.none() | st.integers(0, len(graph.calls) - 1)
        size = len(graph.nodes)
        graph = shuffled(graph, data.draw(st.lists(anywhere, min_size=size, max_size=size)))
    tree = tree_of(graph)
    items = list(items_of(tree.top.parts))
    assert items == list(tree.items)
    assert [item.position for item in items] == list(range(len(items)))
    kinds = Counter((item.kind, item.number) for item in items)
    assert kinds == Counter(
        [("operation", node.index) for node in graph.operations]
        + [("root", place) for place in range(len(graph.roots))]
    )
    leaves = {node.index for node in graph.nodes if node.kind == "accumulate"}
    pairs = {(tail, head) for tail, head in graph.edges() if tail in leaves}
    used = Counter(tail for tail, _ in pairs) + Counter(
        root.node for root in graph.roots if root.node in leaves
    )
    beside = [leaf for item in items for leaf in item.above]
    assert Counter(leaf.number for leaf in beside) == used
    assert len({leaf.id for leaf in beside}) == len(beside)


@settings(max_examples=40)
@given(nests())
def test_groups_are_numbered_from_outside_in_and_know_what_is_in_them(graph: Graph) -> None:
    tree = tree_of(graph)
    sizes = {leaf.node: 80 for leaf in graph.leaves}
    for number, group in enumerate(parts_of(tree)):
        assert isinstance(group, Group)
        assert group.number == number
        assert group.parts or group is tree.top
        items = list(items_of(group.parts))
        leaves = [leaf.number for item in items for leaf in item.above]
        assert group.operations == sum(item.kind == "operation" for item in items)
        assert (group.leaves, group.position) == (len(leaves), items[0].position)
        assert group.elements == sum(sizes[leaf] for leaf in set(leaves))
        for part in group.parts:
            assert part.parent is group
            if isinstance(part, Group):
                assert part.depth == group.depth + 1
        if group.units:
            assert [part for unit in group.units for part in unit] == group.parts


@settings(max_examples=40)
@given(nests())
def test_an_operation_stands_inside_the_calls_that_it_ran_in(graph: Graph) -> None:
    tree = tree_of(graph)
    for item in tree.items:
        if item.kind == "operation":
            around, call = [], graph.nodes[item.number].call
            while call is not None:
                around.append(graph.calls[call].kind)
                call = graph.calls[call].parent
            kinds = {call.kind for call in graph.calls}
            assert [g.kind for g in _around(item) if g.kind in kinds and not g.units] == around


def _around(item: Item) -> list[Group]:
    found, group = [], item.parent
    while group is not None:
        found.append(group)
        group = group.parent
    return found


# Deep and hostile.


@pytest.mark.parametrize("name", ["", "a\nb", "x" * 10_000, "\u202eevil", "<&\"'>", "a#1", "[*]"])
def test_any_name_is_a_group(name: str) -> None:
    writer = Writer()
    writer.enter(name, name or None)
    data = writer.op("Mul", writer.op("Add", writer.leaf(name or None)))
    writer.leave()
    (group,) = tree_of(writer.graph(y=data)).groups()
    assert (group.path, group.operations) == (name, 2)


def test_2000_calls_within_one_another_are_2000_groups() -> None:
    writer = Writer()
    data = writer.leaf("x")
    for _ in range(2000):
        writer.enter("Shell")
        data = writer.op("Add", writer.op("Mul", data))
    assert sum(1 for _ in tree_of(writer.graph(y=data)).groups()) == 2000
