"""Which line of the code has most of an amount: of nodes, of a path, of bytes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from graphview.check.words import place_text
from graphview.model.graph import Graph, Node, Source


@dataclass(frozen=True, slots=True)
class Share:
    """What comes from one line; `node` is the one there that has most."""

    source: Source
    amount: int
    node: int

    @property
    def source_text(self) -> str:
        return place_text(self.source)


def busiest(graph: Graph, amounts: Iterable[tuple[Node, int]]) -> Share | None:
    """The line with most of all amounts, the first one of equals; None where no line is known."""
    sums: dict[tuple[str, int], int] = {}
    largest: dict[tuple[str, int], tuple[int, Node]] = {}
    for node, amount in amounts:
        source = graph.source_of(node)
        if source is None:
            continue
        line = source.file, source.line
        sums[line] = sums.get(line, 0) + amount
        if line not in largest or amount > largest[line][0]:
            largest[line] = amount, node
    if not sums:
        return None
    line = max(sums, key=sums.__getitem__)
    node = largest[line][1]
    source = graph.source_of(node)
    return None if source is None else Share(source, sums[line], node.index)
