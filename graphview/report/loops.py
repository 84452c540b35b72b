"""The loops written by hand, side by side: up to the main run, which is the one that arrives."""

from __future__ import annotations

from math import isfinite

from graphview.model.recording import Recording
from graphview.model.run import TrainingRun
from graphview.report.charts import Chart, Line
from graphview.report.numbers import number
from graphview.report.plane import Plane, plane
from graphview.report.training import Figure, figure

# Four of them stand side by side.
SMALL = 320, 250


def loops(recording: Recording) -> tuple[TrainingRun, ...]:
    """The runs up to and including the main one; none where there is only that one."""
    names = [run.name for run in recording.runs]
    if recording.main not in names[1:]:
        return ()
    return recording.runs[: names.index(recording.main) + 1]


def loop_figures(recording: Recording) -> list[Figure]:
    """The loss of each loop, all on the same axes."""
    runs = loops(recording)
    bounds = tuple(value for run in runs for value in run.loss if isfinite(value) and value > 0)
    last = max((run.steps for run in runs), default=0)
    edges = (min(bounds), max(bounds)) if bounds else ()
    return [figure(_chart(place, run, edges, last)) for place, run in enumerate(runs, 1)]


def _chart(place: int, run: TrainingRun, bounds: tuple[float, ...], last: int) -> Chart:
    said = _fate(run)
    return Chart(
        f"loop-{place}",
        f"{place}. {run.name.capitalize()}",
        said,
        f"Loss of the loop {run.name}. {said}",
        (Line("loss", run.loss),),
        logarithmic=True,
        last=last,
        bounds=bounds,
        stopped=run.failed,
        size=SMALL,
    )


def _fate(run: TrainingRun) -> str:
    if run.failed:
        return f"Stops at once: {run.failed}."
    first, final = run.loss[0], run.loss[-1]
    if not isfinite(final):
        return "Runs away: the loss is no finite number any more."
    best = min(value for value in run.loss if isfinite(value))
    between = f"from {number(first)} to {number(final)}"
    if final > 2 * best:
        worst = max(value for value in run.loss[len(run.loss) // 2 :] if isfinite(value))
        return (
            f"Goes {between}, and never settles: in its second half it still rises to "
            f"{number(worst)}."
        )
    return f"Falls {between} and stays there." if final < first else f"Goes {between}."


def loop_plane(recording: Recording) -> Plane | None:
    """The loops' ways across the plane of the two parameters."""
    runs = loops(recording)
    if recording.surface is None or not runs:
        return None
    return plane(recording.surface, runs)


def plane_rows(recording: Recording) -> tuple[tuple[str, ...], ...]:
    """The same in numbers: where each loop began and ended."""
    names = recording.surface.names if recording.surface else ()
    return tuple(
        (run.name, *(number(run.parameters[name][at]) for at in (0, -1) for name in names))
        for run in loops(recording)
        if all(name in run.parameters for name in names)
    )
