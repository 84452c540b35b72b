"""Why training ends at the best fit and not at the true values, in this run's own numbers."""

from __future__ import annotations

from dataclasses import dataclass

from graphview.model.recording import Recording
from graphview.model.run import LossSurface, TrainingRun
from graphview.report.numbers import listed, number
from graphview.report.verdict import CLOSE

# The losses at the two places differ late.
DIGITS = 6


@dataclass(frozen=True, slots=True)
class Passage:
    title: str
    text: tuple[str, ...]


def arrival(recording: Recording) -> Passage | None:
    """The passage; None where training has not arrived, or the truth is not known."""
    run, surface = recording.run, recording.surface
    if run is None or surface is None or not run.truth or not _arrived(run):
        return None
    names = surface.names
    if not set(names) <= run.truth.keys() & run.parameters.keys():
        return None
    ends = listed([number(run.parameters[name][-1]) for name in names])
    truth = listed([f"{run.truth[name]:g}" for name in names])
    return Passage(
        f"Why training stops at {ends} and not at {truth}", tuple(_text(run, surface, ends, truth))
    )


def _arrived(run: TrainingRun) -> bool:
    away = [abs(run.parameters[name][-1] - best) for name, best in run.optimum.items()]
    return bool(away) and max(away) <= CLOSE


def _text(run: TrainingRun, surface: LossSurface, ends: str, truth: str) -> list[str]:
    points = run.counts.get("training")
    on = f"On these {points:,} points" if points else "On the training points"
    first, second = surface.names
    at_truth = surface.at(run.truth[first], run.truth[second])
    return [
        f"{on} the loss at the true values, {truth}, is {at_truth:.{DIGITS}f}. At {ends} it is "
        f"{surface.lowest:.{DIGITS}f}, which is less. Training makes the loss small; of the true "
        "values it knows nothing.",
        "The points were made with noise, and by chance it tilts them a little. The line that "
        "fits them best is tilted with them. Least squares, which computes the best line "
        "directly, finds the same two numbers, so there is nothing left for training to do. More "
        "points would bring them closer to the truth: their noise would cancel out better.",
    ]
