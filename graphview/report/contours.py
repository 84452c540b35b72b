"""Contours of a quadratic loss: ellipses, exactly, at round levels."""

from __future__ import annotations

import math
from collections.abc import Iterator

from graphview.model.run import LossSurface
from graphview.report.axes import STEPS, linear_axis

AROUND = 96
MOST_LEVELS = 6
FEW = 3
# Below the highest level; curves of lower ones are dots.
POWERS = 5
Point = tuple[float, float]


def levels(lowest: float, highest: float) -> list[float]:
    """Round losses between the two, the highest first: by factors, or by steps where few fit."""
    found = [level for level in _by_factors(highest) if lowest < level < highest]
    if len(found) < FEW:
        ticks = linear_axis([lowest, highest]).ticks
        return [level for level, _ in reversed(ticks) if lowest < level < highest]
    return found[:: math.ceil(len(found) / MOST_LEVELS)]


def _by_factors(highest: float) -> Iterator[float]:
    if highest <= 0:
        return
    top = math.floor(math.log10(highest))
    for power in range(top, top - POWERS, -1):
        yield from (float(f"{factor}e{power}") for factor in reversed(STEPS))


def ellipse(surface: LossSurface, level: float) -> Iterator[Point]:
    """Points all around where the loss is `level`; none below the lowest loss.

    With the hessian's eigenvalues k and axes e, these are centre + √(2·(level − lowest)/k)·e.
    """
    above = level - surface.lowest
    flat, steep = curvatures(surface)
    if above <= 0 or flat <= 0:
        return
    (uu, uv), (_, vv) = surface.hessian
    turn = 0.5 * math.atan2(2 * uv, uu - vv)
    for step in range(AROUND):
        angle = 2 * math.pi * step / AROUND
        u = math.sqrt(2 * above / steep) * math.cos(angle)
        v = math.sqrt(2 * above / flat) * math.sin(angle)
        yield (
            surface.centre[0] + u * math.cos(turn) - v * math.sin(turn),
            surface.centre[1] + u * math.sin(turn) + v * math.cos(turn),
        )


def curvatures(surface: LossSurface) -> tuple[float, float]:
    """The hessian's eigenvalues: along the valley, and across it."""
    (uu, uv), (_, vv) = surface.hessian
    middle, apart = (uu + vv) / 2, math.hypot((uu - vv) / 2, uv)
    return middle - apart, middle + apart
