"""Training on mini-batches: the losses of the batches beside the loss on all validation points."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from math import isfinite

from graphview.model.recording import Recording
from graphview.model.run import TrainingRun
from graphview.report.charts import Band, Chart, Line
from graphview.report.numbers import listed, number
from graphview.report.plot import plot
from graphview.report.training import Figure, Table, rows_of

STRETCHES = 80
# Of the whole extent of a parameter, between its first value and its last.
AWAY = 0.5
# It stands beside the plane.
LARGE = 640, 430


def batch_figure(recording: Recording) -> Figure | None:
    """The last run that was trained on batches; None where there is none."""
    runs = [run for run in recording.runs if run.steps_per_epoch > 1 and run.epochs > 1]
    if not runs:
        return None
    numbers = (
        number for number, step in enumerate(recording.steps, 1) if step.run == runs[-1].name
    )
    step = next(numbers, None)
    chart = _chart(runs[-1], f"step {step}" if step else runs[-1].name)
    return Figure(chart, plot(chart), _table(runs[-1]))


def _chart(run: TrainingRun, where: str) -> Chart:
    return Chart(
        "batches",
        "Mini-batches",
        f"The band holds the losses of the {run.steps:,} batches of {where}. Each batch is another "
        f"handful of the points, some close to the line and some far from it, so its loss "
        f"jumps about.{_extent(run)} The line is the loss on all validation points at the start of "
        f"each epoch, where the epoch before has ended. {_moves(run)}",
        f"Losses of the {run.steps:,} batches of {where}, and the validation loss at the start of "
        f"each epoch.{_extent(run)} {_moves(run)}",
        (Line("validation", run.validation_loss[:: run.steps_per_epoch]),),
        logarithmic=True,
        last=run.epochs,
        size=LARGE,
        band=Band("batches", tuple(_stretches(run))),
    )  # fmt: skip


def _extent(run: TrainingRun) -> str:
    finite = [value for value in run.loss if isfinite(value)]
    if not finite:
        return ""
    # Shares first: a sum of what diverged may be too large for a float.
    mean = sum(value / len(finite) for value in finite)
    least, greatest = number(min(finite)), number(max(finite))
    return f" They lie between {least} and {greatest}, {number(mean)} on average."


def _moves(run: TrainingRun) -> str:
    """Whether the parameters stay where they are, in numbers."""
    if not all(map(isfinite, chain.from_iterable(run.parameters.values()))):
        return "In the end the parameters are no finite numbers any more."
    if any(_is_on_its_way(values) for values in run.parameters.values()):
        ways = (
            f"{name} from {number(values[0])} to {number(values[-1])}"
            for name, values in run.parameters.items()
        )
        return f"The parameters are still on their way: {listed(list(ways))}."
    ranges = (
        f"{name} between {number(min(values))} and {number(max(values))}"
        for name, values in run.parameters.items()
    )
    return f"Meanwhile the parameters hardly move: {listed(list(ranges))}."


def _is_on_its_way(values: Sequence[float]) -> bool:
    """Values about one place end near where they began, for how far they went between."""
    return abs(values[-1] - values[0]) > AWAY * (max(values) - min(values))


def _table(run: TrainingRun) -> Table:
    each = run.steps_per_epoch
    rows = []
    for epoch in rows_of(run.epochs):
        losses = run.loss[epoch * each : (epoch + 1) * each]
        numbers = (min(losses), max(losses), run.validation_loss[epoch * each])
        rows.append((f"{epoch:,}", *map(number, numbers)))
    return Table(("epoch", "least", "greatest", "validation"), tuple(rows))


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
