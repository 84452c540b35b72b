"""A recording: everything that was observed of a subject, as plain data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path

from graphview.model.backward import Backward
from graphview.model.graph import Graph, counted
from graphview.model.journal import Journal
from graphview.model.measures import Measures
from graphview.model.missing import Missing
from graphview.model.run import LossSurface, Points, TrainingRun
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

    `about` says in a sentence what was done. Of the lesson, `main` names the run that the graphs
    belong to, `backward` is the pass through one of them, and `steps` tell how it all came about.
    Of any other program, `journal` has its run, `missing` the parameters without a gradient, and
    `measures` what was asked for, by the name of a graph.
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
    points: Points | None = None
    steps: tuple[Step, ...] = ()
    journal: Journal | None = None
    missing: tuple[Missing, ...] = ()
    measures: dict[str, Measures] = field(default_factory=dict)
    schema: int = SCHEMA

    @property
    def run(self) -> TrainingRun | None:
        """The main run; None where nothing was trained."""
        return next((run for run in self.runs if run.name == self.main), None)

    def to_svg(
        self, root: str | None = None, *, theme: str = "auto", fold: str | int = "auto"
    ) -> str:
        """Draw the graph of `root` as an SVG file; `root` may be left out where there is one only.

        `theme` and `fold` are those of `Graph.to_svg`. Errors: RootError for a root that is not
        here, LayoutError for what cannot be drawn.
        """
        from graphview.display import svg_of_recording

        return svg_of_recording(self, root, theme=theme, fold=fold)

    def to_json(self) -> bytes:
        """Write the recording as UTF-8 JSON, as `graphview record` does."""
        from graphview.model.store import to_json

        return to_json(self)

    def report(self, path: str | PathLike[str]) -> None:
        """Write the page to `path` as `graphview report` does: whole or not at all.

        Errors: OutputError for a file that cannot be written, LayoutError where no engine can draw.
        """
        from graphview.display import write_report

        write_report(self, Path(path))

    def __repr__(self) -> str:
        graphs = ", ".join(self.graphs) or "no graph"
        return f"<Recording of {self.subject}: {', '.join([graphs, *self._counts()])}>"

    def _counts(self) -> Iterator[str]:
        if self.run is not None:
            yield counted(self.run.epochs, "epoch")
        if self.journal is not None:
            yield counted(self.journal.steps, "step")
        if self.missing:
            yield f"{counted(len(self.missing), 'tensor')} without a gradient"
        if self.journal is not None and self.journal.ending.kind != "finished":
            yield self.journal.ending.kind
