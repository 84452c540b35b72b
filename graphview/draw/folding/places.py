"""Code outside of modules folds by function, then by source line, once there is too much of it."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from itertools import groupby
from pathlib import PureWindowsPath

from graphview.draw.drawing import legible
from graphview.draw.folding.parts import Group, Item, Part
from graphview.model.graph import Graph, Source

# So many parts in one group can be taken in at once.
MOST_PARTS = 24
LONGEST_NAME = 28


def fold_places(group: Group, graph: Graph) -> None:
    """Fold a group's own operations by function, and if they are still too many by line."""
    if group.units or len(group.parts) <= MOST_PARTS:
        return
    if len({key for key, _ in _keyed(group.parts, graph, _function)}) > 1:
        _fold(group, graph, _function, _by_function)
    if len(group.parts) > MOST_PARTS:
        _fold(group, graph, _line, _by_line)


def _fold(
    group: Group,
    graph: Graph,
    place: Callable[[Source], Hashable],
    made: Callable[[Source], tuple[str, str, str]],
) -> None:
    """Fold stretches of operations of one place; what comes between keeps them apart."""
    parts: list[Part] = []
    for key, stretch in groupby(_keyed(group.parts, graph, place), lambda pair: pair[0]):
        found = [part for _, part in stretch]
        operations = [p for p in found if isinstance(p, Item) and p.kind == "operation"]
        if key is None or len(operations) < 2 or len(found) == len(group.parts):
            parts += found
            continue
        source = graph.source_of(graph.nodes[operations[-1].number])
        if source is not None:
            parts.append(Group(*made(source), found, parent=group))
    group.parts = parts


def _keyed(
    parts: list[Part], graph: Graph, place: Callable[[Source], Hashable]
) -> list[tuple[Hashable, Part]]:
    """Each part with the place of its operation; None for what is none."""
    found: list[tuple[Hashable, Part]] = []
    for part in parts:
        source = None
        if isinstance(part, Item) and part.kind == "operation":
            source = graph.source_of(graph.nodes[part.number])
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
