"""The graphs as figures of the page: inline SVG whose boxes lead to their cards."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from graphview.draw.describe import look_of
from graphview.draw.engines import Layout
from graphview.draw.svg import Links, publish
from graphview.model.graph import Graph, shape_text
from graphview.model.recording import Recording
from graphview.report.identity import Keys
from graphview.report.numbers import listed

# In px. A third of a laptop's page still shows the smallest text of this with 9 px.
WIDE = 272
LONGEST_STATEMENT = 60


@dataclass(frozen=True, slots=True)
class Picture:
    """One graph on the page: the `statement` that made its root, and in `caption` what is new.

    A `wide` one is never made smaller than it is drawn.
    """

    name: str
    shape: str
    svg: str
    statement: str | None
    caption: str
    engine: str

    @property
    def wide(self) -> bool:
        found = re.search(r'width="(\d+)"', self.svg)
        return found is not None and int(found[1]) > WIDE


def pictures(
    recording: Recording, layouts: Mapping[str, Layout], keys: Mapping[str, Keys]
) -> list[Picture]:
    """Publish every graph, marking what the graphs before it already had."""
    made, seen = [], set[str]()
    for number, (name, graph) in enumerate(recording.graphs.items()):
        made.append(
            picture(
                name,
                graph,
                layouts[name],
                keys[name],
                prefix=f"g{number}-",
                seen=frozenset(id_ for id_, key in keys[name].items() if key in seen),
                caption=_caption(graph, keys[name], seen),
            )
        )
        seen |= set(keys[name].values())
    return made


def picture(
    name: str,
    graph: Graph,
    layout: Layout,
    keys: Keys,
    *,
    prefix: str,
    seen: frozenset[str],
    caption: str,
    targets: Mapping[str, str] | None = None,
) -> Picture:
    """Publish one graph; `seen` are the ids of what an earlier picture has, drawn dashed.

    `targets` are where the boxes lead, their cards by default.
    """
    links = Links(targets or {id_: f"#card-{key}" for id_, key in keys.items()}, seen)
    look = replace(look_of(graph, prefix=prefix, inline=True), links=links)
    return Picture(
        name,
        shape_text(graph.roots[0].tensor.shape),
        publish(layout.svg, look),
        _statement(graph),
        caption,
        f"Graphviz {layout.version} ({layout.engine})",
    )


def _statement(graph: Graph) -> str | None:
    """`yhat = a + b * x`, where the root's own line is known."""
    source = graph.source_of(graph.nodes[graph.roots[0].node])
    if source is None or source.expression is None or len(source.expression) > LONGEST_STATEMENT:
        return None
    return f"{source.variable} = {source.expression}" if source.variable else source.expression


def _caption(graph: Graph, keys: Keys, seen: set[str]) -> str:
    new = [node.name for node in graph.operations if keys[node.id] not in seen]
    if not new:
        return "adds nothing: every operation stands in an earlier graph"
    return f"{'adds' if seen else 'records'} {listed(new)}"
