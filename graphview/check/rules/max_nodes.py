"""`max-nodes`: how many nodes the graph may have, AccumulateGrad among them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from graphview.check.budget import busiest
from graphview.check.causes import About
from graphview.check.rule import Case, Code, Found
from graphview.check.value import Value
from graphview.check.words import several, ticked
from graphview.model.graph import counted

KEY = "max-nodes"
EXAMPLE = "max-nodes = 1000"
NODES = Code(
    "GV113",
    "too-many-nodes",
    "The graph has more nodes than the contract allows.",
    "A graph that grows is a loop over elements, a state that is carried from step to step without "
    "detach, or a loss that keeps what it was added to: time and memory grow with it.",
    "Look at the line that most of the nodes come from.",
)
CODES: tuple[Code, ...] = (NODES,)


def read(value: Value) -> int:
    return value.whole()


def check(asked: int, case: Case) -> Iterator[Found]:
    nodes = case.graph.nodes
    if len(nodes) <= asked:
        return
    most = busiest(case.graph, ((node, 1) for node in case.graph.operations))
    families = Counter(case.graph.operator_of(node).family for node in nodes).most_common(5)
    told = several([f"{family} {number:,}" for family, number in families])
    yield Found(
        NODES,
        f"{ticked(case.name)} has {counted(len(nodes), 'node')}, {len(nodes) - asked:,} too many",
        expected=f"at most {asked:,}",
        actual=f"{len(nodes):,}, most of them {told}",
        node=most.node if most else None,
        source=most.source if most else None,
        hint=f"{most.source_text} has {most.amount:,} of them." if most else "",
        about=About(grows=True),
    )
