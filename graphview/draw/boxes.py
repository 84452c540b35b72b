"""A captured graph -> a drawing, from the data alone."""

from __future__ import annotations

from graphview.draw.drawing import Box, Drawing
from graphview.model.graph import (
    Graph,
    Leaf,
    Node,
    Root,
    node_id,
    root_id,
    shape_text,
)


def drawing_of(graph: Graph) -> Drawing:
    """Every leaf, node and root as a box, in the order of the walk."""
    boxes = boxes_of(graph)
    arrows = [(leaf.id, node_id(leaf.node)) for leaf in graph.leaves]
    arrows += [(node_id(producer), node_id(user)) for producer, user in graph.edges()]
    arrows += [(node_id(root.node), root_id(i)) for i, root in enumerate(graph.roots)]
    return Drawing(tuple(boxes.values()), tuple(arrows))


def boxes_of(graph: Graph) -> dict[str, Box]:
    """The box of each leaf, node and root, by id."""
    found = [_leaf_box(leaf) for leaf in graph.leaves]
    found += [_node_box(graph, node) for node in graph.nodes]
    found += [_root_box(i, root) for i, root in enumerate(graph.roots)]
    return {box.id: box for box in found}


def _leaf_box(leaf: Leaf) -> Box:
    name = leaf.name or "leaf"
    title = f"leaf {name}: {leaf.tensor}; backward adds its gradient to .grad"
    return Box(leaf.id, "leaf", (name, shape_text(leaf.tensor.shape)), title)


def _root_box(position: int, root: Root) -> Box:
    # backward() asks for a single number; (1,) and (1, 1) are one too.
    single = root.tensor.shape is not None and set(root.tensor.shape) <= {1}
    role = "backward may start here" if single else "root of this graph"
    title = f"root {root.name}: {root.tensor}; {role}"
    return Box(root_id(position), "root", (root.name, shape_text(root.tensor.shape)), title)


def _node_box(graph: Graph, node: Node) -> Box:
    # What it hides is on its card; that it hides something must be seen.
    lines = (node.name, "opaque") if graph.operator_of(node).opaque else (node.name,)
    return Box(node.id, node.kind, lines, _node_title(graph, node))


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
