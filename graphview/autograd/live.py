"""A captured graph together with autograd's own nodes, for as long as a drawing needs them."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch.autograd.graph import Node as Function

from graphview.autograd.roots import NamedRoot
from graphview.autograd.walk import Walk
from graphview.model.graph import Graph


class Live(NamedTuple):
    """Keeps the root tensors and their whole graph alive while it is held."""

    graph: Graph
    roots: list[NamedRoot]
    walk: Walk

    @property
    def tensors(self) -> list[torch.Tensor]:
        """The root tensors, in the order of `graph.roots`."""
        return [root.tensor for root in self.roots]

    @property
    def functions(self) -> list[Function]:
        """Autograd's nodes, in the order of `graph.nodes`."""
        return self.walk.functions
