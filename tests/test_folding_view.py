"""Which groups are open: by a budget of boxes, to a depth, and where somebody asks."""

from __future__ import annotations

import pytest
from foldable import Writer, blocks, chain, linear, nests
from hypothesis import given, settings

from graphview.draw.folding.levels import levels_of
from graphview.draw.folding.parts import Group, Item, Part, Tree
from graphview.draw.folding.tree import tree_of
from graphview.draw.folding.view import AUTO, MOST_BOXES, NONE, View, groups_named, view_of
from graphview.errors import SelectionError
from graphview.model.graph import Graph


def boxes(view: View) -> list[Part]:
    """The parts that are drawn as boxes, without what stands beside them."""
    levels, _ = levels_of(view)
    opened = {level.group for level in levels}
    return [part for level in levels for part in level.parts if part not in opened]


def count(view: View) -> int:
    parts = boxes(view)
    beside = (len(part.above) + len(part.aside) for part in parts if isinstance(part, Item))
    return len(parts) + sum(beside)


def names(view: View) -> list[str]:
    return [part.path if isinstance(part, Group) else part.id for part in boxes(view)]


def viewed(graph: Graph, fold: str | int = AUTO, expand: tuple[str, ...] = ()) -> list[str]:
    return names(view_of(tree_of(graph), fold, expand))


# By a budget.


@settings(max_examples=25)
@given(nests(60))
def test_a_first_view_has_at_most_40_boxes_where_the_outermost_level_allows(graph: Graph) -> None:
    tree = tree_of(graph)
    outer = View(tree, cut=True)
    outer.open(tree.top)
    assert count(view_of(tree)) <= max(MOST_BOXES, count(outer))


@pytest.mark.parametrize(
    "graph", [blocks(5), blocks(80), chain(3_000, [f"Op{i}" for i in range(3_000)])]
)
def test_a_large_graph_has_a_first_view_of_few_boxes(graph: Graph) -> None:
    assert 5 <= count(view_of(tree_of(graph))) <= MOST_BOXES


def test_a_small_graph_is_all_open() -> None:
    view = view_of(tree_of(blocks(2)))
    assert all(isinstance(part, Item) for part in boxes(view))


def test_the_outer_groups_open_first_and_of_these_the_larger() -> None:
    writer = Writer()
    data = writer.leaf("x")
    for name, size in (("small", 12), ("large", 14), ("medium", 13)):
        writer.enter("Part", name)
        for step in range(size):
            data = writer.op(f"{name}{step}", data)
        writer.leave()
    tree = tree_of(writer.graph(y=data))
    # The three and the root are four boxes, and inside small there is a leaf besides.
    shown = {most: names(view_of(tree, most=most)) for most in (16, 17, 29)}
    assert "large" in shown[16]
    assert [name for name in shown[17] if not name.startswith("n")] == ["small", "medium", "root0"]
    assert [name for name in shown[29] if not name.startswith("n")] == ["small", "root0"]


def test_one_that_does_not_fit_leaves_its_place_to_a_smaller_one() -> None:
    writer = Writer()
    data = writer.leaf("x")
    for name, size in (("small", 3), ("huge", 30)):
        writer.enter("Part", name)
        for step in range(size):
            data = writer.op(f"{name}{step}", data)
        writer.leave()
    shown = names(view_of(tree_of(writer.graph(y=data)), most=10))
    assert shown == ["huge", "root0", "n1", "n2", "n3"]


def test_equal_groups_are_opened_together_or_not_at_all() -> None:
    # Two of them are no run: they are seen side by side.
    tree = tree_of(blocks(2))
    for most in range(8, 60):
        opened = view_of(tree, most=most).opened
        for kind in ("Block", "Linear"):
            equal = [group for group in tree.groups() if group.kind == kind]
            assert len(equal) in (2, 4)
            assert {group in opened for group in equal} in ({True}, {False}), (most, kind)


def test_of_equal_groups_some_are_opened_where_else_hardly_anything_would_be_seen() -> None:
    writer = Writer()
    parts = []
    for name in ("left", "right"):
        writer.enter("Tower", name)
        data = writer.leaf(f"{name}.x")
        for step in range(25):
            data = writer.op(f"Op{step}", data)
        parts.append(data)
        writer.leave()
    tree = tree_of(writer.graph(y=writer.op("Add", *parts)))
    assert len({group.path for group in view_of(tree).opened} & {"left", "right"}) == 1
    assert {"left", "right"} <= {group.path for group in view_of(tree, most=60).opened}


# To a depth.


def test_each_level_of_depth_opens_one_more_level_of_modules() -> None:
    graph = blocks(2)
    assert viewed(graph, 0) == ["Net", "n24", "root0"]
    assert viewed(graph, 1) == ["n24", "root0", "n1", "layers.0", "layers.1"]
    assert viewed(graph, "2")[3:] == [
        *("layers.0.fc0", "n6", "layers.0.fc1", "n11", "n12"),
        *("layers.1.fc0", "n17", "layers.1.fc1", "n22", "n23"),
    ]
    assert viewed(graph, 99) == viewed(graph, 3)


def test_none_opens_everything_and_all_units_of_runs() -> None:
    graph = blocks(4)
    tree = tree_of(graph)
    items = [part for part in boxes(view_of(tree, NONE)) if isinstance(part, Item)]
    assert sorted(items, key=lambda item: item.position) == list(tree.items)


@pytest.mark.parametrize("fold", ["all", "", "1.5"])
def test_a_fold_that_does_not_exist_is_told(fold: str) -> None:
    with pytest.raises(SelectionError, match=f"no fold '{fold}'; give auto, none or a number"):
        view_of(tree_of(chain(3)), fold)


# Where somebody asks.


def test_a_path_is_opened_with_all_around_it() -> None:
    assert viewed(blocks(2), 0, ("layers.1.fc0",)) == [
        *("n24", "root0", "n1", "layers.0", "n17", "layers.1.fc1", "n22", "n23", "n15", "n16"),
    ]


def test_a_pattern_opens_all_that_it_means() -> None:
    shown = viewed(blocks(2), 0, ("*.fc1", "layers.0.fc0"))
    assert [name for name in shown if "fc" in name] == ["layers.1.fc0"]


def test_a_group_that_is_hidden_in_a_run_is_opened_in_the_one_that_stands_for_it() -> None:
    graph = blocks(6)
    first = viewed(graph, 0, ("layers.0.fc1",))
    assert "layers.0.fc0" in first
    assert "layers.0.fc1" not in first
    assert viewed(graph, 0, ("layers.4.fc1",)) == first
    assert viewed(graph, 0, ("layers.*.fc1",)) == first
    # The first call of a module, as `--focus` says it.
    assert viewed(graph, 0, ("layers.4.fc1#0",)) == first


def test_runs_within_runs_are_opened_in_their_first_units() -> None:
    writer = Writer()
    data = writer.op("Exp", writer.leaf("x"))
    for outer in range(3):
        writer.enter("Layer", f"layers.{outer}")
        for inner in range(3):
            writer.enter("Expert", f"layers.{outer}.experts.{inner}")
            data = writer.op("Sin", linear(writer, f"layers.{outer}.experts.{inner}.fc", data))
            writer.leave()
        data = writer.op("Tanh", data)
        writer.leave()
    graph = writer.graph(y=data)
    shown = viewed(graph, 0, ("layers.2.experts.1.fc",))
    assert shown == viewed(graph, 0, ("layers.0.experts.0.fc",))
    assert [name for name in shown if name.startswith("n")][2:] == ["n6", "n4", "n5"]


def test_a_path_that_is_nowhere_is_told_with_those_near_it() -> None:
    with pytest.raises(SelectionError) as caught:
        view_of(tree_of(blocks(2)), expand=["layers.1.fc7"])
    assert str(caught.value) == (
        "there is no group 'layers.1.fc7' to expand; near it are layers.1.fc1, layers.1.fc0, "
        "layers.0.fc1, layers.0.fc0, layers.1."
    )


def test_a_path_that_is_near_nothing_is_told_with_some_that_there_are() -> None:
    with pytest.raises(SelectionError, match=r"near it are Net, layers\.0, layers\.0\.fc0,"):
        groups_named(tree_of(blocks(2)), "?!")


def test_a_graph_without_groups_says_so() -> None:
    with pytest.raises(SelectionError, match="this graph has no groups"):
        groups_named(tree_of(chain(3)), "layers")


def test_brackets_in_a_path_are_what_they_are() -> None:
    writer = Writer()
    writer.enter("Block", "params['w'][0]")
    data = writer.op("Mul", writer.op("Add", writer.leaf("x")))
    tree = tree_of(writer.graph(y=data))
    (group,) = tree.groups()
    assert groups_named(tree, "params['w'][0]") == [group]


def test_a_hostile_path_and_hostile_names_are_told_in_one_short_line() -> None:
    writer = Writer()
    for name in ("a\nb", "\u202eevil", "x" * 10_000):
        writer.enter("Block", name)
        writer.op("Add", writer.op("Mul", writer.leaf()))
        writer.leave()
    data = writer.op("Cat", *(node.index for node in writer.nodes if node.name == "AddBackward0"))
    with pytest.raises(SelectionError) as caught:
        groups_named(tree_of(writer.graph(y=data)), "\n" + "y" * 10_000)
    message = str(caught.value)
    assert len(message) < 400
    assert message.isprintable()
    assert "a b, \N{REPLACEMENT CHARACTER}evil, xxx" in message


# What is seen of an open group.


def within(graph: Graph, number: int) -> tuple[View, Group]:
    tree: Tree = tree_of(graph)
    return View(tree), [tree.top, *tree.groups()][number]


def test_of_an_open_run_one_unit_is_seen() -> None:
    view, run = within(blocks(5), 2)
    assert run.units
    seen = [part.path for part in view.children(run) if isinstance(part, Group)]
    assert seen == ["layers.0.fc0", "layers.0.fc1"]
    view.spread = True
    seen = [part.path for part in view.children(run) if isinstance(part, Group)]
    assert seen == [f"layers.{i}" for i in range(5)]


def test_of_a_run_of_several_parts_one_period_is_seen() -> None:
    view, run = within(chain(41, ("Mul", "Add", "Sin", "Exp")), 1)
    assert [part.id for part in view.children(run)] == ["n2", "n3", "n4", "n5"]


def test_a_group_of_one_operation_is_seen_as_that() -> None:
    writer = Writer()
    writer.enter("Act", "act")
    data = writer.op("Relu", writer.leaf("x"))
    writer.leave()
    assert viewed(writer.graph(y=writer.op("Mul", data)), 0) == ["n1", "n2", "root0"]


def test_a_frame_around_nothing_but_a_frame_is_not_seen() -> None:
    writer = Writer()
    writer.enter("Outer", "outer")
    data = linear(writer, "outer.inner", writer.op("Exp", writer.leaf("x")))
    writer.leave()
    graph = writer.graph(y=data)
    assert viewed(graph, 0) == ["outer", "root0"]
    writer = Writer()
    data = writer.op("Exp", writer.leaf("x"))
    writer.enter("Outer", "outer")
    data = linear(writer, "outer.inner", data)
    assert viewed(writer.graph(y=data), 0) == ["n1", "outer.inner", "root0"]


def test_a_mere_stretch_is_seen_only_where_boxes_are_counted() -> None:
    graph = chain(100, [f"Op{i}" for i in range(100)])
    assert all(name[0] in "nr" for name in viewed(graph, 0))
    assert "n25…n48" in viewed(graph)


def test_2000_frames_within_one_another_are_looked_through() -> None:
    writer = Writer()
    for _ in range(2000):
        writer.enter("Shell")
    data = writer.op("Add", writer.op("Mul", writer.leaf("x")))
    graph = writer.graph(y=data)
    assert viewed(graph) == ["root0", "n1", "n2"]
    assert len(viewed(graph, 0)) == 2
