"""A captured graph together with autograd's own nodes, for as long as a drawing needs them."""

from __future__ import annotations

from typing import NamedTuple

from graphview.autograd.roots import NamedRoot
from graphview.autograd.walk import Walk
from graphview.model.graph import Graph


class Live(NamedTuple):
    graph: Graph
    roots: list[NamedRoot]
    walk: Walk
