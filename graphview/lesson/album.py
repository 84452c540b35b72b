"""The graphs that a step is asked to keep, taken while they are alive."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Any

import torch

from graphview.autograd import capture_live, watch_nodes
from graphview.draw.drawing import to_dot
from graphview.draw.makedot import draw
from graphview.lesson.plan import Sight
from graphview.model.graph import Graph
from graphview.observe.steps import Parameters


class Album:
    """Captures and draws each sight; nodes are watched only until the last one is taken."""

    def __init__(
        self,
        sights: Sequence[Sight],
        variables: Mapping[str, Any],
        parameters: Callable[[], Parameters],
    ) -> None:
        self.sights, self.variables, self.parameters = sights, variables, parameters
        self.graphs: dict[str, Graph] = {}
        self.drawings: dict[str, str] = {}
        self.first: dict[str, torch.Tensor] = {}
        self._watching = ExitStack()

    def __enter__(self) -> Album:
        if self.sights:
            self._watching.enter_context(watch_nodes())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._watching.close()

    @contextmanager
    def around(self, number: int, tensor: torch.Tensor) -> Iterator[None]:
        """Take the graphs that are wanted just before backward `number`."""
        if number == 0:
            self.first = dict(self.parameters())
        wanted = [sight.before for sight in self.sights if sight.before is not None]
        for sight in self.sights:
            if sight.before == number:
                self._take(self._label(sight), sight.root, tensor)
        if wanted and number >= max(wanted):
            self._watching.close()
        yield

    def take_rest(self) -> None:
        """Take the graphs that are wanted at the end of the step, of tensors that have one."""
        for sight in self.sights:
            tensor = self.variables.get(sight.root)
            if sight.before is None and tensor is not None and tensor.grad_fn is not None:
                self._take(sight.root, sight.root, tensor)

    def _take(self, label: str, root: str, tensor: torch.Tensor) -> None:
        live = capture_live({root: tensor}, params=self._names(), scopes=[self.variables])
        self.graphs[label] = live.graph
        self.drawings[label] = to_dot(draw(live.graph, live.tensors, live.functions))

    def _names(self) -> dict[str, torch.Tensor]:
        """The parameters by name; one that has been replaced since keeps its name and its epoch."""
        names = dict(self.parameters()) if self.first else {}
        for name, tensor in self.first.items():
            if names[name] is not tensor:
                names[f"{name} of epoch 0"] = tensor
        return names

    def _label(self, sight: Sight) -> str:
        alike = [other for other in self.sights if other.root == sight.root]
        return sight.root if len(alike) == 1 else f"{sight.root}-epoch-{sight.before}"
