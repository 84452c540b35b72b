"""Why training ends at the best fit and not at the true values, in this run's own numbers."""

from __future__ import annotations

from dataclasses import dataclass

from graphview.model.recording import Recording
from graphview.model.run import TrainingRun
from graphview.report.numbers import listed, number
from graphview.report.verdict import CLOSE

# The losses at the two places differ late.
DIGITS = 6
TRAINING = "Training makes the loss small; of the true values it knows nothing."
NOISE = (
    "The points were made with noise, and by chance it tilts them a little. The line that fits "
    "them best is tilted with them: part of what it fits is the noise."
)
MORE = (
    "More points would usually bring them closer to the truth: the more there are, the better "
    "their noise cancels out."
)


@dataclass(frozen=True, slots=True)
class Passage:
    title: str
    text: tuple[str, ...]


def arrival(recording: Recording) -> Passage | None:
    """The passage; None where training has not arrived, or the truth is not known or no worse."""
    run, surface = recording.run, recording.surface
    if run is None or surface is None or not _arrived(run):
        return None
    if not set(surface.names) <= run.truth.keys() & run.parameters.keys() & run.optimum.keys():
        return None
    ends = {name: run.parameters[name][-1] for name in surface.names}
    truth = {name: run.truth[name] for name in surface.names}
    # Rounded as they will be read.
    at_ends, at_truth = (f"{surface.at(*place.values()):.{DIGITS}f}" for place in (ends, truth))
    if float(at_ends) >= float(at_truth):
        return None
    end, true = _numbers(ends), listed([f"{value:g}" for value in truth.values()])
    least_squares = _numbers({name: run.optimum[name] for name in surface.names})
    return Passage(
        f"Why training stops at {end} and not at {true}",
        (
            f"{_on(run)} the loss at the true values, {true}, is {at_truth}. At {end} it is "
            f"{at_ends}, which is less. {TRAINING}",
            f"{NOISE} {_exact(least_squares, end)} {MORE}",
        ),
    )


def _numbers(values: dict[str, float]) -> str:
    return listed([number(value) for value in values.values()])


def _on(run: TrainingRun) -> str:
    points = run.counts.get("training")
    return f"On these {points:,} points" if points else "On the training points"


def _arrived(run: TrainingRun) -> bool:
    """Batches keep the parameters jumping, so that such a run is never quite there."""
    away = [abs(run.parameters[name][-1] - best) for name, best in run.optimum.items()]
    return run.steps_per_epoch == 1 and bool(away) and max(away) <= CLOSE


def _exact(best: str, ends: str) -> str:
    least = "Least squares, which computes the best line directly, finds"
    if best == ends:
        return f"{least} the same numbers, so there is nothing left for training to do."
    return f"{least} {best}, so there is hardly anything left for training to do."
