"""What a contract calls by a name -> nodes: leaves, roots, variables, modules or operations."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from graphview.check.evidence import known_leaves
from graphview.check.paths import leading_to
from graphview.check.patterns import Patterns
from graphview.check.rule import Case
from graphview.check.value import Value, shown

ARROW = "->"

Named = dict[str, list[int]]


@dataclass(frozen=True, slots=True)
class Between:
    """The two ends of a path, as they stand in the contract."""

    start: str
    end: str


def read_between(value: Value) -> tuple[Between, ...]:
    """`"embedding.* -> loss"`, or a list of such. Errors: ContractError."""
    if isinstance(value.raw, str):
        return (_between(value),)
    return tuple(_between(item) for item in value.items())


@dataclass(frozen=True)
class Places:
    """The nodes of one graph by what a contract calls them."""

    case: Case
    _found: dict[str, frozenset[int]] = field(default_factory=dict)
    _leading: dict[str, set[int]] = field(default_factory=dict)

    def called(self, text: str) -> frozenset[int]:
        """The nodes that are meant: of the first kind of name of which one is like `text`.

        Leaves come first, also those of the recording's other graphs: what is a parameter's name
        does not mean the module around it. Then roots, variables, modules (all that runs in them)
        and operations. Empty where nothing is called so.
        """
        if text not in self._found:
            self._found[text] = frozenset(self._called(text))
        return self._found[text]

    def leading_to(self, text: str) -> set[int]:
        """All nodes from which a path leads to what is called so."""
        if text not in self._leading:
            self._leading[text] = leading_to(self.case.graph, self.called(text))
        return self._leading[text]

    @cached_property
    def known(self) -> dict[str, str | None]:
        """The leaves and parameters that the recording knows, as in `known_leaves`."""
        return known_leaves(self.case)

    def _called(self, text: str) -> set[int]:
        glob = Patterns((text,))
        if any(map(glob.match, self.known)):
            return {node for name, node in self.case.leaf_names.items() if glob.match(name)}
        for names in self._roots, self._variables:
            if found := _like(glob, names):
                return found
        inside = _like(Patterns((text, f"{text}.*")), self._modules)
        return inside or _like(glob, self._operations)

    @cached_property
    def _roots(self) -> Named:
        return _by_name((root.name, root.node) for root in self.case.graph.roots)

    @cached_property
    def _variables(self) -> Named:
        return _by_name((node.variable, node.index) for node in self.case.graph.nodes)

    @cached_property
    def _modules(self) -> Named:
        return _by_name((node.module, node.index) for node in self.case.graph.nodes)

    @cached_property
    def _operations(self) -> Named:
        graph = self.case.graph
        return _by_name(
            (name, node.index)
            for node in graph.operations
            for operator in (graph.operator_of(node),)
            for name in (node.name, operator.op, operator.family)
        )


def _by_name(pairs: Iterable[tuple[str | None, int]]) -> Named:
    found: Named = {}
    for name, index in pairs:
        if name:
            found.setdefault(name, []).append(index)
    return found


def _like(glob: Patterns, names: Named) -> set[int]:
    return {index for name, indices in names.items() if glob.match(name) for index in indices}


def _between(value: Value) -> Between:
    start, _, end = (part.strip() for part in value.text().partition(ARROW))
    if not (start and end) or ARROW in end:
        raise value.refused(f'is {shown(value.text())}, and no path as in "embedding.* -> loss"')
    return Between(start, end)
