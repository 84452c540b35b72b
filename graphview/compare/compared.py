"""Two graphs -> what differs."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
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
        return Compared(found, changes, tuple(differences_of(old, new, changes)))


def differences_of(
    old: Sketch,
    new: Sketch,
    changes: Sequence[Change],
    reason: Callable[[Change], Hashable] | None = None,
) -> Iterator[Difference]:
    """The same change in many layers is told once, where it has the same `reason` in all."""
    teller = Teller(old, new)
    alike: dict[Hashable, list[Change]] = {}
    for change in changes:
        why = None if reason is None else reason(change)
        alike.setdefault((signature(change), why), []).append(change)
    for same in alike.values():
        yield teller.tell(same)
