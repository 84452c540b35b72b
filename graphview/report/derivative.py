"""Names and derivatives as a textbook writes them, in the user's own names: `2·error`."""

from __future__ import annotations

import re
from collections.abc import Callable
from math import prod

from graphview.model.graph import Graph, Node

LONGEST_NAME = 36
Formula = Callable[["Names", Node, int], str | None]


class Names:
    """What the page calls the results in a graph."""

    def __init__(self, graph: Graph) -> None:
        self.graph, self.leaves = graph, graph.leaf_at()

    def of(self, index: int) -> str:
        """The result's variable, else the expression that made it, else its node."""
        leaf, node = self.leaves.get(index), self.graph.nodes[index]
        if leaf is not None:
            return leaf.name or "the leaf"
        source = self.graph.source_of(node)
        expression = source.expression if source else None
        if node.variable or not expression or len(expression) > LONGEST_NAME:
            return node.variable or node.name
        return expression

    def within(self, index: int) -> str:
        """The same inside a formula: `(error**2)`."""
        return bracketed(self.of(index))

    def by(self, index: int) -> str:
        """`∂loss/∂error`, the gradient that arrives at a node."""
        root = self.graph.roots[0]
        return f"∂{bracketed(root.name)}/∂{self.within(index)}"

    def local(self, index: int, producer: int) -> str:
        """`∂error/∂yhat`, the derivative of a result by an input."""
        return f"∂{self.within(index)}/∂{self.within(producer)}"

    def other(self, node: Node, position: int) -> str | None:
        """The other one of two inputs; a constant has a name where the node keeps it."""
        rest = [edge for place, edge in enumerate(node.inputs) if place != position]
        if len(rest) != 1:
            return None
        if rest[0].node is not None:
            return self.within(rest[0].node)
        kept = (saved.variable for saved in node.saved if saved.name == rest[0].argument)
        return next(filter(None, kept), None)

    def derivative(self, index: int, position: int) -> str | None:
        """The derivative by the input at a position, for the operations that we know by heart."""
        node = self.graph.nodes[index]
        operator = self.graph.operator_of(node)
        formula = FORMULAS.get(operator.op) or FORMULAS.get(operator.family)
        if formula is None or operator.origin != "derivatives.yaml":
            return None
        return formula(self, node, position)


def bracketed(name: str) -> str:
    """In brackets if it is more than a name."""
    return name if re.fullmatch(r"[\w.]+", name) else f"({name})"


def _scaled(sign: str) -> Formula:
    def formula(names: Names, node: Node, position: int) -> str | None:
        if position == 0:
            return "1"
        alpha = node.attributes.get("alpha", 1)
        return f"{sign}{alpha:g}" if isinstance(alpha, int | float) and alpha >= 0 else None

    return formula


def _product(names: Names, node: Node, position: int) -> str | None:
    return names.other(node, position)


def _power(names: Names, node: Node, position: int) -> str | None:
    exponent, base = node.attributes.get("exponent"), node.inputs[position].node
    if base is None or not isinstance(exponent, int | float):
        return None
    name = names.within(base)
    return f"{exponent:g}·{name}" if exponent == 2 else f"{exponent:g}·{name}^{exponent - 1:g}"


def _share(names: Names, node: Node, position: int) -> str | None:
    shape = _shape(names, node, position)
    return None if shape is None else f"1/{prod(shape)}"


def _shape(names: Names, node: Node, position: int) -> tuple[int, ...] | None:
    edge = node.inputs[position]
    outputs = () if edge.node is None else names.graph.nodes[edge.node].outputs
    shape = outputs[edge.output].shape if edge.output < len(outputs) else None
    if shape is None or not all(isinstance(size, int) for size in shape):
        return None
    return tuple(int(size) for size in shape)


def _out(text: str) -> Formula:
    return lambda names, node, position: text.format(names.within(node.index))


def _fixed(text: str) -> Formula:
    return lambda names, node, position: text


FORMULAS: dict[str, Formula] = {
    "add.Tensor": _scaled(""),
    "sub.Tensor": _scaled("−"),
    "mul.Tensor": _product,
    "neg": _fixed("−1"),
    "pow.Tensor_Scalar": _power,
    "mean": _share,
    "sum": _fixed("1"),
    "exp": _out("{}"),
    "tanh": _out("1 − {}²"),
    "sigmoid": _out("{0}·(1 − {0})"),
}
