"""One backward pass as plain data: which numbers went where."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class TensorValues:
    """What a tensor held: `whole` has all its values in order when they are few.

    `first` are the values of the first row (of the tensor itself, if it has one dimension or
    none), cut where they are many.
    """

    shape: tuple[int, ...]
    mean: float
    least: float
    greatest: float
    first: tuple[float, ...]
    whole: tuple[float, ...] | None = None


@dataclass(frozen=True, slots=True)
class NodeValues:
    """A node's forward result, and the gradient that arrived at it."""

    result: TensorValues | None = None
    gradient: TensorValues | None = None


@dataclass(frozen=True, slots=True)
class Flow:
    """What one node sends along one edge: the gradient of `argument`, to `node`.

    `local` is the derivative of the node's result by that argument: shaped like the argument where
    the result is a single number, else like the result, also for an argument that was stretched to
    fit.
    """

    argument: str | None
    node: int
    gradient: TensorValues
    local: TensorValues | None = None


@dataclass(frozen=True, slots=True)
class BackwardStep:
    """One node at work: what arrived, and what it sent on; an AccumulateGrad sends nothing.

    Of a node with several results, `arrived` is the gradient of the first one that got any.
    """

    node: int
    arrived: TensorValues
    sent: tuple[Flow, ...] = ()


@dataclass(frozen=True, slots=True)
class Update:
    """One parameter before and after the update that used its gradient."""

    name: str
    before: float
    gradient: float
    learning_rate: float
    after: float


@dataclass(frozen=True, slots=True)
class Backward:
    """A backward pass through the graph `graph`, with autograd's own numbers.

    `values` are in the order of the graph's nodes, `steps` in the order in which autograd ran.
    A leaf's value and its `.grad` after the pass are those of its AccumulateGrad.
    """

    graph: str
    values: tuple[NodeValues, ...]
    steps: tuple[BackwardStep, ...]
    updates: tuple[Update, ...] = field(default=())
