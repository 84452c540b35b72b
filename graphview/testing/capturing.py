"""How tests come to a graph: captured from a live tensor, its operations watched as they run."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import torch

from graphview.autograd import Params, capture_live
from graphview.autograd.names import names_from, scopes_of
from graphview.model.graph import Graph
from graphview.testing.watching import current, watching


class Capture(Protocol):
    """What the fixture `graphview_capture` gives."""

    def __call__(self, target: Any, *, model: Params = None) -> Graph:
        """The graph behind a tensor, or behind a mapping or tuple of tensors.

        `model` (a module, a mapping, `named_parameters()`) names the leaves; without it they have
        the names of the test's variables. Errors: those of `graphview.capture`.
        """


@contextmanager
def watched() -> Iterator[Capture]:
    """Let operations be known by line and module, and cuts seen, as long as the block runs.

    A block inside another one sees what that sees.
    """
    if current() is not None:
        yield _capture
        return
    with watching():
        yield _capture


def _capture(target: Any, *, model: Params = None) -> Graph:
    __tracebackhide__ = True
    watch, scopes = current(), list(scopes_of(sys._getframe(1)))
    params = list(model) if isinstance(model, Iterator) else model
    # What is watched is the test, and not this.
    with torch._C.DisableTorchFunction():
        live = capture_live(target, params=params, scopes=scopes)
        if watch is not None:
            watch.note(live, names_from(params, scopes).leaves())
    return live.graph
