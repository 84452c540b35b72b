"""Playing the lesson: one step after the other, on variables that they share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from typing import Any

import torch

from graphview.autograd import capture_live
from graphview.lesson import data as lesson_data
from graphview.lesson.album import Album
from graphview.lesson.cell import Outcome, run_cell
from graphview.lesson.plan import PlannedStep
from graphview.lesson.settings import Settings
from graphview.model.backward import Backward
from graphview.model.run import TrainingRun
from graphview.model.step import Excerpt, Step
from graphview.observe.backward import updates_of, watch_backward
from graphview.observe.results import watch_results
from graphview.observe.steps import Parameters, StepLog, watch_steps

# Of the steps that draw random numbers without setting a seed.
FIRST_SEED = 0


class Player:
    """Holds what the steps share, and the runs that have been observed."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.data = lesson_data.make_data()
        self.points = lesson_data.to_tensors(self.data, settings.device)
        self.variables: dict[str, Any] = {"__name__": "__main__"}
        self.runs: list[TrainingRun] = []
        self.backward: Backward | None = None
        torch.manual_seed(FIRST_SEED)

    def play(self, step: PlannedStep) -> Step:
        """Run one step; the error that it is there to show becomes its failure.

        Errors: RuntimeError when a step of ours ends with any other one.
        """
        file, code = f"{step.key}.py", self.settings.written(step.code)
        with Album(step.sights, self.variables, self.parameters) as album:
            with self._results(step), self._watched(step, album) as log:
                outcome = run_cell(file, code, self.variables)
            album.take_rest()
        _refuse_surprise(step, outcome)
        if log is not None and log.loss:
            self._keep(step, log, outcome)
        return Step(
            key=step.key,
            part=step.part,
            title=step.title,
            text=(),
            code=Excerpt(file, 1, tuple(code.rstrip("\n").split("\n"))),
            output=outcome.output,
            failure=outcome.failure,
            graphs=album.graphs,
            drawings=album.drawings,
            run=step.run,
        )

    def parameters(self) -> Parameters:
        """What is being trained at the moment: the model's parameters, or a and b by hand."""
        model = self.variables.get("model")
        if model is not None:
            return dict(model.named_parameters())
        return {name: self.variables[name] for name in ("a", "b")}

    def _results(self, step: PlannedStep) -> AbstractContextManager[None]:
        return watch_results() if step.results else nullcontext()

    def _watched(self, step: PlannedStep, album: Album) -> AbstractContextManager[StepLog | None]:
        if step.run is None and step.follows is None:
            return nullcontext()
        return watch_steps(
            self.settings.device,
            parameters=self.parameters,
            validate=self._validate,
            around=self._follow if step.follows else album.around,
        )

    @contextmanager
    def _follow(self, number: int, tensor: torch.Tensor) -> Iterator[None]:
        """Watch the numbers of this backward on their way through the graph of its root."""
        live = capture_live(tensor, params=self.parameters(), scopes=[self.variables])
        with watch_backward(live) as watched:
            yield
        self.backward = watched.backward

    def _keep(self, step: PlannedStep, log: StepLog, outcome: Outcome) -> None:
        if step.run is not None:
            self.runs.append(self._run(step, log, outcome))
        elif self.backward is not None:
            updates = updates_of(
                {name: values[0] for name, values in log.parameters.items()},
                {name: values[0] for name, values in log.gradients.items()},
                self.variables["lr"],
                {name: values[-1] for name, values in log.parameters.items()},
            )
            self.backward = replace(self.backward, updates=updates)

    def _validate(self, parameters: Parameters) -> torch.Tensor:
        yhat = parameters["a"] + parameters["b"] * self.points.x_val
        return ((self.points.y_val - yhat) ** 2).mean()

    def _run(self, step: PlannedStep, log: StepLog, outcome: Outcome) -> TrainingRun:
        best_a, best_b, best_loss = lesson_data.least_squares(self.data)
        batches = len(self.variables["train_loader"]) if "train_loader" in self.variables else 1
        failure = outcome.failure
        return TrainingRun(
            name=step.run or step.key,
            device=str(self.settings.device),
            learning_rate=self.variables["lr"],
            loss=tuple(log.loss),
            validation_loss=tuple(log.validation_loss),
            seconds=tuple(log.seconds),
            parameters={name: tuple(values) for name, values in log.parameters.items()},
            gradients={name: tuple(values) for name, values in log.gradients.items()},
            truth={"a": lesson_data.TRUE_A, "b": lesson_data.TRUE_B},
            optimum={"a": best_a, "b": best_b},
            optimum_loss=best_loss,
            seeds=self._seeds(),
            counts={"training": len(self.data.x_train), "validation": len(self.data.x_val)},
            steps_per_epoch=batches,
            failed=None if failure is None else f"{failure.type} in epoch {len(log.loss) - 1}",
        )

    def _seeds(self) -> dict[str, int]:
        seeds = {"data (NumPy)": lesson_data.SEED}
        by_hand = self.settings.initial is not None
        return seeds if by_hand else seeds | {"parameters (torch)": lesson_data.SEED}


def _refuse_surprise(step: PlannedStep, outcome: Outcome) -> None:
    failure = outcome.failure
    if failure is not None and failure.type != step.fails:
        raise RuntimeError(f"step {step.key} of the lesson failed:\n{failure.traceback}")
