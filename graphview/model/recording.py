"""A recording: everything that was observed of a subject, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field

from graphview.model.backward import Backward
from graphview.model.graph import Graph
from graphview.model.run import LossSurface, TrainingRun
from graphview.model.step import Excerpt, Step

SCHEMA = 2


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
    """Graphs by the name of their root, their drawings as DOT, the runs, the environment.

    `about` says in a sentence what was done. `main` names the run that the graphs belong to, and
    `backward` is the pass through one of them. `steps` tell how it all came about.
    """

    subject: str
    graphs: dict[str, Graph]
    drawings: dict[str, str]
    environment: Environment
    runs: tuple[TrainingRun, ...] = ()
    main: str | None = None
    code: tuple[Excerpt, ...] = ()
    about: str = ""
    backward: Backward | None = None
    surface: LossSurface | None = None
    steps: tuple[Step, ...] = ()
    schema: int = SCHEMA

    @property
    def run(self) -> TrainingRun | None:
        """The main run; None where nothing was trained."""
        return next((run for run in self.runs if run.name == self.main), None)

    def __repr__(self) -> str:
        epochs = f", {self.run.epochs} epochs" if self.run else ""
        return f"<Recording of {self.subject}: {', '.join(self.graphs)}{epochs}>"
