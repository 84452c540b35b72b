"""What a program did while it was watched: where backward started, and how its numbers went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from graphview.model.graph import Source
from graphview.model.step import Failure

Call = Literal["backward", "grad"]
End = Literal["finished", "stopped", "exited", "raised", "interrupted"]


@dataclass(frozen=True, slots=True)
class Series:
    """Values by step; a step is one start of backward, counted from 0 through the whole program.

    Of a long series the first and the last value are kept, and of each stretch the extremes.
    """

    name: str
    steps: tuple[int, ...] = ()
    values: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Site:
    """One place in the code where backward starts, through all the times that it did.

    `roots` are the names of what it started from. `graph` is the key in `Recording.graphs` of the
    graph that was kept, as it was at step `kept`; None where none could be. `loss` is empty where
    the root is no single number. `nodes` are the sizes of the graph.
    """

    name: str
    call: Call
    roots: tuple[str, ...]
    source: Source | None
    calls: int
    graph: str | None
    kept: int | None
    loss: Series
    nodes: Series


@dataclass(frozen=True, slots=True)
class Ending:
    """How the program ended. `stopped` is by `--max-steps`; `code` is that of `sys.exit`."""

    kind: End
    code: int | None = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Journal:
    """A program's run. `updates` counts steps of optimizers, which `optimizers` describe.

    Norms are Euclidean: of each optimizer's parameter groups, then of single parameters by name,
    the largest first. `seconds` are wall time from one step to the next, watching not counted;
    `memory` is in bytes, of `memory_of`. `watched` is the wall time of the whole run in seconds,
    `watching` those seconds of it that graphview took. `notes` are sentences.
    """

    sites: tuple[Site, ...]
    steps: int
    updates: int
    ending: Ending
    optimizers: tuple[str, ...] = ()
    learning_rates: tuple[Series, ...] = ()
    gradient_norms: tuple[Series, ...] = ()
    parameter_norms: tuple[Series, ...] = ()
    validation: tuple[Series, ...] = ()
    seconds: Series = Series("seconds")
    memory: Series = Series("memory")
    memory_of: str | None = None
    watched: float = 0.0
    watching: float = 0.0
    notes: tuple[str, ...] = ()
