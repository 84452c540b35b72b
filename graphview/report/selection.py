"""How much of a recording fits on a page: how graphs are drawn, and whether nodes have cards."""

from __future__ import annotations

from graphview.draw.picture import MOST_AT_ONCE
from graphview.model.recording import Recording

# In nodes: of a graph that a folded picture tells enough of, and of all graphs whose nodes have
# cards. In pictures: what a page holds.
MOST_PLAIN, MOST_CARDS, MOST_PICTURES = 300, 300, 16


def drawn(recording: Recording) -> list[str]:
    """The names of the graphs of which the page has a picture."""
    return list(recording.graphs)[:MOST_PICTURES]


def whole(recording: Recording) -> list[str]:
    """The names of those that are drawn node by node, as they were recorded; others are folded."""
    return [
        name
        for name in drawn(recording)
        if len(recording.graphs[name].nodes) <= MOST_AT_ONCE and name in recording.drawings
    ]


def reasons(recording: Recording) -> dict[str, str]:
    """Of which graphs tables tell what is in them, and why, in a sentence."""
    pictured, found = set(drawn(recording)), dict[str, str]()
    for name, graph in recording.graphs.items():
        if name not in pictured:
            found[name] = f"The page has {MOST_PICTURES} pictures already; this is what is in it."
        elif len(graph.nodes) > MOST_PLAIN:
            found[name] = f"The picture folds {len(graph.nodes):,} nodes; this is what is in it."
    return found


def has_cards(recording: Recording) -> bool:
    """Whether every node of the recording's graphs has a card; else none has one."""
    return sum(len(graph.nodes) for graph in recording.graphs.values()) <= MOST_CARDS
