"""The picture that people know: `torchviz.make_dot`, with ids that are the same on every run.

make_dot decides which boxes and arrows there are and in which order; their texts come from the
captured graph. What make_dot cannot do (deep graphs, custom Functions, a leaf as root, ragged
tensors) is drawn from the data alone, which gives the same boxes and arrows.
"""

from __future__ import annotations

import gc
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

import torch

from graphview.draw.boxes import boxes_of, drawing_of
from graphview.draw.drawing import Drawing
from graphview.model.graph import Graph, TensorInfo, root_id

MOST_NODES = 200
# A box, or an arrow without attributes: with some it is no edge of autograd's, but leads from a
# view's base (dotted) or to a saved tensor (without a head).
STATEMENT = re.compile(r"^\t(?P<tail>\d+)(?: -> (?P<head>\d+)| \[.*\])\n$", re.DOTALL)


def draw(graph: Graph, roots: Iterable[torch.Tensor], functions: Iterable[object]) -> Drawing:
    """Draw a graph that has just been captured from `roots` by walking `functions`.

    `functions` are autograd's nodes in the order of `graph.nodes`.
    """
    tensors, nodes = list(roots), list(functions)
    if not make_dot_can_draw(graph, tensors):
        return drawing_of(graph)
    ids = _ids(graph, tensors, nodes)
    return _renamed(_make_dot_body(tensors), ids, graph)


def make_dot_can_draw(graph: Graph, roots: list[torch.Tensor]) -> bool:
    """Whether make_dot draws this graph rightly; see tests/test_makedot.py for its failures."""
    return (
        len(graph.nodes) <= MOST_NODES
        and all(tensor.grad_fn is not None for tensor in roots)
        and len({id(tensor) for tensor in roots}) == len(roots)
        and not any(operator.origin == "custom" for operator in graph.operators.values())
        and all(_has_plain_shape(leaf.tensor) for leaf in graph.leaves)
        and all(_has_plain_shape(root.tensor) for root in graph.roots)
    )


def _has_plain_shape(tensor: TensorInfo) -> bool:
    return tensor.shape is not None and "*" not in tensor.shape


def _ids(graph: Graph, roots: list[torch.Tensor], functions: list[object]) -> dict[str, str]:
    """make_dot names a box by the address of its tensor or function; we know those."""
    ids = {str(id(f)): node.id for f, node in zip(functions, graph.nodes, strict=True)}
    for leaf in graph.leaves:
        ids[str(id(functions[leaf.node].variable))] = leaf.id  # type: ignore[attr-defined]
    ids |= {str(id(tensor)): root_id(i) for i, tensor in enumerate(roots)}
    return ids


def _make_dot_body(roots: list[torch.Tensor]) -> list[str]:
    with warnings.catch_warnings(), _young_garbage():
        # torchviz 0.0.3 compares versions with distutils, on import and on each call.
        warnings.simplefilter("ignore", DeprecationWarning)
        from torchviz import make_dot

        return list(make_dot(tuple(roots)).body)


@contextmanager
def _young_garbage() -> Iterator[None]:
    """Free the cycles that the block leaves behind, without a full collection.

    make_dot's inner function refers to itself, and that cycle holds every tensor of the graph.
    While the collector is off the cycle stays in the youngest generation, which is cheap to sweep.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.collect(0)
        if enabled:
            gc.enable()


def _renamed(body: list[str], ids: Mapping[str, str], graph: Graph) -> Drawing:
    known, boxes, arrows = boxes_of(graph), {}, []
    for entry in body:
        match = STATEMENT.match(entry)
        if match is None or match["tail"] not in ids:
            # A view's base tensor: make_dot shows it, autograd does not walk to it.
            continue
        tail = ids[match["tail"]]
        if match["head"] is None:
            boxes[tail] = known[tail]
        elif match["head"] in ids:
            arrows.append((tail, ids[match["head"]]))
    return Drawing(tuple(boxes.values()), tuple(arrows))
