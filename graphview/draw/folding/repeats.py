"""What is equal among siblings: found by structure, folded into a run.

A key is a number that equal structures share. It covers operators, shapes, how the operations are
connected and where values come in from outside; names and numbers of modules do not count.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import accumulate, chain, groupby
from pathlib import PureWindowsPath

from graphview.draw.folding.parts import Group, Item, Part, items_of
from graphview.model.graph import Graph

# Units of a run: of modules and of several parts, and of single operations.
FEWEST_UNITS, FEWEST_OPERATIONS = 3, 4
LONGEST_UNIT, CANDIDATES = 400, 12
# Above so many parts also those fold that differ in shape only.
MANY_PARTS = 16

Run = tuple[int, int, int]
Units = list[list[Part]]


class Keys:
    """Gives equal structures equal numbers, and folds runs of them."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._numbers: dict[Hashable, int] = {}
        # Of each group: (place of the user in the group, position of what comes in from outside).
        self._outside: dict[int, list[tuple[int, int]]] = {}
        # Of each group: the positions of its first item, and after its last one.
        self._span: dict[int, tuple[int, int]] = {}

    def fold(self, group: Group) -> None:
        """Key a group whose inner groups have their keys, and fold what repeats in it."""
        keys = [self._key(part) for part in group.parts]
        rough = [self._rough(part) for part in group.parts]
        self._describe(group, keys, rough)
        if group.units:
            return
        _fold_runs(group, keys, self.graph, self._alike)
        if len(group.parts) > MANY_PARTS and any(isinstance(part, Group) for part in group.parts):
            _fold_runs(group, [self._rough(part) for part in group.parts], self.graph, None)

    def _describe(self, group: Group, keys: list[int], rough: list[int]) -> None:
        start, end = self._span_of(group)
        inner, outer = [], []
        for user, source in self._incoming(group.parts, start):
            if start <= source < end:
                inner.append((user, source - start))
            else:
                outer.append((user, source))
        self._outside[id(group)], self._span[id(group)] = outer, (start, end)
        places = tuple(user for user, _ in outer)
        group.key = self._number((group.kind, tuple(keys), tuple(inner), places))
        group.rough = self._number((group.kind, tuple(rough)))

    def _alike(self, units: Units) -> Iterator[Units]:
        """Stretches of units whose parts are connected in the same way."""
        return (list(same) for _, same in groupby(units, self._wiring))

    def _wiring(self, unit: list[Part]) -> list[int | None]:
        """For all that comes into the parts of a unit where it is from, None for outside."""
        if len(unit) == 1:
            return []
        start, end = self._start(unit[0]), self._end(unit[-1])
        return [
            source - start if start <= source < end else None
            for _, source in self._incoming(unit, start)
        ]

    def _span_of(self, group: Group) -> tuple[int, int]:
        parts = group.parts
        return (self._start(parts[0]), self._end(parts[-1])) if parts else (0, 0)

    def _start(self, part: Part) -> int:
        return part.position if isinstance(part, Item) else self._span[id(part)][0]

    def _end(self, part: Part) -> int:
        return part.position + 1 if isinstance(part, Item) else self._span[id(part)][1]

    def _incoming(self, parts: list[Part], start: int) -> Iterator[tuple[int, int]]:
        """(place of the user, position of the source) of what comes into the parts."""
        for part in parts:
            if isinstance(part, Item):
                place = part.position - start
                yield from ((place, source.position) for source in part.inputs)
            else:
                offset = self._span[id(part)][0] - start
                yield from ((place + offset, source) for place, source in self._outside[id(part)])

    def _key(self, part: Part) -> int:
        return part.key if isinstance(part, Group) else self._item(part)

    def _rough(self, part: Part) -> int:
        if isinstance(part, Group):
            return part.rough
        name = self.graph.nodes[part.number].name if part.kind == "operation" else part.kind
        return self._number((name, len(part.above)))

    def _item(self, item: Item) -> int:
        if item.kind == "root":
            return self._number(("root", item.number))
        node = self.graph.nodes[item.number]
        beside = [self.graph.nodes[leaf.number] for leaf in item.above if leaf.kind == "leaf"]
        # As plain tuples, which are compared several times as fast.
        shapes = tuple(
            [(o.shape, o.dtype, o.device) for each in (node, *beside) for o in each.outputs]
        )
        return self._number((node.operator, shapes, node.source, len(item.inputs)))

    def _number(self, structure: Hashable) -> int:
        return self._numbers.setdefault(structure, len(self._numbers))


def _fold_runs(
    group: Group,
    keys: Sequence[int],
    graph: Graph,
    alike: Callable[[Units], Iterable[Units]] | None,
) -> None:
    """Fold runs of equal keys, exact ones where `alike` says which of their units are."""
    worth = _worth(group.parts, exact=alike is not None)
    parts: list[Part] = []
    done = 0
    for start, period, count in runs_of(keys, worth):
        parts += group.parts[done:start]
        done = start + period * count
        units = [group.parts[i : i + period] for i in range(start, done, period)]
        for same in [units] if alike is None else alike(units):
            if len(same) >= worth(start, period):
                parts.append(_run(group, same, graph, exact=alike is not None))
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


def _run(group: Group, units: Units, graph: Graph, *, exact: bool) -> Group:
    first, last = units[0][0], units[-1][0]
    variants = 1 if exact else len({tuple(_keys_of(unit)) for unit in units})
    name, kind, path = _place_of(units[0], graph), "", ""
    if len(units[0]) == 1 and isinstance(first, Group) and isinstance(last, Group):
        same = first.name == last.name
        name = first.name if same else f"{first.name} … {last.name}"
        kind, path = first.kind, f"{first.path}…"
    parts = [part for unit in units for part in unit]
    return Group(name, kind, path, parts, units, variants, parent=group)


def _place_of(unit: list[Part], graph: Graph) -> str:
    """Of a single operation its name, of several the lines in which they ran; "" if unknown."""
    nodes = [graph.nodes[item.number] for item in items_of(unit) if item.kind == "operation"]
    if len(nodes) == 1:
        return nodes[0].name
    places = [source for node in nodes if (source := graph.source_of(node)) is not None]
    if not places or len({source.file for source in places}) > 1:
        return ""
    lines = sorted({source.line for source in places})
    file = PureWindowsPath(places[0].file).name
    return f"{file}:{lines[0]}" + (f"–{lines[-1]}" if len(lines) > 1 else "")


def _keys_of(unit: list[Part]) -> list[int]:
    return [part.key for part in unit if isinstance(part, Group)]
