"""Whether a graph grows from step to step, as it does where something keeps the last one alive."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from graphview.model.journal import Journal, Series, Site

FEWEST, STRETCHES, FACTOR = 4, 4, 1.5


def growing(journal: Journal) -> list[Site]:
    """The places whose graph grows all along."""
    return [site for site in journal.sites if grows(site.nodes)]


def grows(nodes: Series) -> bool:
    """True where each quarter begins and ends above the last: graphs of any lengths do not."""
    values = nodes.values
    if len(values) < FEWEST or values[-1] < FACTOR * values[0]:
        return False
    quarters = [_quarter(values, place) for place in range(STRETCHES)]
    return all(
        min(later) > min(earlier) and max(later) > max(earlier)
        for earlier, later in pairwise(quarters)
    )


def _quarter(values: Sequence[float], place: int) -> Sequence[float]:
    length = len(values)
    return values[place * length // STRETCHES : (place + 1) * length // STRETCHES]
