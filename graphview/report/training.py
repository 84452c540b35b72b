"""The training run as charts, with a caption that says what to see and the numbers behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import isfinite

from graphview.model.run import TrainingRun
from graphview.report.charts import Chart, Level, Line
from graphview.report.duration import epoch_seconds
from graphview.report.numbers import exactly, listed, number, seconds, size
from graphview.report.plot import Plot, plot

MOST_ROWS = 11


@dataclass(frozen=True, slots=True)
class Table:
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart, where its marks go, and the table behind it."""

    chart: Chart
    plot: Plot
    table: Table


def figures(run: TrainingRun) -> list[Figure]:
    """Losses, parameters and gradients by epoch."""
    return [figure(chart) for chart in (_losses(run), _parameters(run), _gradients(run))]


def facts(run: TrainingRun) -> list[tuple[str, str]]:
    """What the charts don't show: settings, counts, time and memory."""
    found = [
        ("epochs", f"{run.epochs:,}"),
        ("learning rate", f"{run.learning_rate:g}"),
        *((f"{name} points", f"{count:,}") for name, count in run.counts.items()),
        ("time for an epoch", f"{seconds(epoch_seconds(run))}, the median"),
        *((f"seed, {name}", str(seed)) for name, seed in run.seeds.items()),
    ]
    if run.peak_memory is not None:
        found.append(("peak memory", f"{size(run.peak_memory)} ({run.memory_of})"))
    return found


def answers(run: TrainingRun) -> Table | None:
    """Learned, best possible and true values side by side; None without an optimum."""
    if not run.optimum:
        return None
    rows = [
        (
            name,
            number(run.parameters[name][0]),
            number(run.parameters[name][-1]),
            number(best),
            number(run.truth[name]) if name in run.truth else "unknown",
        )
        for name, best in run.optimum.items()
    ]
    return Table(("", "at first", "learned", "least squares", "true"), tuple(rows))


def figure(chart: Chart) -> Figure:
    """A chart with its geometry and its table."""
    return Figure(chart, plot(chart), table(chart))


def _unit(run: TrainingRun) -> str:
    """What each value stands for."""
    return "epoch" if run.steps_per_epoch == 1 else "batch"


def _losses(run: TrainingRun) -> Chart:
    unit = _unit(run)
    return Chart(
        "loss",
        "Loss",
        f"Mean squared error by {unit}, on a logarithmic scale.{_floor(run)}",
        f"{_span('training loss', run.loss)} {_span('validation loss', run.validation_loss)}",
        (Line("training", run.loss), Line("validation", run.validation_loss)),
        logarithmic=True,
        last=run.steps,
        unit=unit,
    )


def _floor(run: TrainingRun) -> str:
    if run.optimum_loss is None:
        return ""
    less = "" if run.steps_per_epoch == 1 else " A few points of a batch may lie closer to it."
    return (
        " On all training points together no straight line gets below "
        f"{exactly(run.optimum_loss)}: that is the noise in the data.{less}"
    )


def _parameters(run: TrainingRun) -> Chart:
    names = list(run.parameters)
    return Chart(
        "parameters",
        "Parameters",
        f"{listed(names)} on their way.{_lines_across(run)}",
        " ".join(_span(name, values) for name, values in run.parameters.items()),
        tuple(Line(name, values) for name, values in run.parameters.items()),
        tuple(level for name in names for level in _levels(run, name)),
        last=run.steps,
        unit=_unit(run),
    )


def _lines_across(run: TrainingRun) -> str:
    true = " The dotted lines are the true values that made the data." if run.truth else ""
    if not run.optimum:
        return true
    end = "ends at" if run.steps_per_epoch == 1 else "stays around"
    return (
        f"{true} The dashed ones are the best fit to these noisy points, by least squares; "
        f"training that converges {end} it."
    )


def _levels(run: TrainingRun, name: str) -> Iterator[Level]:
    """The true value and the best fit: the names of two that lie close keep to opposite sides."""
    truth, best = run.truth.get(name), run.optimum.get(name)
    if truth is not None:
        higher = run.parameters[name][-1] if best is None else best
        yield Level(f"true {name}", truth, below=higher > truth)
    if best is not None:
        yield Level(
            f"best fit of {name}", best, below=truth is not None and best < truth, best=True
        )


def _gradients(run: TrainingRun) -> Chart:
    sizes = {name: [abs(value) for value in values] for name, values in run.gradients.items()}
    return Chart(
        "gradients",
        "Gradients",
        f"The size of each gradient right after backward, on a logarithmic scale. {_why(run)}",
        " ".join(_span(f"size of {name}.grad", values) for name, values in sizes.items()),
        tuple(Line(f"|{name}.grad|", values) for name, values in sizes.items()),
        logarithmic=True,
        last=run.steps,
        unit=_unit(run),
    )


def _why(run: TrainingRun) -> str:
    if run.steps_per_epoch > 1:
        return "Each batch has points of its own and pulls its own way, even at the best fit."
    return "While training converges they shrink, down to where float32 runs out of digits."


def _span(name: str, values: Sequence[float]) -> str:
    finite = [value for value in values if isfinite(value)]
    if not finite:
        return f"{name} was never a finite number."
    if len(values) == 1:
        return f"{name} was {number(finite[0])}."
    broke = "" if isfinite(values[-1]) else ", and then to no finite number"
    return f"{name} went from {number(finite[0])} to {number(finite[-1])}{broke}."


def table(chart: Chart, written: Callable[[float], str] = number) -> Table:
    """The lines in numbers, at a few places from first to last."""
    known = [dict(line.points) for line in chart.lines]
    places = sorted(set().union(*known))
    rows = [
        (f"{place:,}", *(written(line[place]) if place in line else "" for line in known))
        for place in (places[row] for row in rows_of(len(places)))
    ]
    return Table((chart.unit, *(line.name for line in chart.lines)), tuple(rows))


def rows_of(length: int) -> list[int]:
    """Places all along a list, the first and the last one among them."""
    step = max(1, -(-(length - 1) // (MOST_ROWS - 1)))
    return sorted({*range(0, length, step), length - 1})
