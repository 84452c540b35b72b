"""From live tensors to a `Graph`: the only way in."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import Any

import torch

from graphview.autograd.build import build
from graphview.autograd.live import Live
from graphview.autograd.names import Params, names_from, scopes_of
from graphview.autograd.roots import named_roots
from graphview.autograd.sources import watch_nodes
from graphview.autograd.stack import make_room
from graphview.autograd.walk import walk
from graphview.collector import collector_paused
from graphview.model.graph import Graph

# So many are freed within the stack that every process has.
MANY_NODES = 15_000

__all__ = ["Live", "Params", "capture", "capture_live", "watch_nodes"]


def capture(target: Any, *, params: Params = None) -> Graph:
    """Capture the autograd graph behind a tensor, or behind several at once.

    `target` is a tensor or any nesting of mappings, tuples and lists of tensors; mapping keys
    become the roots' names. `params` (a module, a mapping, `named_parameters()`) names leaves;
    what it doesn't name is looked up in the caller's variables. Works before and after backward,
    keeps no tensor alive, runs none of the user's hooks.

    Errors: RootError for what has no graph, ParameterError for `params` without names.
    """
    return capture_live(target, params=params, scopes=scopes_of(sys._getframe(1))).graph


def capture_live(
    target: Any, *, params: Params = None, scopes: Iterable[Mapping[str, Any]] = ()
) -> Live:
    """Like `capture`, with the live nodes still in hand; hold it only as long as needed.

    `scopes` map the names of variables to their values, the nearest scope first. Errors: those of
    `capture`.
    """
    # In inference mode torch cannot even find a leaf's AccumulateGrad.
    with collector_paused(), torch.inference_mode(False), torch.no_grad():
        names = names_from(params, scopes)
        roots = named_roots(target, names.of)
        walked = walk(root.function for root in roots)
        if len(walked.functions) > MANY_NODES:
            make_room(len(walked.functions))
        return Live(build(roots, walked, names), roots, walked)
