"""How long training took."""

from __future__ import annotations

from statistics import median

from graphview.model.run import TrainingRun


def epoch_seconds(run: TrainingRun) -> float:
    """The median over the epochs; each is the sum of its steps."""
    each = run.steps_per_epoch
    return median(
        sum(run.seconds[start : start + each]) for start in range(0, len(run.seconds), each)
    )
