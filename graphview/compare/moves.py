"""What is gone in one place and new in another of the same module: it moved."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import fields

from graphview.compare.changes import Change
from graphview.compare.sketch import Op


def with_moves(changes: Iterable[Change]) -> list[Change]:
    """The changes, those that are two halves of one move as one, where the first half stood."""
    found: list[Change] = []
    halves: dict[tuple[bool, Hashable], list[Change]] = {}
    for change in changes:
        key = _key(change)
        if key is not None:
            waiting = halves.get((not key[0], key[1]))
            if waiting:
                _join(waiting.pop(0), change)
                continue
            halves.setdefault(key, []).append(change)
        found.append(change)
    return found


def _key(change: Change) -> tuple[bool, Hashable] | None:
    """(whether it is gone, what and in which module) of a change that may be half of a move."""
    names = change.leaves_gone, change.leaves_came, change.leaves
    if any(names) or change.roots_gone or change.roots_came or change.cuts:
        return None
    if bool(change.gone) == bool(change.came):
        return None
    return bool(change.gone), _what(change.gone or change.came)


def _what(ops: list[Op]) -> Hashable:
    return ops[0].frame.key, tuple(op.family for op in ops)


def _join(first: Change, second: Change) -> None:
    for each in fields(Change):
        getattr(first, each.name).extend(getattr(second, each.name))
