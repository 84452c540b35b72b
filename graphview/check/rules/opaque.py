"""`opaque`: nodes that hide what runs in them."""

from __future__ import annotations

from collections.abc import Iterator

from graphview.check.hidden import Allowed, found_classes, read_allowed
from graphview.check.rule import Case, Code, Found
from graphview.check.value import Value
from graphview.check.words import ticked

KEY = "opaque"
EXAMPLE = 'opaque = ["CheckpointFunctionBackward"]'
OPAQUE = Code(
    "GV116",
    "opaque",
    "A node hides what is computed in it, and the contract does not allow it.",
    "What is inside a compiled, checkpointed or custom node is in no graph, so no other clause of "
    "the contract can see it.",
    "Record the model as it is before torch.compile or with checkpoints turned off, or allow the "
    "node by name.",
)
CODES: tuple[Code, ...] = (OPAQUE,)


def read(value: Value) -> Allowed:
    """`"forbid"`, or a list of those that are allowed, by node's name, op or family."""
    return read_allowed(value)


def check(asked: Allowed, case: Case) -> Iterator[Found]:
    operators = case.graph.operators
    for each in found_classes(case, asked, lambda operator: operator.opaque is not None):
        reason = operators[each.operator].opaque
        yield Found(
            OPAQUE,
            f"{ticked(each.name)} hides what is computed in it: {reason}",
            expected=asked.text,
            actual=each.text,
            node=each.node,
            source=each.source,
            hint=f"Allow it by its name, {ticked(each.name)}, if what it hides is no matter.",
            cause=each.cause,
        )
