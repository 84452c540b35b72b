"""The walk over `next_functions`: iterative, canonical, and the only place that follows edges."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from torch.autograd.graph import Node as Function

from graphview.autograd.stack import deepest_here
from graphview.errors import RootError
from graphview.model.graph import ACCUMULATE

NextFunctions = tuple[tuple[Function | None, int], ...]


@dataclass(slots=True)
class Walk:
    """Autograd's own nodes in depth-first post-order, and their edges.

    `next_functions` is ordered, so the order is the same on every run. The functions are held
    here because Python reuses the ids of wrappers that nobody holds.
    """

    functions: list[Function] = field(default_factory=list)
    edges: list[NextFunctions] = field(default_factory=list)
    index: dict[int, int] = field(default_factory=dict)

    def number(self, function: Function) -> int:
        return self.index[id(function)]


def walk(roots: Iterable[Function]) -> Walk:
    """Visit everything that backward from `roots` could reach, without recursion.

    Errors: RootError for a graph that is so deep that freeing it later would end the process.
    """
    result, seen, deepest = Walk(), {}, deepest_here() or sys.maxsize
    for root in roots:
        if id(root) in seen:
            continue
        seen[id(root)] = root
        _descend(root, seen, result, deepest)
    return result


def _descend(root: Function, seen: dict[int, Function], result: Walk, deepest: int) -> None:
    stack = [_entry(root)]
    while stack:
        function, edges, rest = stack[-1]
        for producer, _ in rest:
            if producer is not None and id(producer) not in seen:
                seen[id(producer)] = producer
                if len(stack) >= deepest:
                    raise RootError(
                        f"the graph is more than {deepest:,} operations deep, which this thread's "
                        "stack has no room to free; capture it in the main thread, on Linux."
                    )
                stack.append(_entry(producer))
                break
        else:
            stack.pop()
            result.index[id(function)] = len(result.functions)
            result.functions.append(function)
            result.edges.append(edges)


def _entry(
    function: Function,
) -> tuple[Function, NextFunctions, Iterator[tuple[Function | None, int]]]:
    edges: NextFunctions = function.next_functions
    return function, edges, iter(edges)


def is_accumulate(function: Function) -> bool:
    """Whether it is the bookkeeping in front of a leaf."""
    return type(function).__name__ == ACCUMULATE
