"""How a training run ended, read off its losses."""

from __future__ import annotations

from itertools import accumulate
from math import isfinite
from typing import Literal

from graphview.model.run import TrainingRun

Fate = Literal["broke off", "ran away", "settled", "swings", "on its way"]
# A loss that varies by a smaller share has come to rest; one that rises by a larger one swings.
CALM, AGAIN = 0.05, 0.5


def fate(run: TrainingRun) -> Fate:
    """What became of the loss, from its second half; a run of one step is on its way."""
    if run.failed:
        return "broke off"
    if not all(map(isfinite, run.loss)):
        return "ran away"
    half = later_half(run)
    if len(half) > 1 and max(half) - min(half) <= CALM * max(map(abs, half)):
        return "settled"
    lowest = accumulate(half, min)
    if any(loss - low > AGAIN * abs(low) for loss, low in zip(half, lowest, strict=True)):
        return "swings"
    return "on its way"


def later_half(run: TrainingRun) -> tuple[float, ...]:
    """The losses of the second half."""
    return run.loss[run.steps // 2 :]
