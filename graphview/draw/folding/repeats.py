"""What is equal among siblings: found by structure, folded into a run.

A key is a number that equal structures share. It covers operators, shapes, how the operations are
connected and where values come in from outside; names and numbers of modules do not count.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate, chain, groupby
from pathlib import PureWindowsPath

from graphview.draw.folding.lineup import Lineup
from graphview.draw.folding.parts import Group, Item, Part, folded, wires_into

# Units of a run: of modules and of several parts, and of single operations.
FEWEST_UNITS, FEWEST_OPERATIONS = 3, 4
LONGEST_UNIT, CANDIDATES = 400, 12
# Above so many parts also those fold that differ in shape only.
MANY_PARTS = 16

Run = tuple[int, int, int]
Units = list[list[Part]]


def fold_repeats(group: Group, lineup: Lineup) -> None:
    """Fold what repeats in a group: what is equal, then of much also what differs in shape only."""
    marks = lineup.marks
    keys = [
        lineup.forms[marks[part.position]] if isinstance(part, Item) else part.key
        for part in group.parts
    ]
    _fold_runs(group, keys, lineup, exact=True)
    if len(group.parts) > MANY_PARTS and any(isinstance(part, Group) for part in group.parts):
        looks = [
            lineup.looks[marks[part.position]] if isinstance(part, Item) else part.rough
            for part in group.parts
        ]
        _fold_runs(group, looks, lineup, exact=False)


def _alike(units: Units) -> Iterable[Units]:
    """Stretches of units whose parts are connected in the same way."""
    return (list(same) for _, same in groupby(units, _wiring))


def _wiring(unit: list[Part]) -> list[int | None]:
    """For all that comes into the parts of a unit where it is from, None for outside."""
    if len(unit) == 1:
        return []
    start, end = unit[0].position, unit[-1].end
    return [source - start if start <= source < end else None for _, source in wires_into(unit)]


def _fold_runs(group: Group, keys: Sequence[int], lineup: Lineup, *, exact: bool) -> None:
    """Fold runs of equal keys; `exact` ones have units that are connected in the same way."""
    worth = _worth(group.parts, exact=exact)
    parts: list[Part] = []
    done = 0
    for start, period, count in runs_of(keys, worth):
        parts += group.parts[done:start]
        done = start + period * count
        units = [group.parts[i : i + period] for i in range(start, done, period)]
        for same in _alike(units) if exact else [units]:
            if len(same) >= worth(start, period):
                parts.append(_run(same, lineup, exact=exact))
            else:
                parts += chain.from_iterable(same)
    group.parts = parts + group.parts[done:]


def _worth(parts: list[Part], *, exact: bool) -> Callable[[int, int], int]:
    """How many units make a run of what begins at a place and has so many parts; 0 for none."""
    groups = [0, *accumulate(isinstance(part, Group) for part in parts)]
    runs = [0, *accumulate(isinstance(part, Group) and bool(part.units) for part in parts)]

    def worth(start: int, period: int) -> int:
        end = start + period
        inner = groups[end] > groups[start]
        if not exact:
            return FEWEST_OPERATIONS if inner and runs[end] == runs[start] else 0
        return FEWEST_UNITS if inner or period >= FEWEST_OPERATIONS else FEWEST_OPERATIONS

    return worth


def runs_of(keys: Sequence[int], worth: Callable[[int, int], int]) -> Iterator[Run]:
    """(start, period, count) of what repeats, from left to right, the shortest period first.

    `worth(start, period)` is how often the unit has to come, 0 for one that does not count.
    """
    places: dict[int, list[int]] = defaultdict(list)
    for place, key in enumerate(keys):
        places[key].append(place)
    rank = {place: number for found in places.values() for number, place in enumerate(found)}
    start = 0
    while start < len(keys):
        found = _run_at(keys, start, places[keys[start]], rank[start], worth)
        if found is None:
            start += 1
        else:
            yield found
            start += found[1] * found[2]


def _run_at(
    keys: Sequence[int],
    start: int,
    places: list[int],
    rank: int,
    worth: Callable[[int, int], int],
) -> Run | None:
    for place in places[rank + 1 : rank + 1 + CANDIDATES]:
        period = place - start
        if period > LONGEST_UNIT:
            return None
        fewest = worth(start, period)
        if not fewest:
            continue
        end = place
        while end < len(keys) and keys[end] == keys[end - period]:
            end += 1
        count = (end - start) // period
        if count >= fewest:
            return start, period, count
    return None


def _run(units: Units, lineup: Lineup, *, exact: bool) -> Group:
    first, last = units[0][0], units[-1][0]
    name, kind, path = "", "", ""
    if len(units[0]) == 1 and isinstance(first, Group) and isinstance(last, Group):
        same = first.name == last.name
        name = first.name if same else f"{first.name} … {last.name}"
        kind, path = first.kind, f"{first.path}…"
    else:
        name = _place_of(units[0], lineup)
    run = folded(name, kind, path, list(chain.from_iterable(units)), lineup)
    run.units = units
    run.variants = 1 if exact else len({tuple(_keys_of(unit)) for unit in units})
    return run


def _place_of(unit: list[Part], lineup: Lineup) -> str:
    """Of a single operation its name, of several the lines in which they ran; "" if unknown."""
    nodes = list(lineup.nodes(unit[0].position, unit[-1].end))
    if len(nodes) == 1:
        return nodes[0].name
    found = (lineup.graph.source_of(node) for node in nodes)
    places = [source for source in found if source is not None]
    if not places or len({source.file for source in places}) > 1:
        return ""
    lines = sorted({source.line for source in places})
    file = PureWindowsPath(places[0].file).name
    return f"{file}:{lines[0]}" + (f"–{lines[-1]}" if len(lines) > 1 else "")


def _keys_of(unit: list[Part]) -> list[int]:
    return [part.key for part in unit if isinstance(part, Group)]
