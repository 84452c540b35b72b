"""What a graph consists of, in Python's own types: pytest tells well how these differ."""

from __future__ import annotations

from collections import Counter

from graphview.compare.sketch import sketch
from graphview.model.graph import Graph


def leaf_names(graph: Graph) -> set[str]:
    """The name of each leaf, as baselines have them.

    Of several leaves with one name the later ones are numbered, `w~1`; one that nobody named is
    `leaf`.
    """
    return set(sketch(graph).leaves)


def operation_counts(graph: Graph) -> dict[str, int]:
    """How many operations of each family there are: `{"addmm": 2, "relu": 1}`.

    `AccumulateGrad`, in front of each leaf, is no operation.
    """
    return dict(Counter(graph.operator_of(node).family for node in graph.operations))
