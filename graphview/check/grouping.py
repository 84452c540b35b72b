"""Many findings -> one for each cause: the one that tells most, with the rest under `also`."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace

from graphview.check.causes import About
from graphview.check.consequences import Caused, keys
from graphview.model.finding import Finding

MOST = 20
"""So many findings of one code are told of one graph; the others are counted."""
SEVERITIES = ("error", "warning", "note")
# Why something is missing tells more than what is missing, and that more than a number.
TELLING = (
    *(
        "GV101",
        "GV160",
        "GV169",
        "GV170",
        "GV168",
        "GV163",
        "GV161",
        "GV162",
        "GV102",
        "GV106",
        "GV105",
        "GV103",
    ),
    *("GV119", "GV120", "GV118", "GV111", "GV112", "GV117", "GV116", "GV166", "GV164", "GV165"),
    *("GV107", "GV108", "GV110", "GV109", "GV104"),
)
RENAMED = "GV171"
BUDGETS = frozenset({"GV113", "GV114", "GV115"})


def grouped(found: Sequence[Caused]) -> tuple[Finding, ...]:
    """One finding for each cause, the worst causes first, else in the order in which they came.

    What comes of everything, such as a graph that is too large, stands behind all other causes.
    """
    groups: dict[Hashable, list[Finding]] = {}
    for key, each in zip(keys(found), found, strict=True):
        groups.setdefault(key, []).append(each.finding)
    return tuple(sorted(map(_head, groups.values()), key=_weight))


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
    others = [found[number] for number in order[MOST:]]
    causes = {each.cause for each in others}
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
    # What they speak of, so that they stand under the difference that they come of.
    about = About(
        tuple(name for each in others for name in each.about.leaves),
        tuple(name for each in others for name in each.about.operations),
    )
    return [*(found[number] for number in kept), Caused(more, cause, about=about)]


def _weight(head: Finding) -> tuple[int, bool]:
    return SEVERITIES.index(head.severity), head.code in BUDGETS


def _head(group: list[Finding]) -> Finding:
    first = next((each for each in group if each.code == RENAMED), None)
    if first is None:
        first = min(group, key=_rank)
    # A name that is asked for and changed is as bad as what is asked.
    severity = min((each.severity for each in group), key=SEVERITIES.index)
    return replace(first, severity=severity, also=tuple(x for x in group if x is not first))


def _rank(finding: Finding) -> tuple[int, bool, int]:
    code = finding.code
    telling = TELLING.index(code) if code in TELLING else len(TELLING)
    return SEVERITIES.index(finding.severity), finding.source is None, telling
