"""How far a change goes: what it touched, to tell which findings come of it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from graphview.compare.changes import Change
from graphview.compare.difference import Extent


def extent_of(same: Sequence[Change]) -> Extent:
    """That of changes which are alike, together."""
    gone = [op for each in same for op in each.gone]
    came = [op for each in same for op in each.came]
    resized = (altered.op for each in same for altered in each.results)
    return Extent(
        leaves=frozenset(chain.from_iterable(map(_leaves, same))),
        families=frozenset(op.family for op in (*gone, *came)),
        came=frozenset(op.node for op in came if op.node is not None),
        resized=frozenset(op.node for op in resized if op is not None and op.node is not None),
        gain=len(came) - len(gone),
        is_bare=all(map(_is_bare, same)),
    )


def _leaves(change: Change) -> list[str]:
    altered = [name for each in change.leaves for name in (each.old, each.new)]
    return [*change.leaves_gone, *change.leaves_came, *altered]


def _is_bare(change: Change) -> bool:
    """Whether leaves went, and of the operations only those on them alone."""
    taken = (sum(link is not None for link in op.links) for op in change.gone)
    is_cut = bool(change.cuts and change.leaves_gone)
    return is_cut and not (change.came or change.leaves_came) and all(n == 1 for n in taken)
