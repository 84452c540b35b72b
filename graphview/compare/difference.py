"""Two graphs -> what differs: one difference for each cause."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from graphview.collector import collector_paused
from graphview.compare.changes import Change, changes_of, signature
from graphview.compare.match import Match, match
from graphview.compare.sketch import Sketch

Kind = Literal[
    "unreached",
    "leaf-lost",
    "leaf-gained",
    "leaf-changed",
    "operation-lost",
    "operation-gained",
    "operation-replaced",
    "result-changed",
    "connection-moved",
    "module-lost",
    "module-gained",
    "renamed",
    "root-changed",
]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs: `told` in a sentence without a full stop, `old` beside `new`.

    `node` is the index of the node to look at in the new graph, `old_node` of that in the old one,
    and `module` the module that it is in. `also` says what comes of it, `times` in how many places
    the same happened; `leaves` are those that are lost or new with it.
    """

    kind: Kind
    told: str
    old: str = ""
    new: str = ""
    node: int | None = None
    old_node: int | None = None
    module: str | None = None
    also: tuple[str, ...] = ()
    times: int = 1
    leaves: tuple[str, ...] = ()


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
        changes = tuple(changes_of(old, new, found))
        return Compared(found, changes, tuple(_told(old, new, changes)))


def _told(old: Sketch, new: Sketch, changes: Sequence[Change]) -> Iterator[Difference]:
    """The same change in many layers is told once."""
    from graphview.compare.teller import Teller

    teller = Teller(old, new)
    alike: dict[object, list[Change]] = {}
    for change in changes:
        alike.setdefault(signature(change), []).append(change)
    for same in alike.values():
        yield teller.tell(same)
