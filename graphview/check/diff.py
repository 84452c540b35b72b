"""What differs between two recordings, as findings: one for each cause, graph by graph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from graphview.check.baseline_codes import OF_KIND
from graphview.check.baselines import cause_of
from graphview.check.grouping import Caused, grouped, limited
from graphview.check.paths import Ways
from graphview.compare.difference import Compared, Difference, compare
from graphview.compare.sketch import Sketch, sketch
from graphview.errors import RootError
from graphview.model.finding import DIFF, Checked, Clause, Finding
from graphview.model.graph import Graph, Source

TARGET = "diff"


@dataclass(frozen=True, slots=True)
class Side:
    """One of two things that are compared, called `name`.

    `graphs` are those that it has; a baseline has only `sketches` of them.
    """

    name: str
    graphs: Mapping[str, Graph]
    sketches: Mapping[str, Sketch]

    @staticmethod
    def of_graphs(name: str, graphs: Mapping[str, Graph]) -> Side:
        """What was recorded."""
        return Side(name, graphs, {root: sketch(graph) for root, graph in graphs.items()})


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
        told = f"{there.name} has a graph `{clause.graph}`, {missing.name} has none"
        yield Caused(_finding(clause, Difference("root-changed", told)))
        return
    graphs = old.graphs.get(pair.old), new.graphs.get(pair.new)
    yield from _caused(pair.compared, *graphs, clause)


def _caused(
    compared: Compared, old: Graph | None, new: Graph | None, clause: Clause
) -> Iterator[Caused]:
    ways = None if new is None else Ways(new)
    for each in compared.differences:
        path = () if ways is None or each.node is None else ways.to(each.node)
        finding = replace(_finding(clause, each), source=_source(each, old, new), path=path)
        yield Caused(finding, cause_of(each), each.node)


def _finding(clause: Clause, difference: Difference) -> Finding:
    code = OF_KIND[difference.kind]
    return Finding(
        code.code,
        code.name,
        "error",
        clause,
        difference.told,
        expected=difference.old,
        actual=difference.new,
        module=difference.module,
        hint="; ".join(difference.also),
    )


def _source(difference: Difference, old: Graph | None, new: Graph | None) -> Source | None:
    """The line in the new code; of what is gone, that in the old one."""
    if new is not None and difference.node is not None:
        return new.source_of(new.nodes[difference.node])
    if old is not None and difference.old_node is not None:
        return old.source_of(old.nodes[difference.old_node])
    return None
