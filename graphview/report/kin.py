"""What changed between two graphs, and which nodes of another graph are of a kind already known.

Two graphs of the same code are never the same nodes, and their shapes may differ. Nodes are kin
when they have the same name, come from the same expression and, for leaves, are called the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from graphview.model.graph import Graph, Node, root_id, shape_text
from graphview.report.numbers import listed

Kin = tuple[str, ...]


def kin_of(graph: Graph) -> dict[str, Kin]:
    """The kin of each node, leaf and root, by its id."""
    return dict(_kin(graph))


def _kin(graph: Graph) -> Iterator[tuple[str, Kin]]:
    leaves = graph.leaf_at()
    for node in graph.nodes:
        leaf, source = leaves.get(node.index), graph.source_of(node)
        if leaf is not None:
            yield leaf.id, ("leaf", leaf.name or "")
            yield node.id, (node.name, leaf.name or "")
        else:
            yield node.id, (node.name, source.expression or "" if source else "")
    for position, root in enumerate(graph.roots):
        yield root_id(position), ("root", root.name)


@dataclass(frozen=True, slots=True)
class Change:
    """A graph against an earlier one: `kept` are the ids that it had already.

    `same` when the two have the same nodes and edges; `text` says it in a sentence.
    """

    same: bool
    kept: frozenset[str]
    text: str


def change(before: Graph, after: Graph) -> Change:
    """Compare a graph with the one before it."""
    if _structure(before) == _structure(after):
        return Change(True, frozenset(kin_of(after)), _resized(before, after))
    left = Counter(kin_of(before).values())
    kept = set()
    for id_, kin in kin_of(after).items():
        if left[kin]:
            left[kin] -= 1
            kept.add(id_)
    return Change(False, frozenset(kept), _difference(before, after))


def _structure(graph: Graph) -> list[object]:
    leaves = graph.leaf_at()
    nodes: list[object] = [
        (node.name, tuple((edge.argument, edge.node, edge.output) for edge in node.inputs),
         leaves[node.index].name if node.index in leaves else None)
        for node in graph.nodes
    ]  # fmt: skip
    return [*nodes, tuple((root.name, root.node) for root in graph.roots)]


def _resized(before: Graph, after: Graph) -> str:
    for old, new in zip(before.nodes, after.nodes, strict=True):
        for was, now in zip(_shapes(old), _shapes(new), strict=False):
            if was != now:
                return f"the same nodes, with shape {now} where there was {was}."
    return "the same graph, node for node."


def _shapes(node: Node) -> list[str]:
    return [shape_text(output.shape) for output in node.outputs]


def _difference(before: Graph, after: Graph) -> str:
    old, new = (Counter(node.name for node in graph.operations) for graph in (before, after))
    parts = [("New", new - old), ("Gone", old - new)]
    said = [f"{word}: {listed(_counted(names))}." for word, names in parts if names]
    return " ".join(said) or "The same operations, connected otherwise."


def _counted(names: Counter[str]) -> list[str]:
    return [name if count == 1 else f"{count} × {name}" for name, count in names.items()]
