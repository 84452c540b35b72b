"""`max-depth`: how many operations may follow one another."""

from __future__ import annotations

from collections.abc import Iterator

from graphview.check.budget import busiest
from graphview.check.causes import About
from graphview.check.paths import depths, longest
from graphview.check.rule import Case, Code, Found
from graphview.check.value import Value
from graphview.check.words import ticked
from graphview.model.graph import counted

KEY = "max-depth"
EXAMPLE = "max-depth = 100"
DEPTH = Code(
    "GV114",
    "too-deep",
    "The longest path of the graph has more operations than the contract allows.",
    "Operations on one path cannot run beside one another, and gradients shrink or grow on it; a "
    "path that gets longer from step to step is a state that was not detached.",
    "Look at the line that has most of the path: detach the state between steps, or cut the "
    "sequence.",
)
CODES: tuple[Code, ...] = (DEPTH,)


def read(value: Value) -> int:
    return value.whole()


def check(asked: int, case: Case) -> Iterator[Found]:
    depth = depths(case.graph)
    deepest = max(depth, default=0)
    if deepest <= asked:
        return
    path = longest(case.graph, depth)
    most = busiest(case.graph, ((case.graph.nodes[index], 1) for index in path))
    yield Found(
        DEPTH,
        f"the longest path of {ticked(case.name)} has {counted(deepest, 'operation')}, "
        f"{deepest - asked:,} too many",
        expected=f"at most {asked:,}",
        actual=f"{deepest:,}",
        node=path[-1] if path else None,
        source=most.source if most else None,
        hint=f"{most.source_text} has {most.amount:,} of them." if most else "",
        about=About(grows=True),
    )
