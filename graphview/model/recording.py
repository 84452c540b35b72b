"""A recording: everything that was observed of a subject, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field

from graphview.model.graph import Graph

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Lines of the user's code, with the number of the first one."""

    file: str
    first_line: int
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TrainingRun:
    """What one training loop did, a value for each epoch.

    `parameters` hold the values before each epoch's update and, last, the final ones: one entry
    more than there are epochs. `gradients` are those right after each backward. Losses belong to
    the parameters before the update. `seconds` are wall time for one epoch; `peak_memory` is in
    bytes, of `memory_of`.
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

    @property
    def epochs(self) -> int:
        return len(self.loss)


@dataclass(frozen=True, slots=True)
class Environment:
    """Where the recording was made: enough to make it again."""

    graphview: str
    python: str
    platform: str
    torch: str
    device: str
    device_name: str
    packages: dict[str, str] = field(default_factory=dict)
    cuda: str | None = None
    cudnn: str | None = None
    recorded_at: str = ""
    command: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Recording:
    """Graphs by the name of their root, their drawings as DOT, the run, the environment.

    `about` says in a sentence what was done.
    """

    subject: str
    graphs: dict[str, Graph]
    drawings: dict[str, str]
    environment: Environment
    run: TrainingRun | None = None
    code: tuple[Excerpt, ...] = ()
    about: str = ""
    schema: int = SCHEMA

    def __repr__(self) -> str:
        epochs = f", {self.run.epochs} epochs" if self.run else ""
        return f"<Recording of {self.subject}: {', '.join(self.graphs)}{epochs}>"
