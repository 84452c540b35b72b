"""A finished walk -> a plain `Graph`."""

from __future__ import annotations

from types import CodeType
from typing import Any

from torch.autograd.graph import Node as Function

from graphview.autograd.calls import Calls, forward_order
from graphview.autograd.locate import locate
from graphview.autograd.names import Names
from graphview.autograd.operators import custom_arguments, edge_arguments, operator_for
from graphview.autograd.roots import NamedRoot
from graphview.autograd.saved import Ledger, attributes, saved_tensors
from graphview.autograd.sources import Stamp, stamp_of
from graphview.autograd.tensors import output_info, tensor_info
from graphview.autograd.walk import NextFunctions, Walk, is_accumulate
from graphview.model.graph import (
    Edge,
    Graph,
    Leaf,
    Node,
    Operator,
    Root,
    Source,
)


def build(roots: list[NamedRoot], walk: Walk, names: Names) -> Graph:
    """Describe every node of the walk as data."""
    return _Builder(walk, names).graph(roots)


class _Builder:
    """Holds what is shared between nodes while a graph is being described."""

    def __init__(self, walk: Walk, names: Names) -> None:
        self.walk, self.names = walk, names
        self.ledger = Ledger(names.tensors)
        self.operators: dict[str, Operator] = {}
        self.keys: dict[type, str] = {}
        self.arguments: dict[tuple[str, int], tuple[str | None, ...]] = {}
        self.sources: dict[Source, int] = {}
        self.places: dict[tuple[str, CodeType, int], int] = {}
        # An AccumulateGrad is made where its leaf is first used, not where the leaf is from.
        self.stamps = [None if is_accumulate(f) else stamp_of(f) for f in walk.functions]
        self.sequence = forward_order(walk.functions)
        self.calls = Calls(names.modules)
        self.call_of = self.calls.of(self.stamps, self.sequence)
        self.source_of = [self.source(stamp) for stamp in self.stamps]
        self.targets = [source.variable for source in self.sources]
        self.inner = self.inner_nodes()

    def graph(self, roots: list[NamedRoot]) -> Graph:
        # Leaves first: what a node saves of a parameter is the parameter's memory, not its own.
        leaves = tuple(self.leaves())
        for tensor in self.names.owned:
            self.ledger.own(tensor)
        nodes = tuple(self.node(i) for i in range(len(self.walk.functions)))
        return Graph(
            roots=tuple(self.root(root) for root in roots),
            nodes=nodes,
            leaves=leaves,
            operators=dict(sorted(self.operators.items())),
            sources=tuple(self.sources),
            calls=tuple(self.calls.found),
        )

    def root(self, root: NamedRoot) -> Root:
        number = self.walk.number(root.function)
        return Root(root.name, tensor_info(root.tensor), number, root.output)

    def leaves(self) -> list[Leaf]:
        found = []
        functions: list[Any] = self.walk.functions
        for number, function in enumerate(functions):
            if is_accumulate(function):
                tensor = function.variable
                size, _ = self.ledger.charge(tensor)
                found.append(Leaf(number, self.names.of(tensor), tensor_info(tensor), size))
        return found

    def node(self, number: int) -> Node:
        function, edges = self.walk.functions[number], self.walk.edges[number]
        key = self.operator(function)
        return Node(
            index=number,
            name=self.operators[key].name,
            operator=key,
            inputs=self.edges(function, key, edges),
            outputs=tuple([output_info(output) for output in function._input_metadata]),
            attributes=attributes(function),
            saved=saved_tensors(function, self.ledger),
            source=self.source_of[number],
            module=self.calls.path(self.call_of[number]),
            variable=self.variable(number),
            call=self.call_of[number],
            sequence=self.sequence[number],
        )

    def operator(self, function: Function) -> str:
        cls = type(function)
        if cls.__name__ == "CppFunction":
            return self.keep(operator_for(function))
        if cls not in self.keys:
            self.keys[cls] = self.keep(operator_for(function))
        return self.keys[cls]

    def keep(self, operator: Operator) -> str:
        # Two custom Functions may share a class name, a line and, in notebooks, a file.
        key, copy = operator.name, 1
        while self.operators.setdefault(key, operator) != operator:
            key = f"{operator.op}:{operator.line}" + (f":{copy}" if copy > 1 else "")
            copy += 1
        return key

    def edges(self, function: Function, key: str, edges: NextFunctions) -> tuple[Edge, ...]:
        names = self.edge_names(function, key, edges)
        return tuple(
            Edge(name, None if producer is None else self.walk.number(producer), output)
            for name, (producer, output) in zip(names, edges, strict=True)
        )

    def edge_names(
        self, function: Function, key: str, edges: NextFunctions
    ) -> tuple[str | None, ...]:
        operator, shape = self.operators[key], (key, len(edges))
        if operator.origin == "custom":
            return custom_arguments(function, operator, edges)
        if shape not in self.arguments:
            self.arguments[shape] = edge_arguments(operator, len(edges))
        return self.arguments[shape]

    def source(self, stamp: Stamp | None) -> int | None:
        if stamp is None or stamp.code is None:
            return None
        place = stamp.code.co_filename, stamp.code, stamp.lasti
        if place not in self.places:
            source = locate(*place[1:], stamp.line)
            self.places[place] = self.sources.setdefault(source, len(self.sources))
        return self.places[place]

    def inner_nodes(self) -> set[int]:
        """The nodes that another node made by the same expression uses."""
        return {
            self.walk.number(producer)
            for source, edges in zip(self.source_of, self.walk.edges, strict=True)
            for producer, _ in edges
            if source is not None
            and producer is not None
            and self.source_of[self.walk.number(producer)] == source
        }

    def variable(self, number: int) -> str | None:
        live = self.names.results.get((id(self.walk.functions[number]), 0))
        source = self.source_of[number]
        # Of the ten nodes of `y = model(x)` only the last one is y.
        if live is not None or source is None or number in self.inner:
            return live
        return self.targets[source]
