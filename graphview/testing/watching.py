"""What is seen of one test's operations: their lines and modules, and where gradients are cut."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch

from graphview.autograd import Live, watch_nodes
from graphview.model.graph import Graph
from graphview.model.missing import Missing
from graphview.observe.cuts import watch_cuts
from graphview.observe.gaps import gap_of_leaf, gap_of_root
from graphview.observe.leaves import LeafFacts, Leaves
from graphview.observe.modes import paused
from graphview.observe.starts import watch_starts
from graphview.observe.trails import Joint, Trails, joints_of

# Of more graphs in one test the first are forgotten.
MOST_GRAPHS = 32


@dataclass(frozen=True, slots=True)
class _Noted:
    """One graph that was captured, and what was known then; no tensor is kept alive."""

    graph: Graph
    leaves: dict[str, LeafFacts]
    joints: Sequence[Joint]


class Watch:
    """What was seen in one test; asked for only where an assertion fails."""

    def __init__(self) -> None:
        self.trails = Trails(Leaves())
        self._noted: deque[_Noted] = deque(maxlen=MOST_GRAPHS)

    def note(self, live: Live, named: Iterable[tuple[str, torch.Tensor]]) -> None:
        """Remember which of these parameters a graph does not reach."""
        reached = {id(leaf) for leaf in leaves_of(live)}
        # A mode or a tensor subclass of the test's must not see our questions.
        with torch._C.DisableTorchFunction():
            leaves = {
                name: self.trails.leaves.of(tensor)
                for name, tensor in named
                if id(tensor) not in reached
            }
        self._noted.append(_Noted(live.graph, leaves, joints_of(live.functions)))

    def missing_in(self, graph: Graph) -> list[Missing]:
        """Why parameters are not in a graph that was noted; of any other nothing is known."""
        noted = next((each for each in self._noted if each.graph is graph), None)
        return [] if noted is None else self._told(noted.graph, noted.leaves, noted.joints)

    def missing(self, live: Live, named: Mapping[str, torch.Tensor]) -> list[Missing]:
        """Why these parameters are not in this graph, as far as it was seen."""
        with torch._C.DisableTorchFunction():
            leaves = {name: self.trails.leaves.of(tensor) for name, tensor in named.items()}
        return self._told(live.graph, leaves, joints_of(live.functions))

    def why_none(self, root: torch.Tensor) -> Missing:
        """Why a tensor has no graph."""
        with torch._C.DisableTorchFunction():
            return gap_of_root("root", root, self.trails)

    @property
    def trouble(self) -> str | None:
        """Why cuts were not watched to the end, if they were not."""
        return self.trails.trouble

    def _told(
        self, graph: Graph, leaves: Mapping[str, LeafFacts], joints: Sequence[Joint]
    ) -> list[Missing]:
        with torch._C.DisableTorchFunction():
            for facts in leaves.values():
                facts.look()
        found = [gap_of_leaf(*each, self.trails, joints) for each in leaves.items()]
        # What ran before may have used them.
        whole = all(node.source is not None for node in graph.operations)
        return [each for each in found if whole or each.reason != "unused"]


_watches: list[Watch] = []


def current() -> Watch | None:
    """The watch of the test that runs now, if it has one."""
    return _watches[-1] if _watches else None


@contextmanager
def watching() -> Iterator[Watch]:
    """Watch the operations of the block."""
    watch = Watch()
    # While a mode is on, a `Tensor.backward` of the test's own would be called twice.
    starts = watch_starts(lambda start: paused([watch.trails]))
    with starts, watch_nodes(), watch_cuts(watch.trails):
        _watches.append(watch)
        try:
            yield watch
        finally:
            _watches.remove(watch)


def leaves_of(live: Live) -> list[torch.Tensor]:
    """The tensors that backward through a graph would fill, in the order of `graph.leaves`."""
    functions: list[Any] = live.functions
    return [functions[leaf.node].variable for leaf in live.graph.leaves]
