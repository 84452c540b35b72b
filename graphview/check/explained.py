"""Differences with the reason that was seen while the program ran; one for each reason."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce

from graphview.check.causes import lost
from graphview.check.reasons import told_of
from graphview.compare.changes import Change
from graphview.compare.compared import Compared, differences_of
from graphview.compare.difference import Difference, Extent
from graphview.compare.modules import Modules
from graphview.compare.sketch import Sketch
from graphview.compare.words import unreached
from graphview.model.missing import Missing, Reason

# What cuts for others too stands before what is so of one leaf.
CUTTING: tuple[Reason, ...] = (
    *("cut", "left", "no_grad"),
    *("frozen", "nothing", "unused", "dead end"),
)


@dataclass(frozen=True, slots=True)
class Explained:
    """A difference, and why its leaves get no gradient where that was seen."""

    difference: Difference
    why: Missing | None = None

    @property
    def told(self) -> str:
        """The whole in a sentence without a full stop."""
        if self.why is None:
            return self.difference.told
        return f"{self.difference.what}: {told_of(self.why)}"

    @property
    def cause(self) -> Hashable:
        """Equal for what happens to several graphs at once: what a loss lost, its predictions
        lost."""
        if self.why is not None:
            return lost(self.why)
        return self.difference.kind, self.difference.leaves or self.difference.told


def node_of(difference: Difference, leaves: Mapping[str, int]) -> int | None:
    """The node to look at in the new graph: of leaves that are called otherwise or are new, the
    first of these, by their names in the graph."""
    if difference.node is not None:
        return difference.node
    nodes = (leaves.get(name) for name in sorted(difference.extent.leaves))
    return next((node for node in nodes if node is not None), None)


def explained(
    old: Sketch, new: Sketch, compared: Compared, missing: Iterable[Missing]
) -> list[Explained]:
    """The differences in order; leaves that are lost for one reason are told once.

    Where no reason is known, leaves that went alone are taken to have gone together: a block that
    is frozen shows as one cut at each of its layers.
    """
    seen = {each.name: each for each in missing if each.kind == "parameter"}
    groups: dict[Hashable, list[Explained]] = {}
    for number, difference in enumerate(_differences(old, new, compared, seen)):
        is_cut = difference.kind == "unreached"
        each = Explained(difference, _reason(difference.leaves, seen) if is_cut else None)
        groups.setdefault(_key(number, each), []).append(each)
    return [_one(group, old, new) for group in groups.values()]


def _differences(
    old: Sketch, new: Sketch, compared: Compared, seen: Mapping[str, Missing]
) -> Iterable[Difference]:
    """As they were compared, but that what looks alike and has several reasons is told apart."""
    if not seen or all(each.kind != "unreached" for each in compared.differences):
        return compared.differences
    return differences_of(old, new, compared.changes, lambda change: _cause(change, seen))


def _cause(change: Change, seen: Mapping[str, Missing]) -> Hashable:
    why = _reason(change.leaves_gone, seen)
    return None if why is None else lost(why)


def _reason(leaves: Iterable[str], seen: Mapping[str, Missing]) -> Missing | None:
    """Why these are reached no more: a line that cut before all else, the longest way to it."""
    found = (seen[name] for name in leaves if name in seen)
    return min(found, key=_weight, default=None)


def _weight(missing: Missing) -> tuple[int, int]:
    return CUTTING.index(missing.reason), -len(missing.trail)


def _key(number: int, each: Explained) -> Hashable:
    if each.why is not None:
        return lost(each.why)
    return "bare" if each.difference.extent.is_bare else number


def _one(group: Sequence[Explained], old: Sketch, new: Sketch) -> Explained:
    first = group[0]
    if len(group) == 1:
        return first
    differences = [each.difference for each in group]
    leaves = tuple(name for each in differences for name in each.leaves)
    what = unreached(Modules(old).covered(leaves), new) if leaves else first.difference.what
    together = replace(
        first.difference,
        what=what,
        places="",
        also=(),
        times=sum(each.times for each in differences),
        leaves=leaves,
        extent=reduce(Extent.joined, (each.extent for each in differences)),
    )
    return replace(first, difference=together)
