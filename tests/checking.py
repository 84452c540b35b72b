"""Graphs that are written down, held to a contract: for the tests of rules."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import handmade
from handmade import ROW, SCALAR, node

from graphview.check.contract import Asked, Contract, GraphContract, Target
from graphview.check.rule import Case, Found
from graphview.check.rules import RULES
from graphview.check.run import check
from graphview.check.value import Value
from graphview.model.finding import Checked, Severity
from graphview.model.graph import (
    ACCUMULATE,
    Edge,
    Graph,
    Leaf,
    Node,
    Operator,
    Root,
    SavedTensor,
    Source,
    TensorInfo,
)
from graphview.model.missing import Missing
from graphview.model.recording import Environment, Recording

FILE = "graphview.toml"
RULE_OF = {rule.KEY: rule for rule in RULES}
ENVIRONMENT = Environment("0", "3.11", "Linux", "2.9", "cpu", "CPU")
FAMILIES = {
    "AddBackward0": ("add.Tensor", "add"),
    "AddmmBackward0": ("addmm", "addmm"),
    "BmmBackward0": ("bmm", "bmm"),
    "MeanBackward0": ("mean", "mean"),
    "MulBackward0": ("mul.Tensor", "mul"),
    "PowBackward0": ("pow.Tensor_Scalar", "pow"),
    "SoftmaxBackward0": ("_softmax", "softmax"),
    "ToCopyBackward0": ("_to_copy", "to_copy"),
}
OPERATORS = handmade.OPERATORS | {
    name: Operator(name, op, family, "derivatives.yaml") for name, (op, family) in FAMILIES.items()
}
DOUBLE = TensorInfo((80, 1), "float64", "cpu")
ON_GPU = TensorInfo((80, 1), "float32", "cuda:0")


def code_at(line: int, expression: str | None = None, file: str = "lesson.py") -> Source:
    return Source(file, line, line, 4, 9, "<module>", expression, None)


def leaf(index: int, tensor: TensorInfo = ROW) -> Node:
    return replace(node(index, ACCUMULATE), outputs=(tensor,))


def graph(
    *nodes: Node,
    leaves: dict[int, str | None],
    root: str = "loss",
    sources: tuple[Source, ...] = (),
) -> Graph:
    """A graph whose root is the last node; leaves are what their AccumulateGrad says."""
    return Graph(
        (Root(root, nodes[-1].outputs[0], len(nodes) - 1),),
        nodes,
        tuple(Leaf(place, name, nodes[place].outputs[0]) for place, name in leaves.items()),
        OPERATORS,
        sources,
    )


def lesson(*, cast: bool = False) -> Graph:
    """loss = ((a + b*x)**2).mean(), where `a` may be the result of a cast of a leaf.

    n0 b ─ n1 mul ─┬─ n4 add ─ n5 pow ─ n6 mean, and n2 a ─ (n3 to_copy) ─┘
    """
    scalar = replace(SCALAR, shape=(1,))
    nodes = [
        leaf(0, scalar),
        node(1, "MulBackward0", 0, None, source=1),
        leaf(2, scalar),
    ]
    if cast:
        nodes.append(node(3, "ToCopyBackward0", 2, source=0, variable="a"))
    last = len(nodes)
    nodes += [
        node(last, "AddBackward0", last - 1, 1, source=1, variable="yhat"),
        node(last + 1, "PowBackward0", last, source=2),
        replace(node(last + 2, "MeanBackward0", last + 1, source=2), outputs=(SCALAR,)),
    ]
    code = (
        code_at(18, "torch.randn(1, requires_grad=True).to(torch.float64)"),
        code_at(20, "a + b*x"),
        code_at(22, "(yhat**2).mean()"),
    )
    return graph(*nodes, leaves={0: "b", 2: None if cast else "a"}, sources=code)


def recording(graphs: dict[str, Graph], *missing: Missing, device: str = "cpu") -> Recording:
    environment = replace(ENVIRONMENT, device=device)
    return Recording("train.py", graphs, {}, environment, missing=missing)


def lost(name: str, reason: Any, **more: Any) -> Missing:
    return Missing(name, more.pop("kind", "parameter"), ROW, reason, **more)


def found(
    key: str, raw: Any, of: Graph, *missing: Missing, others: dict[str, Graph] | None = None
) -> list[Found]:
    """What the rule of this key says of a graph called `loss`; `others` are recorded beside it."""
    rule = RULE_OF[key]
    seen = recording({"loss": of, **(others or {})}, *missing)
    return list(rule.check(rule.read(Value(raw, key, FILE, 7)), Case("loss", of, seen)))


def codes(some: list[Found]) -> list[str]:
    return [each.code.code for each in some]


def asked(keys: dict[str, Any], first_line: int = 5) -> tuple[Asked, ...]:
    """Each key with what stands there, each on a line of its own."""
    lines = enumerate(keys.items(), first_line)
    return tuple(
        Asked(RULE_OF[key], RULE_OF[key].read(Value(raw, key, FILE, line)), FILE, line)
        for line, (key, raw) in lines
    )


def held(
    seen: Recording,
    *graphs: GraphContract,
    severities: dict[str, Severity | None] | None = None,
    **target: Any,
) -> Checked:
    """A recording that is held to a contract of one target, `lesson`."""
    one = Target("lesson", graphs=graphs, line=3, **target)
    return check(one, seen, Contract(FILE, (one,), severities or {}))


__all__ = [
    "DOUBLE",
    "ON_GPU",
    "ROW",
    "SCALAR",
    "Edge",
    "SavedTensor",
    "node",
]
