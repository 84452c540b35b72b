"""The user's code beside the graphs: which lines made nodes, and which nodes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from graphview.model.graph import Graph
from graphview.model.step import Excerpt
from graphview.report.cards import Card
from graphview.report.folds import Fold


@dataclass(frozen=True, slots=True)
class CodeLine:
    """One line; `keys` are the cards of the nodes that it made, `made` says whether it made any."""

    number: int
    text: str
    keys: tuple[str, ...]
    made: bool = False


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """An excerpt; `made_nodes` tells the forward pass from the rest."""

    file: str
    lines: tuple[CodeLine, ...]

    @property
    def made_nodes(self) -> bool:
        return any(line.made for line in self.lines)


def code_blocks(
    excerpts: Iterable[Excerpt],
    cards: Iterable[Card],
    graphs: Iterable[Graph] = (),
    folds: Iterable[Fold] = (),
) -> list[CodeBlock]:
    """Lay the source lines of all cards, and of graphs without cards, over the excerpts."""
    made: dict[tuple[str, int], list[str]] = {
        (source.file, source.line): [] for graph in graphs for source in graph.sources
    }
    for card in cards:
        if card.source is not None:
            made.setdefault((card.source.file, card.source.line), []).append(card.key)
    for fold in folds:
        for line in fold.lines:
            made.setdefault(line, []).append(fold.key)
    return [_block(excerpt, made) for excerpt in excerpts if excerpt.lines]


def _block(excerpt: Excerpt, made: dict[tuple[str, int], list[str]]) -> CodeBlock:
    lines = [
        CodeLine(
            number,
            text,
            tuple(made.get((excerpt.file, number), ())),
            (excerpt.file, number) in made,
        )
        for number, text in enumerate(excerpt.lines, excerpt.first_line)
    ]
    return CodeBlock(excerpt.file, tuple(lines))
