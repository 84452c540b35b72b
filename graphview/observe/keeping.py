"""The graphs that a recording keeps, and the parameters that could be seen around them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from graphview.autograd import Live, capture_live
from graphview.autograd.names import names_from, scopes_of
from graphview.draw.drawing import to_dot
from graphview.draw.makedot import draw
from graphview.draw.picture import MOST_WHOLE
from graphview.errors import RootError
from graphview.model.graph import Graph
from graphview.model.missing import Missing
from graphview.observe.gaps import gap_of_root, gaps
from graphview.observe.leaves import LeafFacts
from graphview.observe.sites import WatchedSite, root_names
from graphview.observe.starts import Start
from graphview.observe.trails import Joint, Trails, joints_of


class Keeper:
    """Graphs and drawings by name, and what is missing in them."""

    def __init__(self, trails: Trails) -> None:
        self.trails, self.leaves = trails, trails.leaves
        self.graphs: dict[str, Graph] = {}
        self.drawings: dict[str, str] = {}
        self.joints: list[Joint] = []
        self.without_graph: dict[str, Missing] = {}

    def keep(self, start: Start, site: WatchedSite) -> Live | None:
        """Capture and draw the graph of a start; None where its roots have none.

        Hold the result only while backward runs.
        """
        scopes = list(scopes_of(start.frame))
        names = names_from(None, scopes)
        self.leaves.meet(names.leaves())
        site.roots = tuple(root_names(site, start.roots, map(names.of, start.roots)))
        roots = dict(zip(site.roots, start.roots, strict=True))
        try:
            live = capture_live(roots, scopes=scopes)
        except RootError:
            self._note_without_graph(roots)
            return None
        self.graphs[site.name] = live.graph
        self.drawings.pop(site.name, None)
        if len(live.graph.nodes) <= MOST_WHOLE:
            self.drawings[site.name] = to_dot(draw(live.graph, live.tensors, live.functions))
        self.note(live)
        return live

    def note(self, live: Live) -> None:
        """Note which leaves a graph reaches, and which cut-off values went into it."""
        self.joints += joints_of(live.functions)
        for facts in self._leaves_of(live):
            facts.reached = True

    def note_gradients(self, start: Start, live: Live) -> None:
        """After backward: which leaves have a gradient now. `torch.autograd.grad` hands it out."""
        for facts in self._leaves_of(live):
            facts.graded = facts.graded or start.call == "grad"
            facts.look()

    def excuse(self, live: Live) -> None:
        """Say of none of the graph's leaves that it got no gradient."""
        for facts in self._leaves_of(live):
            facts.graded = True

    def missing(self) -> tuple[Missing, ...]:
        """The roots without a graph, and the parameters without a gradient."""
        return (*self.without_graph.values(), *gaps(self.trails, self.joints))

    def _note_without_graph(self, roots: Mapping[str, torch.Tensor]) -> None:
        for name, root in roots.items():
            if not root.requires_grad:
                self.without_graph.setdefault(name, gap_of_root(name, root, self.trails))

    def _leaves_of(self, live: Live) -> list[LeafFacts]:
        functions: list[Any] = live.functions
        return [self.leaves.of(functions[leaf.node].variable) for leaf in live.graph.leaves]
