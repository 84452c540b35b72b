"""Two compared graphs as one, in which everything that was or is has its place and its mark."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from graphview.compare.compared import Compared
from graphview.compare.sketch import Sketch
from graphview.model.graph import Edge, Graph, Leaf, Node, Root, node_id, root_id

Mark = Literal["came", "gone", "changed"]
# Colour is never the only sign.
SIGNS: dict[Mark, str] = {"came": "+ ", "gone": "\N{MINUS SIGN} ", "changed": "~ "}

# A node of the new graph, or one that only the old one has.
Key = tuple[Literal["new", "old"], int]


@dataclass(frozen=True, slots=True)
class Union:
    """`marks` are by the id of a node, leaf or root; what has none is in both graphs."""

    graph: Graph
    marks: dict[str, Mark]

    @property
    def marked(self) -> frozenset[int]:
        """The nodes with a mark, and those of leaves and roots with one."""
        leaves = {leaf.node for leaf in self.graph.leaves if leaf.id in self.marks}
        nodes = {node.index for node in self.graph.nodes if node.id in self.marks}
        roots = {root.node for i, root in enumerate(self.graph.roots) if root_id(i) in self.marks}
        return frozenset(leaves | nodes | roots)


def union(old: Graph, new: Graph, sketches: tuple[Sketch, Sketch], compared: Compared) -> Union:
    """Put what is gone into the new graph, where it was."""
    return _Maker(old, new, sketches, compared).union()


class _Maker:
    def __init__(
        self, old: Graph, new: Graph, sketches: tuple[Sketch, Sketch], compared: Compared
    ) -> None:
        self.old, self.new = old, new
        self.changes = compared.changes
        before, after = sketches
        leaves = _leaf_nodes(old, before), _leaf_nodes(new, after)
        self.now = {
            _node(before, place): _node(after, other) for place, other in compared.match.ops.items()
        }
        self.now |= {
            leaves[0][name]: leaves[1][other] for name, other in compared.match.leaves.items()
        }
        gone = (op.node for change in self.changes for op in change.gone)
        self.gone = {index for index in gone if index is not None}
        self.gone |= {leaves[0][name] for change in self.changes for name in change.leaves_gone}
        self.leaves_of_new = leaves[1]
        self.extra = self._lost_edges()

    def union(self) -> Union:
        order = self._order()
        places = {key: index for index, key in enumerate(order)}
        marks = {node_id(places[key]): mark for key, mark in self._marks().items()}
        nodes = tuple(self._node(key, places, marks) for key in order)
        leaves = [self._leaf("new", leaf, places, marks) for leaf in self.new.leaves]
        leaves += [
            self._leaf("old", leaf, places, marks)
            for leaf in self.old.leaves
            if leaf.node in self.gone
        ]
        # Of a leaf the leaf itself is marked, not the AccumulateGrad in front of it.
        for leaf in leaves:
            if mark := marks.pop(node_id(leaf.node), None):
                marks[leaf.id] = mark
        roots, of_roots = self._roots(places)
        sources = (*self.new.sources, *self.old.sources)
        operators = self.old.operators | self.new.operators
        return Union(Graph(roots, nodes, tuple(leaves), operators, sources), marks | of_roots)

    def _roots(self, places: dict[Key, int]) -> tuple[tuple[Root, ...], dict[str, Mark]]:
        changed = {each.new for change in self.changes for each in change.roots}
        changed |= {each.root for change in self.changes for each in change.rewired}
        roots = tuple(
            replace(
                root,
                name=SIGNS["changed"] + root.name if root.name in changed else root.name,
                node=places["new", root.node],
            )
            for root in self.new.roots
        )
        names = enumerate(root.name for root in self.new.roots)
        return roots, {root_id(i): "changed" for i, name in names if name in changed}

    def _marks(self) -> dict[Key, Mark]:
        marks: dict[Key, Mark] = {("old", index): "gone" for index in self.gone}
        for change in self.changes:
            stayed = [each.op for each in change.rewired] + [each.op for each in change.results]
            marks |= {("new", op.node): "changed" for op in stayed if op and op.node is not None}
            resized = [self.leaves_of_new[each.new] for each in change.leaves]
            marks |= {("new", index): "changed" for index in resized}
            came = [op.node for op in change.came]
            came += [self.leaves_of_new[name] for name in change.leaves_came]
            marks |= {("new", index): "came" for index in came if index is not None}
        return marks

    def _lost_edges(self) -> dict[int, list[int]]:
        """For nodes of the new graph, what went into them and is gone."""
        extra: dict[int, list[int]] = {}
        for node in self.old.nodes:
            for edge in node.inputs if node.index in self.now else ():
                if edge.node in self.gone and edge.node is not None:
                    extra.setdefault(self.now[node.index], []).append(edge.node)
        return extra

    def _sources(self, key: Key) -> Iterator[Key]:
        side, index = key
        if side == "old":
            for edge in self.old.nodes[index].inputs:
                if edge.node is not None:
                    yield self._key(edge.node)
            return
        for edge in self.new.nodes[index].inputs:
            if edge.node is not None:
                yield "new", edge.node
        for lost in self.extra.get(index, ()):
            yield "old", lost

    def _key(self, old: int) -> Key:
        return ("old", old) if old in self.gone else ("new", self.now[old])

    def _order(self) -> list[Key]:
        """Each node after all that goes into it, as far as both graphs together allow."""
        found: dict[Key, None] = {}
        begun: set[Key] = set()
        starts: Iterable[Key] = (
            *(("new", node.index) for node in self.new.nodes),
            *(("old", index) for index in sorted(self.gone)),
        )
        for start in starts:
            stack = [(start, self._sources(start))] if start not in begun else []
            begun.add(start)
            while stack:
                key, sources = stack[-1]
                source = next((each for each in sources if each not in begun), None)
                if source is None:
                    found[key] = None
                    stack.pop()
                else:
                    begun.add(source)
                    stack.append((source, self._sources(source)))
        return list(found)

    def _node(self, key: Key, places: dict[Key, int], marks: dict[str, Mark]) -> Node:
        side, index = key
        node = (self.old if side == "old" else self.new).nodes[index]
        place = places[key]
        # What would lead back to where it came from stands in one graph only by the other's order.
        inputs = tuple(
            Edge(None, places[source]) for source in self._sources(key) if places[source] < place
        )
        mark = marks.get(node_id(place))
        sign = SIGNS[mark] if mark and node.kind == "operation" else ""
        source_at = node.source
        if source_at is not None and side == "old":
            source_at += len(self.new.sources)
        return replace(
            node,
            index=place,
            name=sign + node.name,
            inputs=inputs,
            saved=(),
            source=source_at,
            call=None,
            sequence=None,
        )

    def _leaf(
        self,
        side: Literal["new", "old"],
        leaf: Leaf,
        places: dict[Key, int],
        marks: dict[str, Mark],
    ) -> Leaf:
        place = places[side, leaf.node]
        mark = marks.get(node_id(place))
        sign = SIGNS[mark] if mark else ""
        return replace(leaf, node=place, name=f"{sign}{leaf.name or 'leaf'}")


def _node(sketch: Sketch, place: int) -> int:
    node = sketch.ops[place].node
    if node is None:
        raise AssertionError("a baseline has no graph to draw")
    return node


def _leaf_nodes(graph: Graph, sketch: Sketch) -> dict[str, int]:
    """The `AccumulateGrad` of each leaf by the name that it has in the sketch."""
    return dict(zip(sketch.leaves, (leaf.node for leaf in graph.leaves), strict=True))
