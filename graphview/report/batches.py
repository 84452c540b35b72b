"""Training on mini-batches: the losses of the batches beside the loss on all validation points."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite
from statistics import fmean

from graphview.model.recording import Recording
from graphview.model.run import TrainingRun
from graphview.report.charts import Band, Chart, Line
from graphview.report.numbers import number
from graphview.report.training import Figure, figure

STRETCHES = 80
# It stands beside the plane.
LARGE = 640, 430


def batch_figure(recording: Recording) -> Figure | None:
    """The last run that was trained on batches; None where there is none."""
    runs = [run for run in recording.runs if run.steps_per_epoch > 1 and run.epochs > 1]
    return figure(_chart(runs[-1])) if runs else None


def _chart(run: TrainingRun) -> Chart:
    finite = [value for value in run.loss if isfinite(value)]
    spread = "" if not finite else (
        f" The losses of the batches lie between {number(min(finite))} and {number(max(finite))}, "
        f"{number(fmean(finite))} on average."
    )  # fmt: skip
    return Chart(
        "batches",
        "Mini-batches",
        f"The band holds the losses of {run.steps:,} batches. Each batch is another handful of the "
        "points, some close to the line and some far from it, so its loss jumps about. The line is "
        f"the loss on all validation points: the parameters themselves hardly move.{spread}",
        f"Losses of {run.steps:,} batches, and the validation loss after each epoch.{spread}",
        (Line("validation", run.validation_loss[:: run.steps_per_epoch]),),
        logarithmic=True,
        last=run.epochs,
        size=LARGE,
        band=Band("batches", tuple(_stretches(run))),
    )


def _stretches(run: TrainingRun) -> Iterator[tuple[float, float, float, float]]:
    each = run.steps_per_epoch
    step = max(1, -(-run.epochs // STRETCHES)) * each
    for start in range(0, run.steps, step):
        losses = [
            value for value in run.loss[start : start + step] if isfinite(value) and value > 0
        ]
        if losses:
            end = min(start + step, run.steps)
            yield start / each, end / each, min(losses), max(losses)
