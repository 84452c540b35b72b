"""Axes of a chart: where they begin and end, the round numbers on them, and the way to a place."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

# Beyond these, differences and quotients of floats overflow or vanish.
LARGEST, SMALLEST = 1e150, 1e-150
# A share of a step that is no more than rounding.
NEARLY = 1e-6
# Values closer than this factor have ticks between the powers of ten too.
NARROW = 30
STEPS = (1, 2, 5)
# The most powers of ten with a tick, less one.
MOST_POWERS = 5
WIDE = 480
LONG = re.compile(r"-?\d{5,}")
Place = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Tick:
    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Axis:
    """From `low` to `high`, with the values that have a number."""

    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]


def linear_axis(values: Sequence[float]) -> Axis:
    """Begins and ends with a tick."""
    low, high = spread(values)
    step = nice((high - low) / 4)
    # Whole multiples of the step: 0 is 0, and not 1e-16.
    first, last = math.floor(low / step + NEARLY), math.ceil(high / step - NEARLY)
    places = [i * step for i in range(first, last + 1)]
    return Axis(places[0], places[-1], tuple(zip(places, labels(places), strict=True)))


def logarithmic_axis(values: Sequence[float]) -> Axis:
    """Begins and ends with 1, 2 or 5 times a power of ten."""
    low, high = _below(min(values)), _above(max(values))
    if low == high:
        high = _above(high * 1.5)
    powers = range(_power_of(low), _power_of(high) + 1)
    if high <= low * NARROW:
        ticks = [(m, power) for power in powers for m in STEPS]
    else:
        step = math.ceil((len(powers) - 1) / MOST_POWERS)
        ticks = [(1, power) for power in powers[::step]]
    shown = [tick for tick in ticks if low <= _round(*tick) <= high]
    # One form for all of an axis.
    plain = all(-3 <= power <= 3 for _, power in shown)
    return Axis(low, high, tuple((_round(*tick), _written(*tick, plain=plain)) for tick in shown))


def scale(low: float, high: float, start: float, end: float, *, logarithmic: bool = False) -> Place:
    """From a value to its place between `start` and `end`."""

    def place(value: float) -> float:
        if logarithmic:
            share = math.log(value / low) / math.log(high / low)
        else:
            share = (value - low) / (high - low)
        return round(start + share * (end - start), 1)

    return place


def spread(values: Sequence[float]) -> tuple[float, float]:
    """Least and greatest; apart even where all are the same, but for the last digits."""
    low, high = min(values), max(values)
    if high - low > max(1e-9 * abs(low), 1e-9 * abs(high), SMALLEST):
        return low, high
    margin = max(1.0, abs(low) / 2)
    return low - margin, high + margin


def showable(value: float, logarithmic: bool) -> bool:
    """Whether an axis can hold the value."""
    return SMALLEST <= value <= LARGEST if logarithmic else abs(value) <= LARGEST


def nice(rough: float) -> float:
    """The next round step: 1, 2, 2.5 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.999)


def labels(places: Sequence[float]) -> list[str]:
    """For an axis: `0.5`, `−2`, `2.5e38`; with as many digits as the places need."""
    near = (places[1] - places[0]) / 100 if len(places) > 1 else abs(places[0]) / 100
    texts: list[str] = []
    for digits in range(6, 18):
        texts = [f"{place:.{digits}g}" for place in places]
        if all(abs(float(text) - p) <= near for text, p in zip(texts, places, strict=True)):
            break
    # Five digits and more are read in threes.
    texts = [f"{int(text):,}" if LONG.fullmatch(text) else text for text in texts]
    return [text.replace("-", "−").replace("e+", "e") for text in texts]


def counts(last: int, width: int) -> list[int]:
    """Round numbers from 0 on, as many as have room."""
    if last < 1:
        return [0]
    step = max(1, round(nice(last / (5 if width >= WIDE else 2))))
    return list(range(0, last + 1, step))


def count(value: int) -> str:
    """`1,000`, and `200k` from 100,000 on."""
    return f"{value:,}" if value < 100_000 else f"{value / 1000:,g}k"


def _below(value: float) -> float:
    return max(r for r in _near(value) if r <= value * (1 + NEARLY))


def _above(value: float) -> float:
    return min(r for r in _near(value) if r >= value * (1 - NEARLY))


def _near(value: float) -> list[float]:
    power = math.floor(math.log10(value))
    return [_round(m, p) for p in (power - 1, power, power + 1) for m in STEPS]


def _round(factor: int, power: int) -> float:
    """As Python reads it: a product would miss some by their last digit."""
    return float(f"{factor}e{power}")


def _power_of(value: float) -> int:
    return math.floor(math.log10(value) + NEARLY)


def _written(factor: int, power: int, *, plain: bool) -> str:
    if plain or power == 0:
        return f"{_round(factor, power):g}"
    ten = "10" + str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return ten if factor == 1 else f"{factor}·{ten}"
