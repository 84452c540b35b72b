"""Where edges end that arrive at one box: side by side, in the order in which they come."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from math import inf

from graphview.draw.layout.problem import RANK_GAP, Curve, Edge, Placement, Problem, straight

# In points: between two arrowheads, where there is room, and at least.
LANDING, LEAST_LANDING = 10.0, 8.0


def spread(problem: Problem, placement: Placement) -> Placement:
    """Move the ends of edges that arrive at one port of a box apart; one that is straight stays."""
    curves = list(placement.curves)
    for (head, _), places in _arriving(problem.edges).items():
        if len(places) > 1 and (room := problem.boxes[head].room):
            places.sort(key=lambda place: _turn(curves[place]))
            turns = [_turn(curves[place]) for place in places]
            steady = [n for n, turn in enumerate(turns) if turn == 0]
            centre = float(steady[0]) if len(steady) == 1 else (len(places) - 1) / 2
            shifts = _shifts(len(places), centre, room)
            _straighten(shifts, turns, room)
            for place, by in zip(places, shifts, strict=True):
                curves[place] = _ending(curves[place], by)
    return replace(placement, curves=tuple(curves))


def _arriving(edges: tuple[Edge, ...]) -> dict[tuple[int, int], list[int]]:
    """The places of the edges that arrive at each port of a box."""
    found: dict[tuple[int, int], list[int]] = defaultdict(list)
    for place, edge in enumerate(edges):
        if edge.head >= 0:
            found[edge.head, edge.head_port].append(place)
    return found


def _turn(curve: Curve) -> float:
    """How far right of its end an edge comes from."""
    end = curve[-1][0]
    return next((x - end for x, _ in reversed(curve) if x != end), 0.0)


def _shifts(count: int, centre: float, room: float) -> list[float]:
    """How far right of the port each edge ends: number `centre` at it, where the room allows that.

    If there are too many for the room, neighbours share a place.
    """
    half, most = room / 2, int(room / LEAST_LANDING) + 1
    shared = max(count / most, 1.0)
    gap = min(room / max(min(count, most) - 1, 1), LANDING)
    slots = [int(number / shared) for number in range(count)]
    first = max(min(-centre / shared * gap, half - slots[-1] * gap), -half)
    return [first + gap * slot for slot in slots]


def _straighten(shifts: list[float], turns: list[float], room: float) -> None:
    """Let an edge that comes from right above go straight down, where its neighbours allow it."""
    for n, turn in enumerate(turns):
        left = shifts[n - 1] if n > 0 else -inf
        right = shifts[n + 1] if n + 1 < len(shifts) else inf
        if abs(turn) <= room / 2 and left + LEAST_LANDING <= turn <= right - LEAST_LANDING:
            shifts[n] = turn


def _ending(curve: Curve, by: float) -> Curve:
    """The curve with its end so much further right: it turns there where it turned before."""
    *before, (x0, y0), (x1, y1), (x2, y2), (x3, y3) = curve
    if by == 0:
        return curve
    if x0 != x3:
        return (*before, (x0, y0), (x1, y1), (x2 + by, y2), (x3 + by, y3))
    if y3 - y0 < RANK_GAP and before:
        # Beside taller boxes straight down: the turn is right above.
        *before, (x, y) = before
        return (*before, (x + by, y), (x0 + by, y0), (x1 + by, y1), (x2 + by, y2), (x3 + by, y3))
    turn = max(y0, y3 - RANK_GAP)
    way = straight((x0, y0), (x0, turn))[:3] if turn > y0 else ()
    return (*before, *way, *straight((x0, turn), (x3 + by, y3)))
