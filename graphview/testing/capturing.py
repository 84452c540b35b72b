"""How tests come to a graph: captured from a live tensor, its operations watched as they run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from graphview.autograd import Params, capture, watch_nodes
from graphview.model.graph import Graph


class Capture(Protocol):
    """What the fixture `graphview_capture` gives."""

    def __call__(self, target: Any, *, model: Params = None) -> Graph:
        """The graph behind a tensor, or behind a mapping or tuple of tensors.

        `model` (a module, a mapping, `named_parameters()`) names the leaves; without it they have
        the names of the test's variables. Errors: those of `graphview.capture`.
        """


@contextmanager
def watched() -> Iterator[Capture]:
    """Let operations remember their source lines and modules, as long as the block runs."""
    with watch_nodes():
        yield _capture


def _capture(target: Any, *, model: Params = None) -> Graph:
    __tracebackhide__ = True
    return capture(target, params=model)
