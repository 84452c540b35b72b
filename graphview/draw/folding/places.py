"""Code outside of modules folds by function, then by source line, once there is too much of it.

What is still too much then folds by mere order.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from itertools import groupby
from pathlib import PureWindowsPath

from graphview.draw.drawing import legible
from graphview.draw.folding.lineup import Lineup
from graphview.draw.folding.parts import STRETCH, Group, Item, Part, folded
from graphview.model.graph import Source

# So many parts in one group can be taken in at once; above the second number they are cut.
MOST_PARTS, MOST_UNCUT = 24, 40
LONGEST_NAME = 28


def fold_places(group: Group, lineup: Lineup) -> None:
    """Fold a group's own operations by function, and where they are still too many by line."""
    if group.units or len(group.parts) <= MOST_PARTS:
        return
    groups = [group]
    if len({key for key, _ in _keyed(group.parts, lineup, _function)}) > 1:
        groups += _fold(group, lineup, _function, _by_function)
    for outer in tuple(groups):
        if len(outer.parts) > MOST_PARTS:
            groups += _fold(outer, lineup, _line, _by_line)
    for each in groups:
        _cut(each, lineup)


def _cut(group: Group, lineup: Lineup) -> None:
    """Cut what nothing else could fold into stretches, and these again; roots are always seen."""
    roots = [part for part in group.parts if isinstance(part, Item) and part.kind == "root"]
    parts = group.parts[: len(group.parts) - len(roots)]
    while len(parts) > MOST_UNCUT:
        cuts = [parts[i : i + MOST_PARTS] for i in range(0, len(parts), MOST_PARTS)]
        parts = [_stretch(cut, lineup) for cut in cuts]
    group.parts = [*parts, *roots]


def _stretch(parts: list[Part], lineup: Lineup) -> Group:
    ends = lineup.item(parts[0].position), lineup.item(parts[-1].end - 1)
    name = " … ".join([lineup.graph.nodes[item.number].name for item in ends])
    return folded(name, STRETCH, "…".join([item.id for item in ends]), parts, lineup)


def _fold(
    group: Group,
    lineup: Lineup,
    place: Callable[[Source], Hashable],
    made: Callable[[Source], tuple[str, str, str]],
) -> list[Group]:
    """Fold stretches of operations of one place; what comes between keeps them apart."""
    parts: list[Part] = []
    groups: list[Group] = []
    for key, stretch in groupby(_keyed(group.parts, lineup, place), lambda pair: pair[0]):
        found = [part for _, part in stretch]
        operations = [p for p in found if isinstance(p, Item) and p.kind == "operation"]
        if key is None or len(operations) < 2 or len(found) == len(group.parts):
            parts += found
            continue
        source = lineup.graph.source_of(lineup.graph.nodes[operations[-1].number])
        if source is not None:
            groups.append(folded(*made(source), found, lineup))
            parts.append(groups[-1])
    group.parts = parts
    return groups


def _keyed(
    parts: list[Part], lineup: Lineup, place: Callable[[Source], Hashable]
) -> list[tuple[Hashable, Part]]:
    """Each part with the place of its operation; None for what is none."""
    found: list[tuple[Hashable, Part]] = []
    for part in parts:
        source = None
        if isinstance(part, Item) and part.kind == "operation":
            source = lineup.graph.source_of(lineup.graph.nodes[part.number])
        found.append((None if source is None else place(source), part))
    return found


def _by_function(source: Source) -> tuple[str, str, str]:
    return f"{source.function}()", "function", f"{source.function}()"


def _by_line(source: Source) -> tuple[str, str, str]:
    place = f"{PureWindowsPath(source.file).name}:{source.line}"
    told = source.variable or legible(source.expression or source.function, LONGEST_NAME)
    return told, place, place


def _function(source: Source) -> Hashable:
    # A script's own level and a generator expression are no functions to a reader, and a module's
    # forward is what the group is already.
    if source.function.startswith("<") or source.function == "forward":
        return None
    return source.file, source.function


def _line(source: Source) -> Hashable:
    return source.file, source.line
