"""`custom-functions`: operations whose backward is the user's own code."""

from __future__ import annotations

from collections.abc import Iterator

from graphview.check.hidden import Allowed, found_classes, read_allowed
from graphview.check.rule import Case, Code, Found
from graphview.check.value import Value
from graphview.check.words import ticked

KEY = "custom-functions"
EXAMPLE = 'custom-functions = ["StraightThrough"]'
CUSTOM = Code(
    "GV117",
    "custom-function",
    "A custom autograd Function is in the graph, and the contract does not allow it.",
    "Its backward is code that nobody but its author has checked: a wrong derivative trains "
    "wrongly without an error.",
    "Check it with torch.autograd.gradcheck and allow it by name, or use torch's own operations.",
)
CODES: tuple[Code, ...] = (CUSTOM,)


def read(value: Value) -> Allowed:
    """`"forbid"`, or a list of those that are allowed, by class, node's name or full name."""
    return read_allowed(value)


def check(asked: Allowed, case: Case) -> Iterator[Found]:
    operators = case.graph.operators
    for each in found_classes(case, asked, lambda operator: operator.origin == "custom"):
        operator = operators[each.operator]
        where = f", written at {operator.file}:{operator.line}" if operator.file else ""
        yield Found(
            CUSTOM,
            f"{ticked(each.name)} is a custom Function{where}",
            expected=asked.text,
            actual=each.text,
            node=each.node,
            source=each.source,
            hint=f"Check it with torch.autograd.gradcheck, then allow {ticked(operator.family)}.",
            cause=each.cause,
        )
