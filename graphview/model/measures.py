"""What was measured at each node of a graph, in columns by the node's index."""

from __future__ import annotations

from dataclasses import dataclass

Column = tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Measures:
    """Columns as long as `Graph.nodes`, or empty where nothing was asked for; None: not known.

    `forward` and `backward` are seconds: forward of the whole function of torch that made the
    node, at its last node. `norm`, `zeros`, `nan` and `inf` describe the gradient that arrived:
    its Euclidean norm without NaN and infinities, and the shares of such elements, from 0 to 1.
    `cost` is the time in seconds that measuring took.
    """

    forward: Column = ()
    backward: Column = ()
    norm: Column = ()
    zeros: Column = ()
    nan: Column = ()
    inf: Column = ()
    cost: float = 0.0
