"""The operations of a graph, counted by class of node: one pass, then every pattern is quick."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from graphview.check.patterns import Patterns
from graphview.check.words import several
from graphview.model.graph import Graph


@dataclass(frozen=True)
class Class:
    """All nodes of one name; `op` and `family` are what else a contract may call them."""

    name: str
    op: str
    family: str
    nodes: list[int] = field(default_factory=list, compare=False)

    @property
    def number(self) -> int:
        return len(self.nodes)

    @property
    def first(self) -> int:
        return self.nodes[0]


@dataclass(frozen=True)
class Census:
    graph: Graph

    @cached_property
    def classes(self) -> list[Class]:
        """The classes, each with its nodes in the order of the forward pass."""
        found: dict[tuple[str, str], Class] = {}
        for node in sorted(self.graph.operations, key=lambda node: self.order(node.index)):
            key = node.name, node.operator
            if key not in found:
                operator = self.graph.operator_of(node)
                found[key] = Class(node.name, operator.op, operator.family)
            found[key].nodes.append(node.index)
        return list(found.values())

    def order(self, index: int) -> int:
        """The node's place in the forward pass, as far as it is known."""
        sequence = self.graph.nodes[index].sequence
        return index if sequence is None else sequence

    def like(self, pattern: str) -> list[Class]:
        """The classes that are called so by node's name, op or family."""
        return self.matching(Patterns((pattern,)))

    def matching(self, patterns: Patterns) -> list[Class]:
        return [
            each
            for each in self.classes
            if any(patterns.match(name) for name in {each.name, each.op, each.family})
        ]

    @cached_property
    def text(self) -> str:
        """The families with their numbers, the most frequent first."""
        counts: dict[str, int] = {}
        for each in self.classes:
            counts[each.family] = counts.get(each.family, 0) + each.number
        most = sorted(counts.items(), key=lambda item: -item[1])
        return several([f"{family} {number:,}" for family, number in most])


def within(classes: Iterable[Class], families: Iterable[str]) -> list[Class]:
    """Those classes that are of one of these families."""
    wanted = frozenset(families)
    return [each for each in classes if each.family in wanted]
