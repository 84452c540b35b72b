"""How a graph differs from its baseline, in few lines: pytest cuts long explanations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from graphview.check.baseline_codes import OF_KIND
from graphview.compare.difference import Difference
from graphview.formats.words import harmless
from graphview.model.graph import Graph

MOST = 10
INDENT = "  "
LABEL = 5
REMEDY = "If this is meant, run pytest with --graphview-update and commit the baseline."


def told(differences: Sequence[Difference], graph: Graph) -> list[str]:
    """A few lines for each difference, and what to do."""
    lines = [line for each in differences[:MOST] for line in _told(each, graph)]
    if len(differences) > MOST:
        lines.append(f"and {len(differences) - MOST:,} more differences")
    return [*map(harmless, lines), REMEDY]


def title(difference: Difference) -> str:
    """``GV160 unreached: `fc1` no longer reaches loss``."""
    code = OF_KIND[difference.kind]
    return f"{code.code} {code.name}: {difference.told}"


def _told(difference: Difference, graph: Graph) -> Iterator[str]:
    yield title(difference)
    if difference.node is not None:
        yield from _place(difference.node, graph)
    yield from _fields((("old", difference.old), ("new", difference.new)))
    yield from _fields((("also", "; ".join(difference.also)),))


def _place(index: int, graph: Graph) -> Iterator[str]:
    source = graph.source_of(graph.nodes[index])
    if source is not None:
        yield f"{INDENT}--> {source.file}:{source.line}  {source.expression or ''}".rstrip()


def _fields(fields: Iterable[tuple[str, str]]) -> Iterator[str]:
    for name, text in fields:
        if text:
            yield f"{INDENT}{name:{LABEL}}{text}"
