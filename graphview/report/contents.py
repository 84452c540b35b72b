"""What is in a graph that a picture can't tell: operations, modules and leaves, in tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from graphview.model.graph import Graph, Leaf, Node, counted, shape_text
from graphview.model.recording import Recording
from graphview.report.numbers import size
from graphview.report.pictures import statement
from graphview.report.selection import reasons
from graphview.report.training import Table

MOST_ROWS = 20
NOWHERE = "outside of modules"


@dataclass(frozen=True, slots=True)
class Contents:
    """One graph in tables; `why` says why a picture isn't enough, `counts` how large it is."""

    name: str
    shape: str
    statement: str | None
    when: str | None
    why: str
    counts: str
    operations: Table
    modules: Table | None
    leaves: Table


def contents(recording: Recording, when: Mapping[str, str]) -> list[Contents]:
    """The graphs of which tables tell, in order; `when` says by name when they were kept."""
    return [
        _contents(name, recording.graphs[name], why, when.get(name))
        for name, why in reasons(recording).items()
    ]


def _contents(name: str, graph: Graph, why: str, when: str | None) -> Contents:
    return Contents(
        name,
        shape_text(graph.roots[0].tensor.shape),
        statement(graph),
        when,
        why,
        f"{counted(len(graph.operations), 'operation')}, "
        f"{counted(len(graph.leaves), 'leaf', 'leaves')}, "
        f"{size(graph.saved_bytes)} kept for backward.",
        _grouped(
            "operation", [(graph.operator_of(node).family, node) for node in graph.operations]
        ),
        _modules(graph.operations),
        _leaves(graph.leaves),
    )


def _modules(nodes: Iterable[Node]) -> Table | None:
    """None where no module was called."""
    named = [(node.module or NOWHERE, node) for node in nodes]
    return _grouped("module", named) if any(name != NOWHERE for name, _ in named) else None


def _grouped(title: str, named: Iterable[tuple[str, Node]]) -> Table:
    """How many nodes of each name and what they keep, those that are most first."""
    counts: dict[str, tuple[int, int]] = {}
    for name, node in named:
        nodes, kept = counts.get(name, (0, 0))
        counts[name] = nodes + 1, kept + node.saved_bytes
    ranked = sorted(counts.items(), key=lambda item: (-item[1][0], -item[1][1]))
    rows = [(name, f"{nodes:,}", _weight(kept)) for name, (nodes, kept) in ranked[:MOST_ROWS]]
    if rest := ranked[MOST_ROWS:]:
        nodes, kept = (sum(each[place] for _, each in rest) for place in (0, 1))
        rows.append((f"{len(rest):,} more", f"{nodes:,}", _weight(kept)))
    return Table((title, "nodes", "kept for backward"), tuple(rows))


def _leaves(leaves: Sequence[Leaf]) -> Table:
    ranked = sorted(leaves, key=lambda leaf: -leaf.bytes)
    rows = [
        (leaf.name or "unnamed", shape_text(leaf.tensor.shape), _weight(leaf.bytes))
        for leaf in ranked[:MOST_ROWS]
    ]
    if rest := ranked[MOST_ROWS:]:
        rows.append((f"{len(rest):,} more", "", _weight(sum(leaf.bytes for leaf in rest))))
    return Table(("leaf", "shape", "memory"), tuple(rows))


def _weight(count: int) -> str:
    return size(count) if count else "–"
