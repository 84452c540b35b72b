"""How a graph differs from its baseline, in few lines: pytest cuts long explanations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from graphview.check.baseline_codes import OF_KIND
from graphview.check.explained import Explained
from graphview.formats.words import harmless
from graphview.model.graph import Graph, Source

MOST = 10
INDENT = "  "
LABEL = 5
REMEDY = "If this is meant, run pytest with --graphview-update and commit the baseline."


def told(differences: Sequence[Explained], graph: Graph) -> list[str]:
    """A few lines for each difference, and what to do."""
    lines = [line for each in differences[:MOST] for line in _told(each, graph)]
    if len(differences) > MOST:
        lines.append(f"and {len(differences) - MOST:,} more differences")
    return [*map(harmless, lines), REMEDY]


def title(each: Explained) -> str:
    """``GV160 unreached: `fc1` no longer reaches loss: cut by detach at net.py:12``."""
    code = OF_KIND[each.difference.kind]
    return f"{code.code} {code.name}: {each.told}"


def _told(each: Explained, graph: Graph) -> Iterator[str]:
    difference = each.difference
    yield title(each)
    yield from _place(_source(each, graph))
    yield from _fields((("old", difference.old), ("new", difference.new)))
    yield from _fields((("also", "; ".join(difference.also)),))


def _source(each: Explained, graph: Graph) -> Source | None:
    """Where to look: at what cut, where that is known."""
    if each.why is not None and each.why.source is not None:
        return each.why.source
    node = each.difference.node
    return None if node is None else graph.source_of(graph.nodes[node])


def _place(source: Source | None) -> Iterator[str]:
    if source is not None:
        yield f"{INDENT}--> {source.file}:{source.line}  {source.expression or ''}".rstrip()


def _fields(fields: Iterable[tuple[str, str]]) -> Iterator[str]:
    for name, text in fields:
        if text:
            yield f"{INDENT}{name:{LABEL}}{text}"
