"""A graph in one title and one sentence, for those who cannot see its picture."""

from __future__ import annotations

from graphview.draw.drawing import LONGEST_LINE, legible
from graphview.draw.svg import Look
from graphview.model.graph import Graph, counted

MOST_NAMED = 8


def title(graph: Graph) -> str:
    names = [legible(root.name, LONGEST_LINE) for root in graph.roots]
    return f"Autograd graph of {_list(names)}"


def description(graph: Graph) -> str:
    """Counts, the operations from root to leaves, the leaves by name."""
    operations = [legible(node.name, LONGEST_LINE) for node in reversed(graph.operations)]
    leaves = [legible(leaf.name or "an unnamed leaf", LONGEST_LINE) for leaf in graph.leaves]
    counts = counted(len(operations), "operation"), counted(len(leaves), "leaf", "leaves")
    parts = [f"{' and '.join(counts)}."]
    if operations:
        parts.append(f"From the root: {_list(operations)}.")
    if leaves:
        parts.append(f"Leaves: {_list(leaves)}.")
    return " ".join(parts)


def look_of(
    graph: Graph, *, theme: str = "auto", prefix: str | None = None, inline: bool = False
) -> Look:
    """How the graph's picture is published, with its title and description."""
    return Look(title(graph), description(graph), theme=theme, prefix=prefix, inline=inline)


def _list(names: list[str]) -> str:
    more = len(names) - MOST_NAMED
    shown = ", ".join(names[:MOST_NAMED])
    return f"{shown} and {more} more" if more > 0 else shown
