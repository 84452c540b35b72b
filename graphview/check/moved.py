"""Leaves that changed their names: of what is gone and what is new, which may be the same."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

from graphview.check.patterns import LONGEST, is_glob
from graphview.compare.changes import masked

LIKE = 0.6
# Each name that is gone is compared with each new one.
MOST_PAIRS = 5000


@dataclass(frozen=True, slots=True)
class Move:
    """Leaves `old` of the contract that seem to be `names` in the graph; in short, `new`.

    Where `old` is a glob, `new` is one too: the names with their numbers left out.
    """

    old: str
    new: str
    names: tuple[str, ...]

    @property
    def cause(self) -> Hashable:
        """The same for all leaves of a module that was renamed."""
        old, new = self.old.split("."), self.new.split(".")
        while old and new and old[-1] == new[-1]:
            old.pop()
            new.pop()
        while old and new and old[0] == new[0]:
            old.pop(0)
            new.pop(0)
        return ("moved", tuple(old), tuple(new))


def moves(gone: Sequence[str], new: Sequence[str]) -> list[Move]:
    """The likeliest pairs first, each name in one at most.

    The last parts of both names are the same: a weight does not become a bias.
    """
    if len(gone) * len(new) > MOST_PAIRS:
        return []
    pairs = [
        (_likeness(old, short), Move(old, short, names))
        for old in gone
        for short, names in _named(new, short=is_glob(old)).items()
    ]
    found: dict[str, Move] = {}
    taken: set[str] = set()
    for likeness, move in sorted(pairs, key=lambda pair: -pair[0]):
        if likeness >= LIKE and move.old not in found and taken.isdisjoint(move.names):
            found[move.old] = move
            taken.update(move.names)
    return list(found.values())


def _named(names: Sequence[str], *, short: bool) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name in names:
        key = masked(name) if short else name
        found[key] = (*found.get(key, ()), name)
    return found


def _likeness(old: str, new: str) -> float:
    """From 0 to 1: how many parts are the same, and how alike the names are read as a whole."""
    one, other = old.split("."), new.split(".")
    if one[-1] != other[-1] or len(one) + len(other) == 2 or max(len(old), len(new)) > LONGEST:
        return 0
    same = [left == right for left, right in zip_longest(one, other)]
    read: float = SequenceMatcher(None, old, new, autojunk=False).ratio()
    shared: float = sum(same) / len(same)
    return (shared + read) / 2
