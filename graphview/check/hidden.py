"""Nodes of a kind of which only some are allowed: opaque ones, custom Functions."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass

from graphview.check.causes import at_line
from graphview.check.patterns import NONE, Patterns
from graphview.check.rule import Case
from graphview.check.value import Value
from graphview.check.words import places_text, several, ticked
from graphview.model.graph import Node, Operator, Source

FORBID = "forbid"


@dataclass(frozen=True, slots=True)
class Allowed:
    """Those that may be there, by node's name, op or family."""

    patterns: Patterns = NONE

    def allow(self, node: Node, operator: Operator) -> bool:
        names = {node.name, operator.op, operator.family}
        return any(map(self.patterns.match, names))

    @property
    def text(self) -> str:
        names = [ticked(text) for text in self.patterns]
        return f"none but {several(names)}" if names else "none"


@dataclass(frozen=True, slots=True)
class Hidden:
    """All nodes of one name; `node` is the first of them."""

    name: str
    operator: str
    node: int
    source: Source | None
    text: str

    @property
    def cause(self) -> Hashable:
        return at_line(self.source) or ("operation", self.name)


def read_allowed(value: Value) -> Allowed:
    """Errors: ContractError for a text other than `forbid`."""
    if isinstance(value.raw, str):
        value.choice(FORBID)
        return Allowed()
    return Allowed(Patterns(value.words()))


def found_classes(
    case: Case, allowed: Allowed, is_one: Callable[[Operator], bool]
) -> Iterator[Hidden]:
    """Those that are not allowed, each name once."""
    graph = case.graph
    wanted = {key for key, operator in graph.operators.items() if is_one(operator)}
    by_name: dict[str, list[Node]] = {}
    for node in graph.operations:
        if node.operator in wanted:
            by_name.setdefault(node.name, []).append(node)
    for name, nodes in by_name.items():
        first = nodes[0]
        if not allowed.allow(first, graph.operator_of(first)):
            places = places_text([graph.source_of(node) for node in nodes])
            source = graph.source_of(first)
            text = f"{ticked(name)} {len(nodes):,}: {places}"
            yield Hidden(name, first.operator, first.index, source, text)
