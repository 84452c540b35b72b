"""A captured graph -> a drawing, from the data alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import PureWindowsPath

from graphview.draw.detail import PLAIN, Detail
from graphview.draw.drawing import Box, Drawing
from graphview.draw.operands import operand
from graphview.draw.select import Selection
from graphview.model.graph import (
    Graph,
    Leaf,
    Node,
    Root,
    TensorInfo,
    counted,
    node_id,
    root_id,
    shape_text,
)

MOST_NAMED = 8

Arrow = tuple[str, str]
# A box that stands beside a node, and the arrow between the two.
Extra = tuple[Box, Arrow]


def drawing_of(graph: Graph, detail: Detail = PLAIN, *, only: Selection | None = None) -> Drawing:
    """Every leaf, node and root as a box, in the order of the walk; then what stands beside them.

    With `only` it is the part that was selected, and where arrows lead outside a note says so.
    """
    anchors = anchors_of(graph, detail, only=only)
    boxes = _boxes(graph, detail, only, anchors)
    ends = graph.leaves if detail.accumulate else ()
    arrows = [(leaf.id, node_id(leaf.node)) for leaf in ends if leaf.node in anchors]
    arrows += [(anchors[p], anchors[u]) for p, u in graph.edges() if p in anchors and u in anchors]
    arrows += [
        (anchors[root.node], root_id(i))
        for i, root in enumerate(graph.roots)
        if root.node in anchors
    ]
    extras = list(_extras(graph, detail, only))
    boxes |= {box.id: box for box, _ in extras}
    return Drawing(tuple(boxes.values()), (*arrows, *(arrow for _, arrow in extras)))


def boxes_of(
    graph: Graph, detail: Detail = PLAIN, *, only: Selection | None = None
) -> dict[str, Box]:
    """The box of each leaf, node and root that is shown, by id."""
    return _boxes(graph, detail, only, anchors_of(graph, detail, only=only))


def _boxes(
    graph: Graph, detail: Detail, only: Selection | None, anchors: Mapping[int, str]
) -> dict[str, Box]:
    found = [leaf_box(leaf, detail) for leaf in graph.leaves if leaf.node in anchors]
    found += [
        node_box(graph, graph.nodes[index], detail)
        for index in anchors
        if detail.accumulate or graph.nodes[index].kind == "operation"
    ]
    found += [
        root_box(i, root, detail)
        for i, root in enumerate(graph.roots)
        if only is None or root.node in only.kept
    ]
    return {box.id: box for box in found}


def anchors_of(
    graph: Graph, detail: Detail = PLAIN, *, only: Selection | None = None
) -> dict[int, str]:
    """The id of the box that arrows of a node lead to: its own, or its leaf's in place of it.

    Nodes that are not shown are missing.
    """
    nodes = graph.nodes if only is None else only.nodes
    if detail.accumulate and detail.leaves:
        return {node.index: node.id for node in nodes}
    return {node.index: _anchor(node, detail) for node in nodes if _is_shown(node, detail)}


def _anchor(node: Node, detail: Detail) -> str:
    return node.id if detail.accumulate or node.kind == "operation" else f"leaf{node.index}"


def _is_shown(node: Node, detail: Detail) -> bool:
    return detail.leaves or node.kind == "operation"


def _extras(graph: Graph, detail: Detail, only: Selection | None) -> Iterator[Extra]:
    if only is None and not (detail.saved or detail.constants):
        return
    for node in graph.nodes if only is None else only.nodes:
        if _is_shown(node, detail):
            yield from extras_of(graph, node, detail)
            yield from stubs_of(only, node, detail) if only is not None else ()


def extras_of(graph: Graph, node: Node, detail: Detail) -> list[Extra]:
    """What stands beside a node: the constants that lead into it, and what it saved for backward.

    The arrow from a node to what it saved runs as torchviz draws it, and has no head: nothing
    flows along it.
    """
    found = [_constant(graph, node, i, detail) for i in _constants(node) if detail.constants]
    return found + [_saved(node, i, detail) for i in range(len(node.saved)) if detail.saved]


def stubs_of(only: Selection, node: Node, detail: Detail = PLAIN) -> list[Extra]:
    """Notes at a kept node, on what it is computed from and what uses it that is not shown."""
    found, anchor = [], _anchor(node, detail)
    if before := _left_out(only, only.before.get(node.index, ()), detail):
        box = _note(f"before{node.index}", before, "computed from")
        found.append((box, (box.id, anchor)))
    if after := _left_out(only, only.after.get(node.index, ()), detail):
        box = _note(f"after{node.index}", after, "used by")
        found.append((box, (anchor, box.id)))
    return found


def _left_out(only: Selection, others: Iterable[int], detail: Detail) -> list[Node]:
    nodes = (only.graph.nodes[index] for index in others)
    return [node for node in nodes if _is_shown(node, detail)]


def _note(name: str, nodes: list[Node], how: str) -> Box:
    told = ", ".join(f"{node.id} {node.name}" for node in nodes[:MOST_NAMED])
    more = f" and {len(nodes) - MOST_NAMED:,} more" if len(nodes) > MOST_NAMED else ""
    return Box(name, "note", (f"{len(nodes):,} more",), f"not shown: {how} {told}{more}")


def leaf_box(leaf: Leaf, detail: Detail) -> Box:
    """Its name and its shape."""
    name = leaf.name or "leaf"
    title = f"leaf {name}: {leaf.tensor}; backward adds its gradient to .grad"
    return Box(leaf.id, "leaf", (name, _facts(leaf.tensor, detail)), title)


def root_box(position: int, root: Root, detail: Detail) -> Box:
    """Its name and its shape; `position` is that in the whole graph."""
    # backward() asks for a single number; (1,) and (1, 1) are one too.
    single = root.tensor.shape is not None and set(root.tensor.shape) <= {1}
    role = "backward may start here" if single else "root of this graph"
    title = f"root {root.name}: {root.tensor}; {role}"
    return Box(root_id(position), "root", (root.name, _facts(root.tensor, detail)), title)


def node_box(graph: Graph, node: Node, detail: Detail) -> Box:
    """Its name, and what else was asked for."""
    # What it hides is on its card; that it hides something must be seen.
    lines = (node.name, "opaque") if graph.operator_of(node).opaque else (node.name,)
    if detail is not PLAIN and node.kind == "operation":
        lines = (*lines, *_details(graph, node, detail))
    return Box(node.id, node.kind, lines, _node_title(graph, node))


def _details(graph: Graph, node: Node, detail: Detail) -> Iterator[str]:
    if detail.names and node.variable:
        yield node.variable
    if (detail.shapes or detail.dtypes) and node.outputs:
        yield _outputs(node, detail)
    source = graph.source_of(node)
    if detail.source and source is not None:
        # A path of Windows may be in a recording that is drawn elsewhere.
        yield f"{PureWindowsPath(source.file).name}:{source.line}"


def _outputs(node: Node, detail: Detail) -> str:
    told = (_described(output, detail.shapes, detail.dtypes) for output in node.outputs)
    runs = [(text, len(list(run))) for text, run in groupby(told)]
    return ", ".join(f"{count} × {text}" if count > 1 else text for text, count in runs)


def _described(tensor: TensorInfo, shape: bool, dtype: bool) -> str:
    parts = ([shape_text(tensor.shape)] if shape else []) + ([tensor.dtype] if dtype else [])
    return " ".join(parts)


def _facts(tensor: TensorInfo, detail: Detail) -> str:
    return _described(tensor, shape=True, dtype=detail.dtypes)


def _constants(node: Node) -> list[int]:
    return [i for i, edge in enumerate(node.inputs) if edge.node is None]


def _constant(graph: Graph, node: Node, position: int, detail: Detail) -> Extra:
    """An input without a gradient; its variable and shape are known where it was saved too.

    Else it has the name that the code has for it, or that of the argument.
    """
    argument = node.inputs[position].argument
    kept = next((saved for saved in node.saved if argument and saved.name == argument), None)
    place = argument or f"input {position}"
    name = (kept.variable if kept else None) or operand(graph, node, argument) or place
    tensor = kept.tensor if kept else None
    lines = (name, _facts(tensor, detail)) if tensor else (name,)
    described = f": {tensor}" if tensor else ""
    title = f"constant {name}{described}; {place} of {node.name}, for which no gradient is wanted"
    box = Box(f"constant{node.index}_{position}", "constant", lines, title)
    return box, (box.id, node.id)


def _saved(node: Node, position: int, detail: Detail) -> Extra:
    saved = node.saved[position]
    name = saved.variable or saved.name
    # Of a tensor that cannot be looked at it is told why.
    fact = _facts(saved.tensor, detail) if saved.tensor else saved.status
    described = str(saved.tensor) if saved.tensor else saved.status
    size = f", {counted(saved.bytes, 'byte')}" if saved.bytes else ""
    title = f"saved {name}: {described}{size}; {node.name} keeps it for backward as {saved.name}"
    box = Box(f"saved{node.index}_{position}", "saved", (name, fact), title)
    return box, (node.id, box.id)


def _node_title(graph: Graph, node: Node) -> str:
    if node.kind == "accumulate":
        return f"{node.name}: adds the gradient to .grad of its leaf"
    parts = [f"{node.name}: {graph.operator_of(node).op}"]
    parts += [f"gives {output}" for output in node.outputs[:1]]
    source = graph.source_of(node)
    if source is not None:
        parts.append(f"{source.file}:{source.line}")
        parts += [source.expression] if source.expression else []
    return "; ".join(parts)
