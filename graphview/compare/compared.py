"""Two graphs -> what differs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from graphview.collector import collector_paused
from graphview.compare.changes import Change, changes_of, signature
from graphview.compare.difference import Difference
from graphview.compare.match import Match, match
from graphview.compare.moves import with_moves
from graphview.compare.sketch import Sketch
from graphview.compare.teller import Teller


@dataclass(frozen=True, slots=True)
class Compared:
    """What was matched, what changed, and the differences; none for two sketches of one graph."""

    match: Match
    changes: tuple[Change, ...]
    differences: tuple[Difference, ...]


def compare(old: Sketch, new: Sketch) -> Compared:
    """Compare two sketches; in linear time where little changed.

    What differs is the same from both sides: what is gone one way is new the other way.
    """
    with collector_paused():
        found = match(old, new)
        changes = tuple(with_moves(changes_of(old, new, found)))
        return Compared(found, changes, tuple(_told(old, new, changes)))


def _told(old: Sketch, new: Sketch, changes: Sequence[Change]) -> Iterator[Difference]:
    """The same change in many layers is told once."""
    teller = Teller(old, new)
    alike: dict[object, list[Change]] = {}
    for change in changes:
        alike.setdefault(signature(change), []).append(change)
    for same in alike.values():
        yield teller.tell(same)
