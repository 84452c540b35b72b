"""The user's code around the lines that made nodes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from graphview.autograd.locate import lines_of
from graphview.model.graph import Graph
from graphview.model.step import Excerpt

AROUND, GAP, MOST_LINES = 2, 4, 400


def excerpts(graphs: Iterable[Graph]) -> tuple[Excerpt, ...]:
    """The lines of each file, with two before and after; at most MOST_LINES altogether."""
    wanted: dict[str, set[int]] = {}
    for graph in graphs:
        for source in graph.sources:
            wanted.setdefault(source.file, set()).update(range(source.line, source.end_line + 1))
    found: list[Excerpt] = []
    left = MOST_LINES
    for file, numbers in wanted.items():
        lines = lines_of(file)
        for first, last in _stretches(sorted(n for n in numbers if n <= len(lines)), len(lines)):
            if last - first + 1 > left:
                return tuple(found)
            left -= last - first + 1
            found.append(Excerpt(file, first, tuple(lines[first - 1 : last])))
    return tuple(found)


def _stretches(numbers: list[int], last_line: int) -> Iterator[tuple[int, int]]:
    """First and last lines of stretches; two that nearly touch are one."""
    if not numbers:
        return
    first = previous = numbers[0]
    for number in [*numbers[1:], None]:
        if number is not None and number - previous <= 2 * AROUND + GAP:
            previous = number
            continue
        yield max(1, first - AROUND), min(last_line, previous + AROUND)
        if number is not None:
            first = previous = number
