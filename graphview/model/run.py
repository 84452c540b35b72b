"""A training run as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class TrainingRun:
    """What one training loop did, a value for each step, which is one backward.

    `parameters` hold the values before each step's update and, last, the final ones: one entry
    more than there are steps. `gradients` are those right after each backward, NaN where there
    was none. Losses belong to the parameters before the update; `validation_loss` is over the
    whole validation set. `seconds` are wall time for one step; `peak_memory` is in bytes, of
    `memory_of`. `failed` says why a run stopped before its time.
    """

    name: str
    device: str
    learning_rate: float
    loss: tuple[float, ...]
    validation_loss: tuple[float, ...]
    seconds: tuple[float, ...]
    parameters: dict[str, tuple[float, ...]]
    gradients: dict[str, tuple[float, ...]]
    truth: dict[str, float] = field(default_factory=dict)
    optimum: dict[str, float] = field(default_factory=dict)
    optimum_loss: float | None = None
    seeds: dict[str, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    peak_memory: int | None = None
    memory_of: str | None = None
    steps_per_epoch: int = 1
    failed: str | None = None

    @property
    def steps(self) -> int:
        return len(self.loss)

    @property
    def epochs(self) -> int:
        """Epochs begun: the last one of a run that failed counts."""
        return -(-self.steps // self.steps_per_epoch)


@dataclass(frozen=True, slots=True)
class Points:
    """What a line was fitted to, as pairs of x and y; `validation` are those kept aside.

    `intercept` and `slope` are the names of the parameters that make the line.
    """

    intercept: str
    slope: str
    training: tuple[tuple[float, float], ...]
    validation: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class LossSurface:
    """The mean squared error as a function of two parameters, exactly: it is a quadratic.

    loss(p) = `lowest` + ½·(p − `centre`)ᵀ·`hessian`·(p − `centre`), with p in the order of `names`.
    """

    names: tuple[str, str]
    centre: tuple[float, float]
    lowest: float
    hessian: tuple[tuple[float, float], tuple[float, float]]

    def at(self, p: float, q: float) -> float:
        """The loss at one point."""
        u, v = p - self.centre[0], q - self.centre[1]
        (uu, uv), (_, vv) = self.hessian
        return self.lowest + 0.5 * (uu * u * u + 2 * uv * u * v + vv * v * v)
