"""The loops written by hand, side by side: up to the main run, which is the one that arrives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from graphview.model.recording import Recording
from graphview.model.run import TrainingRun
from graphview.report.axes import showable
from graphview.report.charts import Chart, Line
from graphview.report.fate import fate, later_half
from graphview.report.numbers import number
from graphview.report.plot import plot
from graphview.report.training import Figure, Table, rows_of, table

# Four of them stand side by side.
SMALL = 320, 250
# A loss that swings every few epochs can be followed no further in so little room.
SHOWN = 200
AT_ONCE = 2
MOST_LOOPS = 4
WORDS = {2: "two", 3: "three", 4: "four"}


@dataclass(frozen=True, slots=True)
class Loops:
    """The loops as small charts on the same scales; `note` says what is drawn of them."""

    title: str
    note: str
    figures: tuple[Figure, ...]


def loops(recording: Recording) -> tuple[TrainingRun, ...]:
    """The runs up to and including the main one; none where there is only that one."""
    names = [run.name for run in recording.runs]
    if recording.main not in names[1:]:
        return ()
    return recording.runs[: names.index(recording.main) + 1][-MOST_LOOPS:]


def side_by_side(recording: Recording) -> Loops | None:
    """The loss of each loop; None where there are no loops to compare."""
    runs = loops(recording)
    if not runs:
        return None
    longest, last = max(run.steps for run in runs), _last(runs)
    shown = [value for run in runs for value in run.loss[: last + 1] if showable(value, True)]
    bounds = (min(shown), max(shown)) if shown else ()
    drawn = f" Drawn are the first {last:,} of {longest:,} epochs." if last < longest else ""
    cross = " A cross is where a loop broke off." if any(run.failed for run in runs) else ""
    return Loops(
        f"The {WORDS[len(runs)]} loops side by side",
        f"The loss of each, all on the same scales.{drawn}{cross}",
        tuple(_figure(place, run, bounds, last) for place, run in enumerate(runs, 1)),
    )


def _last(runs: Sequence[TrainingRun]) -> int:
    """The last epoch to draw: of a loop that ended badly all of them."""
    longest = max(run.steps for run in runs)
    if any(run.steps > SHOWN and fate(run) in ("broke off", "ran away") for run in runs):
        return longest
    return min(longest, SHOWN)


def _figure(place: int, run: TrainingRun, bounds: tuple[float, ...], last: int) -> Figure:
    said = _told(run)
    whole = Chart(
        f"loop-{place}",
        f"{place}. {run.name.capitalize()}",
        said,
        f"Loss of the loop {run.name}. {said}",
        (Line("loss", run.loss),),
        logarithmic=True,
        last=last,
        bounds=bounds,
        stopped=run.failed,
        unit="epoch" if run.steps_per_epoch == 1 else "batch",
        size=SMALL,
    )
    part = replace(whole, lines=(Line("loss", run.loss[: last + 1]),))
    return Figure(part, plot(part), _stretches(run) if fate(run) == "swings" else table(whole))


def _stretches(run: TrainingRun) -> Table:
    """The extremes of each stretch: single values of a swing say little, or deceive."""
    unit = "epochs" if run.steps_per_epoch == 1 else "batches"
    starts = rows_of(run.steps)[:-1] or [0]
    rows = [
        (
            f"{start:,}–{end - 1:,}",
            number(min(run.loss[start:end])),
            number(max(run.loss[start:end])),
        )
        for start, end in pairwise([*starts, run.steps])
    ]
    return Table((unit, "least loss", "greatest loss"), tuple(rows))


def _told(run: TrainingRun) -> str:
    first, final = number(run.loss[0]), number(run.loss[-1])
    match fate(run):
        case "broke off":
            at_once = " at once" if run.steps <= AT_ONCE else f" after {run.steps:,} steps"
            return f"Stops{at_once}: {run.failed}."
        case "ran away":
            return "Runs away: the loss is no finite number any more."
        case "settled":
            return f"{_goes(run)} from {first} to {final} and stays there."
        case "swings":
            half = later_half(run)
            return (
                f"Never settles: in its second half it still swings between {number(min(half))} "
                f"and {number(max(half))}."
            )
        case "on its way":
            if run.steps == 1:
                return f"One epoch, with a loss of {first}."
            return f"{_goes(run)} from {first} to {final}, and has not settled yet."


def _goes(run: TrainingRun) -> str:
    return "Falls" if run.loss[-1] < run.loss[0] else "Goes"
