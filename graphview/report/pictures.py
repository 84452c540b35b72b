"""The graphs as figures of the page: inline SVG whose boxes lead to their cards."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from graphview.collector import collector_paused
from graphview.draw.describe import look_of
from graphview.draw.engines import Layout
from graphview.draw.folding.tree import tree_of
from graphview.draw.picture import scene_of_tree
from graphview.draw.svg import Links, Look, publish, write_svg
from graphview.model.graph import Graph, shape_text
from graphview.model.recording import Recording
from graphview.report.folds import Fold, folds
from graphview.report.identity import Keys
from graphview.report.numbers import listed
from graphview.report.selection import drawn

# In px. A third of a laptop's page still shows the smallest text of this with 9 px.
WIDE = 272
LONGEST_STATEMENT = 60
# What a further use of a leaf adds to its id.
USE = re.compile(r"x\d+$")
KIND = re.compile(r'class="gv-node gv-(\w+)')
# Of more operations the caption gives numbers.
MOST_NAMED = 4


@dataclass(frozen=True, slots=True)
class Picture:
    """One graph on the page: the `statement` that made its root, and in `caption` what is new.

    A `wide` one is never made smaller than it is drawn, and a `large` one is folded, has a row of
    its own and scrolls in it. `when` says when its graph was kept.
    """

    name: str
    shape: str
    svg: str
    statement: str | None
    caption: str
    engine: str | None
    large: bool = False
    when: str | None = None
    folds: tuple[Fold, ...] = ()

    @property
    def wide(self) -> bool:
        found = re.search(r'width="(\d+)"', self.svg)
        return found is not None and int(found[1]) > WIDE

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of its boxes."""
        return frozenset(KIND.findall(self.svg))


def pictures(
    recording: Recording,
    layouts: Mapping[str, Layout],
    keys: Mapping[str, Keys],
    *,
    linked: bool = True,
    when: Mapping[str, str] | None = None,
) -> list[Picture]:
    """Publish every graph that is drawn, marking what those before it already had.

    Without `linked` the boxes lead nowhere; `when` says by name when a graph was kept.
    """
    made, seen = [], set[str]()
    for number, name in enumerate(drawn(recording)):
        # Folded graphs are not compared with others where no node has a card.
        graph, own = recording.graphs[name], keys.get(name, {})
        made.append(
            picture(
                name,
                graph,
                layouts.get(name),
                own,
                prefix=f"g{number}-",
                seen=frozenset(id_ for id_, key in own.items() if key in seen),
                caption=_caption(graph, own, seen),
                targets=None if linked else {},
                when=(when or {}).get(name),
            )
        )
        seen |= set(own.values())
    return made


def picture(
    name: str,
    graph: Graph,
    layout: Layout | None,
    keys: Keys,
    *,
    prefix: str,
    seen: frozenset[str],
    caption: str,
    targets: Mapping[str, str] | None = None,
    when: str | None = None,
) -> Picture:
    """Publish one graph; `seen` are the ids of what an earlier picture has, drawn dashed.

    `targets` are where the boxes lead, their cards by default. A graph without a `layout` is
    folded.
    """
    cards = {id_: f"#card-{key}" for id_, key in keys.items()}
    links = Links(cards if targets is None else targets, seen)
    look = replace(look_of(graph, prefix=prefix, inline=True), links=links)
    if layout is None:
        svg, told = folded(graph, look, {} if targets is not None else keys, prefix)
    else:
        svg, told = publish(layout.svg, look), ()
    return Picture(
        name,
        shape_text(graph.roots[0].tensor.shape),
        svg,
        statement(graph),
        caption,
        None if layout is None else f"Graphviz {layout.version} ({layout.engine})",
        large=layout is None,
        when=when,
        folds=told,
    )


def folded(graph: Graph, look: Look, keys: Keys, prefix: str) -> tuple[str, tuple[Fold, ...]]:
    """A first view of a graph of any size, and what its folded boxes hold, to which they lead.

    Where other boxes lead holds for each use of a leaf.
    """
    with collector_paused():
        tree = tree_of(graph)
        scene = scene_of_tree(tree)
    links = look.links or Links({})
    told = folds(tree, scene, keys, prefix)
    own = {placed.box.id: USE.sub("", placed.box.id) for placed in scene.boxes}
    targets = {id_: links.targets[base] for id_, base in own.items() if base in links.targets}
    targets |= {fold.box: f"#card-{fold.key}" for fold in told}
    seen = frozenset(id_ for id_, base in own.items() if base in links.seen_before)
    return write_svg(scene, replace(look, links=Links(targets, seen))), told


def statement(graph: Graph) -> str | None:
    """`yhat = a + b * x`, where the root's own line is known."""
    source = graph.source_of(graph.nodes[graph.roots[0].node])
    if source is None or source.expression is None or len(source.expression) > LONGEST_STATEMENT:
        return None
    return f"{source.variable} = {source.expression}" if source.variable else source.expression


def _caption(graph: Graph, keys: Keys, seen: set[str]) -> str:
    new = [node.name for node in graph.operations if keys.get(node.id) not in seen]
    if not new:
        return "adds nothing: every operation stands in an earlier graph"
    return f"{'adds' if seen else 'records'} {_told(new)}"


def _told(names: Sequence[str]) -> str:
    """The names, or of many how many there are of the commonest."""
    if len(names) <= MOST_NAMED:
        return listed(list(names))
    common = Counter(names).most_common(MOST_NAMED - 1)
    counts = [name if count == 1 else f"{count} × {name}" for name, count in common]
    left = len(names) - sum(count for _, count in common)
    return f"{len(names)} operations: {listed([*counts, *([f'{left} more'] if left else [])])}"
