"""Leaves that changed their names: of what is gone and what is new, which may be the same."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from graphview.check.patterns import LONGEST

LIKE = 0.6
# Each name that is gone is compared with each new one.
MOST_PAIRS = 5000


@dataclass(frozen=True, slots=True)
class Move:
    """A leaf `old` of the contract that seems to be `new` in the graph."""

    old: str
    new: str

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
    pairs = [(_likeness(old, name), old, name) for old in gone for name in new]
    found: dict[str, Move] = {}
    taken: set[str] = set()
    for likeness, old, name in sorted(pairs, key=lambda pair: -pair[0]):
        if likeness >= LIKE and old not in found and name not in taken:
            found[old] = Move(old, name)
            taken.add(name)
    return list(found.values())


def _likeness(old: str, new: str) -> float:
    one, other = old.rpartition("."), new.rpartition(".")
    if one[2] != other[2] or not (one[0] or other[0]) or max(len(old), len(new)) > LONGEST:
        return 0
    return SequenceMatcher(None, old, new, autojunk=False).ratio()
