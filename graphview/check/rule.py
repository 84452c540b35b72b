"""What a rule is: a key of the contract, how its value is read, and how a graph is held to it."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from graphview.check.causes import NOTHING, About
from graphview.check.value import Value
from graphview.compare.difference import Extent
from graphview.model.finding import Severity, Waypoint
from graphview.model.graph import Graph, Source
from graphview.model.recording import Recording


@dataclass(frozen=True, slots=True)
class Code:
    """One kind of finding: `GV102`, called `leaf-missing`.

    `summary` says in a sentence what is wrong, `why` why that matters, `remedy` what to do, and
    `severity` how bad it is unless the contract's `[rules]` says otherwise.
    """

    code: str
    name: str
    summary: str
    why: str
    remedy: str
    severity: Severity = "error"


def leaf_names(graph: Graph) -> dict[str, int]:
    """The `AccumulateGrad` of each leaf that has a name."""
    return {leaf.name: leaf.node for leaf in graph.leaves if leaf.name}


@dataclass(frozen=True)
class Case:
    """One graph that is held to a contract: the root's `name`, and the recording around it."""

    name: str
    graph: Graph
    recording: Recording

    @cached_property
    def leaf_names(self) -> dict[str, int]:
        """Its leaves that have a name, as the function of this name tells them."""
        return leaf_names(self.graph)


@dataclass(frozen=True, slots=True)
class Found:
    """What a rule found; the rest of a finding is the same for all of them.

    `node` is the index of the node to show the way to; `way` stands in its place where the way
    leads out of the graph. `cause` is equal for findings that come of the same thing, in whatever
    graph; None for what stands alone. `about` is what it speaks of, and `extent` what has changed
    where it is a difference: findings come of the difference that changed what they speak of.
    `module` is shown in place of the node's.
    """

    code: Code
    message: str
    expected: str = ""
    actual: str = ""
    node: int | None = None
    source: Source | None = None
    hint: str = ""
    cause: Hashable = None
    way: tuple[Waypoint, ...] = ()
    about: About = NOTHING
    extent: Extent | None = None
    module: str | None = None


class Rule(Protocol):
    """A module of `graphview.check.rules`: one key of a graph's contract."""

    KEY: str
    CODES: tuple[Code, ...]
    EXAMPLE: str
    """A line of TOML that uses the key; it stands in the docs and in `graphview explain`."""

    def read(self, value: Value) -> Any:
        """What is asked, from the contract's value. Errors: ContractError."""

    def check(self, asked: Any, case: Case) -> Iterator[Found]:
        """Where the graph is not as asked."""
