"""Why a parameter got no gradient, or why a tensor has no graph, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from graphview.model.graph import Source, TensorInfo

# frozen: requires_grad is False. unused: no operation ever took it. no_grad: operations took it
# only where gradients were off. cut: an operation gave a result without gradient. left: its value
# went into Python or NumPy. dead end: what was computed of it reached no root. nothing: backward
# reached it and brought no gradient.
Reason = Literal["frozen", "unused", "no_grad", "cut", "left", "dead end", "nothing"]


@dataclass(frozen=True, slots=True)
class Link:
    """One operation on the way from a parameter to where its gradient was cut."""

    name: str
    source: Source | None


@dataclass(frozen=True, slots=True)
class Missing:
    """A parameter without a gradient, or a root (`kind`) that needs none, and why.

    `by` is the function that cut: `detach`, `no_grad`, `numpy`. `source` is where; for `dead end`
    where the parameter was first used. `trail` leads from the parameter to there, the first
    operation first. `joins` is where the value, cut off, went on into a root's graph; None where it
    did not, or where that could not be followed. `also` are other cuts of the same parameter.
    """

    name: str
    kind: Literal["parameter", "root"]
    tensor: TensorInfo
    reason: Reason
    by: str | None = None
    source: Source | None = None
    trail: tuple[Link, ...] = ()
    joins: Source | None = None
    also: tuple[Link, ...] = ()

    @property
    def passes_on(self) -> bool:
        """Whether gradients are off only for what was computed of the parameter, further on."""
        return self.kind == "parameter" and self.reason == "no_grad" and len(self.trail) > 1
