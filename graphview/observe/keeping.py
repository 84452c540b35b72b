"""The graphs that a recording keeps, and the parameters that could be seen around them."""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch

from graphview.autograd import Live, capture_live
from graphview.autograd.names import Names, names_from, scopes_of
from graphview.draw.drawing import to_dot
from graphview.draw.makedot import draw
from graphview.errors import RootError
from graphview.model.graph import Graph
from graphview.model.missing import Missing
from graphview.observe.gaps import gap_of_root, gaps
from graphview.observe.sites import WatchedSite, root_names
from graphview.observe.starts import Start
from graphview.observe.trails import Joint, Trails, joints_of

# What is larger would take an engine minutes.
MOST_DRAWN = 1_500


class Keeper:
    """Graphs and drawings by name. `reached` are the ids of the leaves of any of them, `graded` of
    those that were seen to get a gradient."""

    def __init__(self, trails: Trails) -> None:
        self.trails = trails
        self.graphs: dict[str, Graph] = {}
        self.drawings: dict[str, str] = {}
        self.joints: list[Joint] = []
        self.reached: set[int] = set()
        self.graded: set[int] = set()
        self.without_graph: dict[str, Missing] = {}
        self._met: dict[int, tuple[str, weakref.ref[torch.Tensor]]] = {}

    def keep(self, start: Start, site: WatchedSite) -> Live | None:
        """Capture and draw the graph of a start; None where its roots have none.

        Hold the result only while backward runs.
        """
        scopes = list(scopes_of(start.frame))
        names = names_from(None, scopes)
        self.meet(names)
        site.roots = tuple(root_names(site, start.roots, map(names.of, start.roots)))
        roots = dict(zip(site.roots, start.roots, strict=True))
        try:
            live = capture_live(roots, scopes=scopes)
        except RootError:
            self._note_without_graph(roots)
            return None
        self.graphs[site.name] = live.graph
        self.drawings.pop(site.name, None)
        if len(live.graph.nodes) <= MOST_DRAWN:
            self.drawings[site.name] = to_dot(draw(live.graph, live.tensors, live.functions))
        self.note(live)
        return live

    def note(self, live: Live) -> None:
        """Note which leaves a graph reaches, and which cut-off values went into it."""
        self.joints += joints_of(live.functions)
        self.reached |= {id(tensor) for tensor in _leaves(live)}

    def note_gradients(self, start: Start, live: Live) -> None:
        """After backward: which leaves have a gradient now. `torch.autograd.grad` hands it out."""
        self.graded |= {
            id(tensor)
            for tensor in _leaves(live)
            if start.call == "grad" or tensor.grad is not None
        }

    def meet(self, names: Names) -> None:
        """Remember the parameters that can be seen, by their names."""
        for name, tensor in names.leaves():
            self._met.setdefault(id(tensor), (name, weakref.ref(tensor)))

    def name_of(self, tensor: torch.Tensor) -> str:
        """A parameter's name, or its shape where nobody named it."""
        known = self._met.get(id(tensor))
        if known is not None and known[1]() is tensor:
            return known[0]
        return f"a parameter of shape {tuple(tensor.shape)}"

    def gaps(self, optimized: Sequence[torch.Tensor], graded: set[int]) -> tuple[Missing, ...]:
        """The parameters without a gradient, and the roots without a graph.

        `optimized` are the parameters of the optimizers, `graded` those that these saw with a
        gradient.
        """
        parameters = dict(self._parameters(optimized))
        have = self.graded | graded
        have |= {id(tensor) for tensor in parameters.values() if _has_gradient(tensor)}
        found = gaps(
            self._of_interest(parameters, optimized, have),
            graded=have,
            reached=self.reached,
            joints=self.joints,
            trails=self.trails,
        )
        return (*self.without_graph.values(), *found)

    def _note_without_graph(self, roots: Mapping[str, torch.Tensor]) -> None:
        for name, root in roots.items():
            if not root.requires_grad:
                self.without_graph.setdefault(name, gap_of_root(name, root, self.trails))

    def _parameters(self, optimized: Sequence[torch.Tensor]) -> Iterator[tuple[str, torch.Tensor]]:
        seen = set()
        for name, reference in self._met.values():
            tensor = reference()
            if tensor is not None:
                seen.add(id(tensor))
                yield name, tensor
        for number, tensor in enumerate(t for t in optimized if id(t) not in seen):
            yield f"{self.name_of(tensor)} ({number})", tensor

    def _of_interest(
        self,
        parameters: Mapping[str, torch.Tensor],
        optimized: Sequence[torch.Tensor],
        have: set[int],
    ) -> dict[str, torch.Tensor]:
        """Those of models that are trained: a copy kept aside (an average, a target) is none."""
        live = {id(tensor) for tensor in optimized} | have | self.reached
        live |= {leaf for cut in self.trails.cuts.values() if not cut.silent for leaf in cut.leaves}
        models = {_model(name) for name, tensor in parameters.items() if id(tensor) in live}
        return {name: tensor for name, tensor in parameters.items() if _model(name) in models}


def _model(name: str) -> str:
    return name.partition(".")[0].partition("[")[0]


def _leaves(live: Live) -> list[torch.Tensor]:
    functions: list[Any] = live.functions
    return [functions[leaf.node].variable for leaf in live.graph.leaves]


def _has_gradient(tensor: torch.Tensor) -> bool:
    return tensor.is_leaf and tensor.grad is not None
