"""What differs between two recordings, as findings: one for each cause, graph by graph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from graphview.check.baseline_codes import OF_KIND
from graphview.check.consequences import Caused
from graphview.check.explained import Explained, explained, node_of
from graphview.check.grouping import grouped, limited
from graphview.check.paths import FirstUses, Ways
from graphview.check.reasons import way_of
from graphview.check.rule import leaf_names
from graphview.compare.compared import Compared, compare
from graphview.compare.difference import Difference
from graphview.compare.sketch import Sketch, sketch
from graphview.errors import RootError
from graphview.model.finding import DIFF, Checked, Clause, Finding, Waypoint
from graphview.model.graph import Graph, Source
from graphview.model.missing import Missing
from graphview.model.recording import Recording

TARGET = "diff"


@dataclass(frozen=True, slots=True)
class Side:
    """One of two things that are compared, called `name`.

    `graphs` are those that it has; a baseline has only `sketches` of them. `missing` says why
    parameters get no gradient.
    """

    name: str
    graphs: Mapping[str, Graph]
    sketches: Mapping[str, Sketch]
    missing: Sequence[Missing] = ()

    @staticmethod
    def of(name: str, recording: Recording) -> Side:
        """What was recorded."""
        graphs = recording.graphs
        sketches = {root: sketch(graph) for root, graph in graphs.items()}
        return Side(name, graphs, sketches, recording.missing)


@dataclass(frozen=True)
class _Graphs:
    """The two graphs of a pair, as far as there are any: where a difference is."""

    old: Graph | None = None
    new: Graph | None = None

    def place(self, each: Explained) -> tuple[Source | None, tuple[Waypoint, ...]]:
        """The line to look at and the way there, in the new code; of what is gone, the old line."""
        source = self._source(each.difference)
        if each.why is not None:
            return each.why.source or source, way_of(each.why)
        return source, self._way(self._node(each.difference))

    def _way(self, node: int | None) -> tuple[Waypoint, ...]:
        return () if self._ways is None or node is None else self._ways.to(node)

    @cached_property
    def _ways(self) -> Ways | None:
        return None if self.new is None else Ways(self.new)

    def _node(self, difference: Difference) -> int | None:
        """What is gone is looked for in the old graph, where it can be shown."""
        is_gone = difference.node is None and difference.old_node is not None
        return None if is_gone and self.old is not None else node_of(difference, self._leaves)

    @cached_property
    def _leaves(self) -> dict[str, int]:
        return {} if self.new is None else leaf_names(self.new)

    @cached_property
    def _uses(self) -> FirstUses | None:
        return None if self.new is None else FirstUses(self.new)

    def _source(self, difference: Difference) -> Source | None:
        node = self._node(difference)
        if self._uses is not None and node is not None:
            return self._uses.source(node)
        if self.old is not None and difference.old_node is not None:
            return self.old.source_of(self.old.nodes[difference.old_node])
        return None


NO_GRAPHS = _Graphs()


@dataclass(frozen=True, slots=True)
class Pair:
    """Two graphs that are held side by side, by their names; None for one that a side lacks."""

    old: str | None
    new: str | None
    compared: Compared | None = None


def pairs(old: Side, new: Side, root: str | None) -> list[Pair]:
    """Compare the graphs of one name, or the only ones on both sides.

    Errors: RootError for a `root` that is on neither side.
    """
    names = list(dict.fromkeys((*old.sketches, *new.sketches)))
    if root is not None:
        if root not in names:
            known = ", ".join(names) or "none"
            raise RootError(f"neither side has a root {root!r}; the roots are {known}.")
        names = [root]
    elif len(old.sketches) == len(new.sketches) == 1:
        return [_pair(old, new, next(iter(old.sketches)), next(iter(new.sketches)))]
    return [_pair(old, new, name, name) for name in names]


def _pair(old: Side, new: Side, before: str, after: str) -> Pair:
    if before not in old.sketches:
        return Pair(None, after)
    if after not in new.sketches:
        return Pair(before, None)
    return Pair(before, after, compare(old.sketches[before], new.sketches[after]))


def diff(old: Side, new: Side, compared: Iterable[Pair]) -> Checked:
    """What differs in these pairs of graphs."""
    clauses, found = [], list[Caused]()
    for pair in compared:
        clause = Clause(TARGET, pair.new or pair.old or "", DIFF)
        clauses.append(clause)
        found += limited(_one(old, new, pair, clause))
    return Checked(tuple(clauses), grouped(found))


def _one(old: Side, new: Side, pair: Pair, clause: Clause) -> Iterator[Caused]:
    if pair.compared is None or pair.old is None or pair.new is None:
        there, missing = (new, old) if pair.old is None else (old, new)
        yield _caused(_lost_root(clause.graph, there, missing), clause)
        return
    graphs = _Graphs(old.graphs.get(pair.old), new.graphs.get(pair.new))
    sketches = old.sketches[pair.old], new.sketches[pair.new]
    for each in explained(*sketches, pair.compared, new.missing):
        yield _caused(each, clause, graphs)


def _lost_root(root: str, there: Side, missing: Side) -> Explained:
    told = f"{there.name} has a graph `{root}`, {missing.name} has none"
    seen = (each for each in missing.missing if each.kind == "root" and each.name == root)
    return Explained(Difference("root-changed", told), next(seen, None))


def _caused(each: Explained, clause: Clause, graphs: _Graphs = NO_GRAPHS) -> Caused:
    difference, code = each.difference, OF_KIND[each.difference.kind]
    source, path = graphs.place(each)
    finding = Finding(
        code.code,
        code.name,
        "error",
        clause,
        each.told,
        expected=difference.old,
        actual=difference.new,
        source=source,
        module=difference.module,
        path=path,
        hint="; ".join(difference.also),
    )
    return Caused(finding, each.cause, difference.node)
