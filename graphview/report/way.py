"""The loops' ways across the plane of two parameters: the drawing, its words and its numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from graphview.model.recording import Recording
from graphview.model.run import LossSurface, TrainingRun
from graphview.report.contours import curvatures
from graphview.report.fate import fate
from graphview.report.loops import loops
from graphview.report.numbers import listed, number
from graphview.report.plane import Plane, Trail, plane, reaches_map
from graphview.report.training import Table

# Curves so much longer than wide are called a valley.
LONG = 2
# On the map; nobody sees whether a path that ends this close is quite there.
CLOSE = 8
# Of one loop, and of several.
SAID = {
    "broke off": ("breaks off at the cross", "break off at the crosses"),
    "ran away": ("runs away, off the map", "run away, off the map"),
    "on its way": ("has not arrived at the best fit", "have not arrived at the best fit"),
}
VALLEY = {
    "arrived": (
        "drops into the valley, then creeps along its floor to the best fit",
        "drop into the valley, then creep along its floor to the best fit",
    ),
    "swings": (
        "rolls through the valley and up its other side, again and again",
        "roll through the valley and up its other side, again and again",
    ),
}
BOWL = {
    "arrived": ("goes to the best fit and stays there", "go to the best fit and stay there"),
    "swings": ("swings about the best fit", "swing about the best fit"),
}


@dataclass(frozen=True, slots=True)
class Way:
    """The plane, what to see on it, the same for those who cannot, and where each loop ended."""

    plane: Plane
    caption: str
    summary: str
    table: Table


def loop_plane(recording: Recording) -> Way | None:
    """None without loops to compare or without the surface that they move on."""
    surface = recording.surface
    if surface is None:
        return None
    runs = [run for run in loops(recording) if reaches_map(surface, run)]
    drawn = plane(surface, runs)
    if drawn is None:
        return None
    told = " ".join(_told(drawn, surface, runs))
    return Way(
        drawn,
        f"{_ground(drawn, surface)} {told}",
        _summary(surface, runs, told),
        _table(surface, runs),
    )


def _ground(drawn: Plane, surface: LossSurface) -> str:
    first, second = surface.names
    if not drawn.contours:
        return f"Every place is a pair of {first} and {second}, both on the same scale."
    centre = "a long valley whose lowest point is" if _is_long(surface) else "a bowl around"
    return (
        f"Every place is a pair of {first} and {second}, both on the same scale. Each curve joins "
        f"the places with the same loss, which is written on it; together they show {centre} the "
        "best fit. Following a gradient leads straight across the curves."
    )


def _is_long(surface: LossSurface) -> bool:
    flat, steep = curvatures(surface)
    return flat > 0 and math.sqrt(steep / flat) > LONG


def _told(drawn: Plane, surface: LossSurface, runs: Sequence[TrainingRun]) -> Iterator[str]:
    """What each loop does; those with the same end in one sentence."""
    best = next(mark.at for mark in drawn.marks if mark.kind == "best")
    ends: dict[str, list[str]] = {}
    for run, trail in zip(runs, drawn.trails, strict=True):
        ends.setdefault(_end(run, trail, best), []).append(run.name)
    said = VALLEY if _is_long(surface) else BOWL
    for end, names in ends.items():
        one, several = said.get(end) or SAID[end]
        yield f"{_capital(listed(names))} {one if len(names) == 1 else several}."
    for run, trail in zip(runs, drawn.trails, strict=True):
        if trail.drawn:
            yield (
                f"Of {run.name}, only the first {trail.drawn} of {run.epochs:,} epochs are drawn: "
                "more of its path would hide the map."
            )


def _end(run: TrainingRun, trail: Trail, best: tuple[float, float]) -> str:
    ended = fate(run)
    if trail.lost or ended == "ran away":
        return "ran away"
    arrived = ended == "settled" and math.dist(trail.end, best) < CLOSE
    return "arrived" if arrived else "on its way" if ended == "settled" else ended


def _summary(surface: LossSurface, runs: Sequence[TrainingRun], told: str) -> str:
    first, second = surface.names
    best = listed([number(value) for value in surface.centre])
    ways = " ".join(
        f"{run.name}: from {listed(_values(surface, run, 0))} to "
        f"{listed(_values(surface, run, -1))}."
        for run in runs
    )
    return (
        f"A map with {first} to the right and {second} upwards. Curves of equal loss lie around "
        f"the best fit, {best}. {told} {ways}"
    )


def _table(surface: LossSurface, runs: Sequence[TrainingRun]) -> Table:
    head = [f"{when} {name}" for when in ("first", "last") for name in surface.names]
    rows = ((run.name, *_values(surface, run, 0), *_values(surface, run, -1)) for run in runs)
    return Table(("", *head), tuple(rows))


def _values(surface: LossSurface, run: TrainingRun, at: int) -> list[str]:
    return [number(run.parameters[name][at]) for name in surface.names]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
