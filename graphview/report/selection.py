"""How much of a recording fits on a page: which graphs are drawn, and whether nodes have cards."""

from __future__ import annotations

from graphview.model.recording import Recording

# In nodes: of a picture beside others, of any picture, of all pictures, and of all cards together.
SIDE_BY_SIDE, MOST_DRAWN, MOST_TOGETHER, MOST_CARDS = 60, 300, 600, 300


def drawn(recording: Recording) -> list[str]:
    """The names of the graphs of which the page has a picture."""
    return [name for name, reason in reasons(recording).items() if reason is None]


def reasons(recording: Recording) -> dict[str, str | None]:
    """Why a graph has no picture on the page, in a sentence; None where it has one."""
    found: dict[str, str | None] = {}
    together = 0
    for name, graph in recording.graphs.items():
        nodes = len(graph.nodes)
        found[name] = _reason(nodes, name in recording.drawings, together)
        together += nodes if found[name] is None else 0
    return found


def _reason(nodes: int, has_drawing: bool, together: int) -> str | None:
    if nodes > MOST_DRAWN:
        return (
            f"With {nodes:,} nodes its picture would be too large to read; this is what is in it."
        )
    if not has_drawing:
        return "The recording has no drawing of it; this is what is in it."
    if together + nodes > MOST_TOGETHER:
        return (
            f"The page has pictures of {together:,} nodes already, and more would make it slow; "
            "this is what is in it."
        )
    return None


def has_cards(recording: Recording) -> bool:
    """Whether every node of the recording's graphs has a card; else none has one."""
    return sum(len(graph.nodes) for graph in recording.graphs.values()) <= MOST_CARDS
