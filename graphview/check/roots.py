"""Which graphs a contract speaks of, and what there is to say where there is none."""

from __future__ import annotations

from collections.abc import Hashable

from graphview.check import reasons
from graphview.check.causes import lost
from graphview.check.patterns import Patterns, near
from graphview.check.rule import Code, Found
from graphview.check.words import several, ticked
from graphview.model.recording import Recording

MISSING = Code(
    "GV101",
    "root-missing",
    "There is no graph of this name.",
    "Nothing that the contract asks of the graph was looked at: the tensor was never made, has "
    "another name, or needs no gradient, so that it has no graph at all.",
    "Look at the line that is named; where the variable was renamed, rename it in the contract.",
)


def graphs_called(pattern: str, recording: Recording) -> list[str]:
    """The names of the recording's graphs that are like `pattern`, or have a root that is."""
    glob = Patterns((pattern,))
    return [
        name
        for name, graph in recording.graphs.items()
        if glob.match(name) or any(glob.match(root.name) for root in graph.roots)
    ]


def missing_root(pattern: str, recording: Recording) -> Found:
    """What the recording knows of a root that has no graph."""
    glob = Patterns((pattern,))
    seen = next((m for m in recording.missing if m.kind == "root" and glob.match(m.name)), None)
    names = [ticked(name) for name in recording.graphs]
    actual = f"graphs {several(names)}" if names else "no graph"
    if seen is not None:
        return Found(
            MISSING,
            reasons.message_of(seen),
            expected=f"a graph of {ticked(pattern)}",
            actual=reasons.told_of(seen),
            source=seen.source,
            hint=reasons.hint_of(seen),
            cause=lost(seen),
            way=reasons.way_of(seen),
        )
    return Found(
        MISSING,
        f"there is no graph of {ticked(pattern)}",
        expected=f"a graph of {ticked(pattern)}",
        actual=actual,
        hint=_hint(pattern, recording),
        cause=_cause(pattern),
    )


def _hint(pattern: str, recording: Recording) -> str:
    meant = [ticked(name) for name in near(pattern, recording.graphs)]
    if meant:
        return f"Suspect: it is now called {several(meant, last='or')}."
    inside = [
        name
        for name, graph in recording.graphs.items()
        if any(node.variable == pattern for node in graph.nodes)
    ]
    if inside:
        return f"{ticked(pattern)} is a variable in the graph of {ticked(inside[0])}, no root."
    return "A root is a tensor that backward starts at; is it still computed and given back?"


def _cause(pattern: str) -> Hashable:
    return ("root", pattern)
