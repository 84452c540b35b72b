"""What this is and whether it is well: the strip at the top of the page."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

from graphview.model.graph import counted
from graphview.model.recording import Recording
from graphview.model.run import TrainingRun
from graphview.report.badge import Badge
from graphview.report.duration import epoch_seconds
from graphview.report.numbers import listed, number, seconds

# Half a unit of the last of the four decimals that the page shows, ten times over.
CLOSE = 5e-4


def badges(recording: Recording) -> list[Badge]:
    """The badges in the order of their weight."""
    return [*_reached(recording), *_learned(recording.run), *_spent(recording)]


def _reached(recording: Recording) -> Iterator[Badge]:
    if not recording.graphs or recording.run is None:
        return
    name, graph = list(recording.graphs.items())[-1]
    leaves = {leaf.name for leaf in graph.leaves}
    missing = [parameter for parameter in recording.run.parameters if parameter not in leaves]
    if missing:
        yield Badge("attention", "gradient", f"none from {name} to {listed(missing)}")
    else:
        reached = listed(list(recording.run.parameters))
        yield Badge("good", "gradient", f"of {name} reaches {reached}")


def _learned(run: TrainingRun | None) -> Iterator[Badge]:
    if run is None or not run.optimum:
        return
    final = {name: run.parameters[name][-1] for name in run.optimum}
    away = max(abs(final[name] - best) for name, best in run.optimum.items())
    values = ", ".join(f"{name} = {number(value)}" for name, value in final.items())
    # max passes over a NaN that does not come first.
    if not all(map(isfinite, final.values())):
        yield Badge("attention", "learned", f"{values}: the training diverged")
    elif away <= CLOSE:
        yield Badge("good", "learned", f"{values}: the least-squares answer")
    else:
        best = ", ".join(f"{name} = {number(value)}" for name, value in run.optimum.items())
        yield Badge("attention", "learned", f"{values}: not there yet, least squares gives {best}")


def _spent(recording: Recording) -> Iterator[Badge]:
    run, environment = recording.run, recording.environment
    where = f"{environment.device} ({environment.device_name})"
    if run is None:
        yield Badge("fact", "device", where)
        return
    each = f"{seconds(epoch_seconds(run))}{' each' if run.epochs > 1 else ''}"
    yield Badge("fact", "training", f"{counted(run.epochs, 'epoch')} on {where}, {each}")
