"""Many findings -> one for each cause: the one that tells most, with the rest under `also`."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace

from graphview.check.causes import Follows
from graphview.model.finding import Finding

MOST = 20
"""So many findings of one code are told of one graph; the others are counted."""
SEVERITIES = ("error", "warning", "note")
# Why something is missing tells more than what is missing, and that more than a number.
TELLING = (
    *("GV101", "GV102", "GV106", "GV105", "GV103", "GV119", "GV120", "GV118", "GV111", "GV112"),
    *("GV117", "GV116", "GV107", "GV108", "GV110", "GV109", "GV104"),
)
# Findings that name what went out of a graph, and those that name what came in.
LOSSES = frozenset({"GV101", "GV102", "GV106", "GV118"})
GAINS = frozenset({"GV103", "GV105", "GV119"})


@dataclass(frozen=True, slots=True)
class Caused:
    """A finding with the key of its cause, None for one that stands alone.

    `node` is the index of the node that it is about, where there is one.
    """

    finding: Finding
    cause: Hashable = None
    node: int | None = None


def grouped(found: Sequence[Caused]) -> tuple[Finding, ...]:
    """One finding for each cause, the worst causes first, else in the order in which they came."""
    groups: dict[Hashable, list[Finding]] = {}
    followed = _followed(found)
    for number, each in enumerate(found):
        groups.setdefault(_key(number, each, followed), []).append(each.finding)
    heads = [_head(group) for group in groups.values()]
    return tuple(sorted(heads, key=lambda head: SEVERITIES.index(head.severity)))


def limited(found: Iterable[Caused]) -> list[Caused]:
    """At most `MOST` findings of each code, and after them one that counts the others.

    `found` are those of one clause. Each cause keeps one as long as there is room.
    """
    by_code: dict[str, list[Caused]] = {}
    for each in found:
        by_code.setdefault(each.finding.code, []).append(each)
    return [each for all_ in by_code.values() for each in _limited(all_)]


def _limited(found: list[Caused]) -> list[Caused]:
    if len(found) <= MOST:
        return found
    firsts: dict[Hashable, int] = {}
    for number, each in enumerate(found):
        firsts.setdefault(number if each.cause is None else each.cause, number)
    first = set(firsts.values())
    order = sorted(range(len(found)), key=lambda number: number not in first)
    kept = sorted(order[:MOST])
    left = len(found) - MOST
    causes = {found[number].cause for number in order[MOST:]}
    # Others of one cause belong to it; of several they stand alone.
    cause = causes.pop() if len(causes) == 1 else None
    shown = found[kept[-1]].finding
    more = Finding(
        shown.code,
        shown.name,
        shown.severity,
        shown.clause,
        f"and {left:,} more",
        expected=shown.expected,
        actual=f"{len(found):,} findings of {shown.code} in all",
    )
    return [*(found[number] for number in kept), Caused(more, cause)]


def _followed(found: Sequence[Caused]) -> dict[tuple[Follows, str, str], Hashable]:
    """For each graph the one cause of what went or came there; None where there are several."""
    causes: dict[tuple[Follows, str, str], set[Hashable]] = {}
    for number, each in enumerate(found):
        clause = each.finding.clause
        for follows, codes in ((Follows.LOST, LOSSES), (Follows.CAME, GAINS)):
            if each.finding.code in codes and not isinstance(each.cause, Follows):
                own = each.cause if each.cause is not None else ("alone", number)
                causes.setdefault((follows, clause.target, clause.graph), set()).add(own)
    return {key: next(iter(own)) if len(own) == 1 else None for key, own in causes.items()}


def _key(number: int, each: Caused, followed: dict[tuple[Follows, str, str], Hashable]) -> Hashable:
    if each.cause is None:
        return ("alone", number)
    if not isinstance(each.cause, Follows):
        return each.cause
    clause = each.finding.clause
    cause = followed.get((each.cause, clause.target, clause.graph))
    # Where no cause is known, or several are, only what one clause says is told together.
    return (each.cause, clause) if cause is None else cause


def _head(group: list[Finding]) -> Finding:
    first = min(group, key=_rank)
    return replace(first, also=tuple(each for each in group if each is not first))


def _rank(finding: Finding) -> tuple[int, bool, int]:
    code = finding.code
    telling = TELLING.index(code) if code in TELLING else len(TELLING)
    return SEVERITIES.index(finding.severity), finding.source is None, telling
