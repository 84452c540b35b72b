"""What goes into the nodes of a graph, edge by edge in one row.

Of very many nodes a list for each would take most of the time of a folded picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, chain, pairwise, repeat, starmap
from operator import attrgetter
from typing import TypeVar

from graphview.model.graph import Graph

# In place of a source: of an edge that leads to a constant. It is the last place of a table too,
# so that one that has an entry more than there are nodes answers for it.
NOTHING = -1
T = TypeVar("T")


class Inputs:
    """The edges of a graph in the order of the nodes that they lead into, the users.

    `sources` are the numbers of the nodes that they come from, or `NOTHING`.
    """

    def __init__(self, graph: Graph) -> None:
        edges = [node.inputs for node in graph.nodes]
        found = map(attrgetter("node"), chain.from_iterable(edges))
        self.sources = [NOTHING if source is None else source for source in found]
        self._counts = list(map(len, edges))
        self._bounds = [0, *accumulate(self._counts)]

    def into(self, node: int) -> list[int]:
        """The sources of a node, each once."""
        found = self.sources[self._bounds[node] : self._bounds[node + 1]]
        return [source for source in dict.fromkeys(found) if source != NOTHING]

    def of_sources(self, table: Sequence[T], nothing: T) -> Iterator[T]:
        """What a table has, which has an entry for each node, for the source of each edge."""
        return map([*table, nothing].__getitem__, self.sources)

    def of_users(self, table: Iterable[T]) -> Iterator[T]:
        """What a table has, which has an entry for each node, for the user of each edge."""
        return chain.from_iterable(map(repeat, table, self._counts))

    def by_user(self, row: Iterable[T]) -> list[tuple[T, ...]]:
        """What there is for each edge as tuples, with one for each node."""
        whole = tuple(row)
        return list(map(whole.__getitem__, starmap(slice, pairwise(self._bounds))))
