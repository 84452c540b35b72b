"""Ways through a graph: the shortest from a root to a node, what leads where, how deep it goes.

Nodes stand after all that they are computed from, so one pass follows every path.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from graphview.model.finding import Waypoint
from graphview.model.graph import Graph, Source

# Of a longer way its two ends are kept: a chain of 100,000 operations is no help to anybody.
MOST_STEPS, KEPT = 200, 99


@dataclass(frozen=True)
class Ways:
    """The shortest ways of one graph, from its roots down; found in one pass, when first asked."""

    graph: Graph

    def to(self, index: int) -> tuple[Waypoint, ...]:
        """From the root that is nearest to the node; empty where none leads there.

        An `AccumulateGrad` is told as its leaf.
        """
        steps = [index]
        while (user := self._users.get(steps[-1])) is not None:
            steps.append(user)
        root = next((root for root in self.graph.roots if root.node == steps[-1]), None)
        if root is None:
            return ()
        return Waypoint(root.name, "root"), *self._points(steps[::-1])

    @cached_property
    def _users(self) -> dict[int, int | None]:
        """For each node the one that comes before it on the way from a root."""
        users: dict[int, int | None] = {root.node: None for root in self.graph.roots}
        queue = deque(users)
        while queue:
            index = queue.popleft()
            for edge in self.graph.nodes[index].inputs:
                if edge.node is not None and edge.node not in users:
                    users[edge.node] = index
                    queue.append(edge.node)
        return users

    @cached_property
    def _leaves(self) -> dict[int, str]:
        return {leaf.node: leaf.name or "a leaf without a name" for leaf in self.graph.leaves}

    def _points(self, steps: list[int]) -> Iterator[Waypoint]:
        left = len(steps) - 2 * KEPT if len(steps) > MOST_STEPS else 0
        yield from map(self._point, steps[:KEPT] if left else steps)
        if left:
            yield Waypoint(f"{left:,} more operations", "operation")
            yield from map(self._point, steps[-KEPT:])

    def _point(self, index: int) -> Waypoint:
        node = self.graph.nodes[index]
        if index in self._leaves:
            return Waypoint(self._leaves[index], "leaf")
        return Waypoint(node.name, node.kind, self.graph.source_of(node), node.module)


def leading_to(graph: Graph, ends: Iterable[int]) -> set[int]:
    """All nodes from which a result goes into one of these, and these themselves."""
    found = set(ends)
    for node in reversed(graph.nodes):
        if node.index in found:
            found.update(edge.node for edge in node.inputs if edge.node is not None)
    return found


def depths(graph: Graph) -> list[int]:
    """For each node, how many operations are on the longest path that ends with it."""
    found: list[int] = []
    for node in graph.nodes:
        before = max((found[edge.node] for edge in node.inputs if edge.node is not None), default=0)
        found.append(before + (node.kind == "operation"))
    return found


def longest(graph: Graph, depth: list[int]) -> list[int]:
    """The operations of the longest path, the last one first."""
    if not graph.nodes:
        return []
    steps = [max(range(len(depth)), key=depth.__getitem__)]
    while True:
        inputs = [edge.node for edge in graph.nodes[steps[-1]].inputs if edge.node is not None]
        if not inputs:
            return [step for step in steps if graph.nodes[step].kind == "operation"]
        steps.append(max(inputs, key=depth.__getitem__))


@dataclass(frozen=True)
class FirstUses:
    """Where each result of a graph is used first: leaves have no line of their own."""

    graph: Graph

    def source(self, index: int) -> Source | None:
        """The line of an operation; of a leaf, that of the first one that takes it."""
        node = self.graph.nodes[index]
        user = self._users.get(index)
        if node.kind == "accumulate" and user is not None:
            node = self.graph.nodes[user]
        return self.graph.source_of(node)

    @cached_property
    def _users(self) -> dict[int, int]:
        found: dict[int, int] = {}
        for producer, user in self.graph.edges():
            found.setdefault(producer, user)
        return found
