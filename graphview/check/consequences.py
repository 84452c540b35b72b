"""Which findings come of the same thing: by their own cause, or by the difference behind them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

from graphview.check.causes import NOTHING, About, Follows
from graphview.check.patterns import Patterns
from graphview.compare.difference import Extent
from graphview.model.finding import Finding

# Findings that name what went out of a graph, and those that name what came in.
LOSSES = frozenset({"GV101", "GV102", "GV106", "GV118", "GV160", "GV161", "GV169"})
GAINS = frozenset({"GV103", "GV105", "GV119", "GV162", "GV170"})


@dataclass(frozen=True, slots=True)
class Caused:
    """A finding with the key of its cause, None for one that stands alone.

    `node` is the index of the node that it is about, where there is one; `about` and `extent` are
    those of `Found`.
    """

    finding: Finding
    cause: Hashable = None
    node: int | None = None
    about: About = NOTHING
    extent: Extent | None = None

    @property
    def graph(self) -> tuple[str, str]:
        """Which graph it is about: the target and the root."""
        return self.finding.clause.target, self.finding.clause.graph


def keys(found: Sequence[Caused]) -> list[Hashable]:
    """For each finding a key, equal for those that come of the same thing."""
    own = [_own(number, each) for number, each in enumerate(found)]
    behind = list(_behind(found))
    chosen = _chosen(own, behind)
    known = [chosen.get(key, key) for key in own]
    followed, explained = _followed(found, known), {number for number, _ in behind}
    for number, each in enumerate(found):
        if isinstance(each.cause, Follows) and number not in explained:
            known[number] = followed.get((each.cause, each.graph)) or known[number]
    return known


def _chosen(own: Sequence[Hashable], behind: Sequence[tuple[int, int]]) -> dict[Hashable, Hashable]:
    """For what a contract found, by its key, the one difference that explains most of it.

    Two edits stay two causes, also where one clause, such as `exactly`, is broken by both.
    """
    differences = {own[difference] for _, difference in behind}
    votes: dict[Hashable, Counter[Hashable]] = defaultdict(Counter)
    for number, difference in behind:
        if own[number] not in differences:
            votes[own[number]][own[difference]] += 1
    return {key: counts.most_common(1)[0][0] for key, counts in votes.items()}


def _own(number: int, each: Caused) -> Hashable:
    if each.cause is None:
        return "alone", number
    # Where no cause is known, or several are, only what one clause says is told together.
    return (each.cause, each.finding.clause) if isinstance(each.cause, Follows) else each.cause


def _behind(found: Sequence[Caused]) -> Iterator[tuple[int, int]]:
    """Pairs of a finding and the difference from the baseline that it comes of."""
    differences: dict[tuple[str, str], list[tuple[int, Extent]]] = defaultdict(list)
    for number, each in enumerate(found):
        if each.extent is not None:
            differences[each.graph].append((number, each.extent))
    for number, each in enumerate(found) if differences else ():
        if each.extent is None and each.graph in differences:
            for behind in _differences_behind(each, differences[each.graph]):
                yield number, behind


def _differences_behind(each: Caused, differences: list[tuple[int, Extent]]) -> Iterator[int]:
    if each.about.grows:
        # What adds most operations; where none are added, the one change that there is.
        number, extent = max(differences, key=lambda pair: pair[1].gain)
        if extent.gain > 0 or len(differences) == 1:
            yield number
        return
    leaves, operations = Patterns(each.about.leaves), Patterns(each.about.operations)
    for number, extent in differences:
        is_there = each.node in extent.came or each.node in extent.resized
        if is_there or _any(leaves, extent.leaves) or _any(operations, extent.families):
            yield number


def _any(patterns: Patterns, names: frozenset[str]) -> bool:
    return bool(patterns) and any(map(patterns.match, names))


def _followed(
    found: Sequence[Caused], own: Sequence[Hashable]
) -> dict[tuple[Follows, tuple[str, str]], Hashable]:
    """For each graph the one cause of what went or came there; None where there are several."""
    causes: dict[tuple[Follows, tuple[str, str]], set[Hashable]] = defaultdict(set)
    for key, each in zip(own, found, strict=True):
        for follows, codes in ((Follows.LOST, LOSSES), (Follows.CAME, GAINS)):
            if each.finding.code in codes and not isinstance(each.cause, Follows):
                causes[follows, each.graph].add(key)
    return {where: next(iter(some)) if len(some) == 1 else None for where, some in causes.items()}
