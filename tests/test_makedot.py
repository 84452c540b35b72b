"""`draw` gives what the data says, by torchviz and where torchviz fails."""

from __future__ import annotations

import gc
import warnings
import weakref
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from models import SUBJECTS, Scale, Subject, chain, leaf
from torch import Tensor

from graphview.autograd import capture_live
from graphview.draw.boxes import drawing_of
from graphview.draw.drawing import Drawing
from graphview.draw.makedot import MOST_NODES, draw, make_dot_can_draw
from graphview.model.graph import ACCUMULATE, Graph


def drawn(target: Any, params: Any = None) -> tuple[Drawing, Graph, bool]:
    """The drawing, its graph, and whether make_dot drew it."""
    graph, roots, walk = capture_live(target, params=params)
    tensors = [root.tensor for root in roots]
    return draw(graph, tensors, walk.functions), graph, make_dot_can_draw(graph, tensors)


def assert_same(drawing: Drawing, graph: Graph) -> None:
    """Equal boxes, and equal arrows with as many of each."""
    known = drawing_of(graph)
    assert Counter(drawing.boxes) == Counter(known.boxes)
    assert Counter(drawing.arrows) == Counter(known.arrows)


def split() -> Subject:
    x = leaf(6, 2)
    first, second, third = torch.split(x.exp(), 2)
    left, right = second.unbind(1)
    return Subject({"product": left * right, "third": third, "first": first}, {"x": x})


def squared() -> Subject:
    x = leaf(2)
    return Subject(x * x, {"x": x})


def deep_enough() -> Subject:
    return chain(MOST_NODES - 1)


MORE: dict[str, Callable[[], Subject]] = {
    "split and unbind": split,
    "x times x": squared,
    "as many nodes as make_dot gets": deep_enough,
}
EVERY = SUBJECTS | MORE
# Custom Functions (a reentrant checkpoint is one too), ragged tensors, a leaf as root.
NOT_BY_MAKE_DOT = {
    *("custom Functions", "after backward", "reentrant checkpoint"),
    *("nested", "jagged", "leaf as root"),
}


@pytest.mark.parametrize("name", EVERY)
def test_boxes_and_arrows_are_those_of_the_data(name: str) -> None:
    torch.manual_seed(0)
    subject = EVERY[name]()
    drawing, graph, by_make_dot = drawn(subject.target, subject.params)
    assert_same(drawing, graph)
    assert by_make_dot is (name not in NOT_BY_MAKE_DOT)
    # make_dot begins at a root, the data at a leaf.
    assert (drawing.boxes[0].kind == "root") is by_make_dot


def test_a_result_that_is_used_twice_has_two_arrows() -> None:
    x = leaf(2)
    drawing, _, _ = drawn({"y": x * x}, {"x": x})
    assert Counter(drawing.arrows) == {("leaf0", "n0"): 1, ("n0", "n1"): 2, ("n1", "root0"): 1}


def test_a_leaf_without_a_name_is_called_leaf() -> None:
    drawing, _, _ = drawn({"y": leaf(2, 3).exp()})
    assert [box.lines for box in drawing.boxes if box.kind == "leaf"] == [("leaf", "(2, 3)")]


def test_a_leaf_under_two_names_is_one_box_with_the_first() -> None:
    w = leaf(3)
    drawing, graph, _ = drawn({"y": (w * w).sum() + w.sum()}, {"first": w, "second": w})
    assert [box.lines for box in drawing.boxes if box.kind == "leaf"] == [("first", "(3,)")]
    assert_same(drawing, graph)


# What make_dot cannot do, each with the reason why.


def test_a_custom_function_that_saves_none_is_drawn() -> None:
    x = leaf(3)
    loss = Scale.apply(x).sum()
    with quiet(), pytest.raises(AttributeError):
        make_dot(loss)
    drawing, graph, by_make_dot = drawn({"loss": loss}, {"x": x})
    assert not by_make_dot
    assert_same(drawing, graph)
    assert "ScaleBackward" in {box.lines[0] for box in drawing.boxes}


def test_a_leaf_as_root_is_drawn_with_its_accumulate() -> None:
    w = leaf(3)
    drawing, graph, by_make_dot = drawn({"w": w, "loss": (w * w).sum()}, {"w": w})
    assert not by_make_dot
    assert_same(drawing, graph)
    assert {("leaf0", "n0"), ("n0", "root0"), ("n2", "root1")} <= set(drawing.arrows)


def test_the_same_tensor_twice_as_root_is_two_boxes() -> None:
    loss = leaf(3).sum()
    drawing, graph, by_make_dot = drawn({"loss": loss, "again": loss})
    assert not by_make_dot
    assert_same(drawing, graph)
    roots = [box for box in drawing.boxes if box.kind == "root"]
    assert [box.lines[0] for box in roots] == ["loss", "again"]


def test_a_chain_of_5000_operations_is_drawn_without_recursion() -> None:
    target, params = chain(5_000)
    with quiet(), pytest.raises(RecursionError):
        make_dot(target)
    drawing, graph, by_make_dot = drawn({"y": target}, params)
    assert not by_make_dot
    assert_same(drawing, graph)
    numbers = [("leaf0", "n0"), *((f"n{i}", f"n{i + 1}") for i in range(5_000)), ("n5000", "root0")]
    assert Counter(drawing.arrows) == Counter(numbers)


@pytest.mark.parametrize("name", ["mlp", "lstm", "double backward", "after backward"])
def test_a_graph_is_drawn_after_backward_as_before(name: str) -> None:
    target, params = SUBJECTS[name]()
    before, *_ = drawn(target, params)
    if name != "after backward":
        target.backward()
    after, graph, _ = drawn(target, params)
    assert_same(after, graph)
    assert after == before


@pytest.mark.parametrize("name", ["nested", "jagged"])
def test_a_ragged_tensor_is_drawn(name: str) -> None:
    target, params = SUBJECTS[name]()
    with quiet(), pytest.raises((RuntimeError, AttributeError)):
        make_dot(target)
    drawing, graph, _ = drawn(target, params)
    assert_same(drawing, graph)
    root = drawing.boxes[-1]
    assert root.lines[1] == ("ragged" if name == "nested" else "(2, *, 3)")


# A view's base: make_dot adds it as one more box, in front of the view. Backward from the view
# doesn't pass through the base as a tensor, so it is left out here.


def test_the_base_of_a_root_that_is_a_view_is_left_out() -> None:
    w = leaf(2, 3)
    base = w.exp()
    view = base.view(-1)
    with quiet():
        assert f"\t{id(base)} -> {id(view)} [style=dotted]\n" in make_dot(view).body
    drawing, graph, by_make_dot = drawn({"view": view}, {"w": w})
    assert by_make_dot
    assert_same(drawing, graph)
    assert len(drawing.boxes) == 5


@pytest.mark.parametrize(
    "views",
    [
        lambda w: {"view of a leaf": w.view(-1)},
        lambda w: {"part of a leaf": w[0]},
        lambda w: both(w.exp()),
        lambda w: dict(reversed(both(w.exp()).items())),
        lambda w: {"one of many": w.exp().unbind(0)[1]},
    ],
)
def test_a_base_that_has_a_box_gets_no_arrow_to_its_view(views: Callable[[Tensor], Any]) -> None:
    w = leaf(2, 3)
    drawing, graph, by_make_dot = drawn(views(w), {"w": w})
    assert by_make_dot
    assert_same(drawing, graph)


def both(base: Tensor) -> dict[str, Tensor]:
    return {"base": base, "view": base.view(-1)}


def test_nodes_in_the_history_of_the_base_are_drawn_once() -> None:
    w = leaf(2, 3)
    base = w.exp()
    view = base.view(-1)
    base.mul_(2)
    other = base[0] * 3
    drawing, graph, by_make_dot = drawn({"view": view, "other": other}, {"w": w})
    assert by_make_dot
    assert_same(drawing, graph)
    names = Counter(node.name for node in graph.nodes)
    assert names["ExpBackward0"] == names["MulBackward0"] - 1 == names[ACCUMULATE] == 1


def test_no_tensor_is_kept_alive() -> None:
    gc.collect()
    with no_collector():
        w = leaf(3)
        loss = (w.exp() * w).sum()
        references = [weakref.ref(w), weakref.ref(loss)]
        drawing, _, by_make_dot = drawn({"loss": loss}, {"w": w})
        del w, loss
        assert [reference() for reference in references] == [None, None]
    assert by_make_dot
    assert drawing.boxes


def test_the_collector_is_left_as_it_was() -> None:
    assert gc.isenabled()
    drawn(leaf(2).exp())
    assert gc.isenabled()
    with no_collector():
        drawn(leaf(2).exp())
        assert not gc.isenabled()


def test_the_warning_of_torchviz_does_not_leak() -> None:
    loss = leaf(3).sum()
    with pytest.warns(DeprecationWarning):
        make_dot(loss)
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("error")
        filters = list(warnings.filters)
        drawn(loss)
        assert list(warnings.filters) == filters
    assert not shown


def make_dot(target: Tensor) -> Any:
    import torchviz

    return torchviz.make_dot(target)


@contextmanager
def quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def no_collector() -> Iterator[None]:
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
