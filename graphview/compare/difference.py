"""What differs between two graphs, as plain data: one difference for each cause."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

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
class Extent:
    """How far a difference goes, over all places where it happened.

    `leaves` are lost, new, changed or called otherwise (by both names), `families` those of the
    operations that are gone or new, `came` and `resized` the nodes of the new graph that are new
    or have another result. `gain` is how many operations more there are. `is_bare` where nothing
    but leaves, and what is done to them alone, such as `t`, is reached no more.
    """

    leaves: frozenset[str] = frozenset()
    families: frozenset[str] = frozenset()
    came: frozenset[int] = frozenset()
    resized: frozenset[int] = frozenset()
    gain: int = 0
    is_bare: bool = False

    def joined(self, other: Extent) -> Extent:
        """Both together."""
        return Extent(
            self.leaves | other.leaves,
            self.families | other.families,
            self.came | other.came,
            self.resized | other.resized,
            self.gain + other.gain,
            self.is_bare and other.is_bare,
        )


EMPTY = Extent()


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs: `what` in a sentence without a full stop, `old` beside `new`.

    `node` is the index of the node to look at in the new graph, `old_node` of that in the old one,
    and `module` the module that it is in. `also` says what comes of it, `times` in how many places
    the same happened, and `places` which these are; `leaves` are those that are lost or new with
    it.
    """

    kind: Kind
    what: str
    old: str = ""
    new: str = ""
    node: int | None = None
    old_node: int | None = None
    module: str | None = None
    also: tuple[str, ...] = ()
    times: int = 1
    leaves: tuple[str, ...] = ()
    extent: Extent = EMPTY
    places: str = ""

    @property
    def told(self) -> str:
        """What differs, and where this happened if in several places."""
        if not self.places:
            return self.what
        return f"{self.what}, in {self.times:,} places: {self.places}"
