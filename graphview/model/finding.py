"""What a check found, as plain data: which clause of a contract, what is wrong, where, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from graphview.model.graph import Kind, Source

Severity = Literal["error", "warning", "note"]

# The key of a clause that asks for nothing: that two graphs are the same.
DIFF = "diff"


@dataclass(frozen=True, slots=True)
class Clause:
    """One thing that is asked of a graph, kept or broken.

    `target` is the contract's name for what was run, `graph` the root's name (empty for the
    recording as a whole), `key` what stands in the contract (`leaves`, `max-nodes`, `baseline`).
    `file` and `line` say where it is asked, the line from 1.
    """

    target: str
    graph: str
    key: str
    file: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Waypoint:
    """One box on the way through a graph: a root, an operation or a leaf, by its own name."""

    name: str
    kind: Kind
    source: Source | None = None
    module: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    `code` (`GV102`) and `name` (`leaf-missing`) are those of the catalogue. `message` is one
    sentence without a full stop; `expected` and `actual` go beside one another. `source` is the
    line to look at, `path` the shortest way through the graph to the place, from the root down.
    `also` are what comes of the same cause.
    """

    code: str
    name: str
    severity: Severity
    clause: Clause
    message: str
    expected: str = ""
    actual: str = ""
    source: Source | None = None
    module: str | None = None
    path: tuple[Waypoint, ...] = ()
    hint: str = ""
    also: tuple[Finding, ...] = ()

    def each(self) -> tuple[Finding, ...]:
        """The finding itself and all that comes of the same cause."""
        return (self, *(deeper for each in self.also for deeper in each.each()))


@dataclass(frozen=True, slots=True)
class Checked:
    """All clauses that were looked at, in order, and what was found, one finding for each cause."""

    clauses: tuple[Clause, ...]
    findings: tuple[Finding, ...] = ()

    @property
    def broken(self) -> frozenset[Clause]:
        return frozenset(each.clause for found in self.findings for each in found.each())

    @property
    def compares(self) -> bool:
        """Whether graphs were compared rather than held to a contract."""
        return bool(self.clauses) and all(clause.key == DIFF for clause in self.clauses)

    def count(self, severity: Severity) -> int:
        """How many causes are of this severity."""
        return sum(found.severity == severity for found in self.findings)
