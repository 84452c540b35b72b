"""Two sequences side by side: which of the one is which of the other, in order."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from itertools import pairwise

# Beyond so many pairs what stands once on both sides divides the sequences first.
MOST_PAIRS = 40_000

Pairs = list[tuple[int, int]]
Score = Callable[[int, int], float]


def align(old: Sequence[Hashable], new: Sequence[Hashable], score: Score) -> Pairs:
    """Pairs of places, growing on both sides, whose scores are together as high as can be.

    Equal tokens at both ends are taken as pairs at once. `score(i, j)` says how well two places go
    together, 0 for not at all.
    """
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    pairs = [(i, i) for i in range(start)]
    pairs += _middle(old, new, (start, len(old) - end), (start, len(new) - end), score)
    return pairs + [(len(old) - i, len(new) - i) for i in range(end, 0, -1)]


def _middle(
    old: Sequence[Hashable],
    new: Sequence[Hashable],
    left: tuple[int, int],
    right: tuple[int, int],
    score: Score,
) -> Pairs:
    """What lies between two ends; long stretches are cut where one thing stands on both sides."""
    found: Pairs = []
    waiting = [(left, right)]
    while waiting:
        (a, b), (c, d) = waiting.pop()
        if (b - a) * (d - c) <= MOST_PAIRS:
            found += _best(range(a, b), range(c, d), score)
        elif anchors := _anchors(old, new, (a, b), (c, d)):
            found += anchors
            edges = [(a - 1, c - 1), *anchors, (b, d)]
            waiting += [((i + 1, k), (j + 1, m)) for (i, j), (k, m) in pairwise(edges)]
        else:
            # Nothing tells the places apart: what is in one half is so on both sides.
            i, j = (a + b) // 2, (c + d) // 2
            waiting += [((a, i), (c, j)), ((i, b), (j, d))]
    return sorted(found)


def _anchors(
    old: Sequence[Hashable], new: Sequence[Hashable], left: tuple[int, int], right: tuple[int, int]
) -> Pairs:
    """Tokens that stand once on each side, as many as are in the same order on both."""
    counts = Counter(old[slice(*left)]), Counter(new[slice(*right)])
    places = {token: j for j, token in enumerate(new[slice(*right)], right[0])}
    once = [
        (i, places[token])
        for i, token in enumerate(old[slice(*left)], left[0])
        if counts[0][token] == 1 == counts[1][token]
    ]
    return _growing(once)


def _growing(pairs: Pairs) -> Pairs:
    """A longest part of the pairs in which both sides grow."""
    tails: list[int] = []
    ends: list[int] = []
    before: list[int | None] = []
    for at, (_, j) in enumerate(pairs):
        length = bisect_left(tails, j)
        before.append(ends[length - 1] if length else None)
        tails[length : length + 1] = [j]
        ends[length : length + 1] = [at]
    found, at_end = [], ends[-1] if ends else None
    while at_end is not None:
        found.append(pairs[at_end])
        at_end = before[at_end]
    return found[::-1]


def _best(left: range, right: range, score: Score) -> Pairs:
    """The pairs with the highest sum (Needleman and Wunsch 1970, without a cost for gaps)."""
    rows, columns = len(left), len(right)
    scores = [[score(i, j) for j in right] for i in left]
    best = [[0.0] * (columns + 1) for _ in range(rows + 1)]
    for i in range(rows - 1, -1, -1):
        for j in range(columns - 1, -1, -1):
            skip = max(best[i + 1][j], best[i][j + 1])
            gain = scores[i][j]
            best[i][j] = max(skip, best[i + 1][j + 1] + gain) if gain else skip
    found, i, j = [], 0, 0
    while i < rows and j < columns:
        if scores[i][j] and best[i][j] == best[i + 1][j + 1] + scores[i][j]:
            found.append((left[i], right[j]))
            i, j = i + 1, j + 1
        elif best[i + 1][j] >= best[i][j + 1]:
            i += 1
        else:
            j += 1
    return found
