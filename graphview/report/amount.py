"""A tensor's numbers in words: the first and the mean, or all of them when they are few."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from graphview.model.backward import TensorValues
from graphview.report.numbers import number


@dataclass(frozen=True, slots=True)
class Amount:
    """`first` is the first number, `rest` says in words what the others are; `short` fits beside an
    arrow; `count` is how many numbers there are, `uniform` whether they are all the same.
    """

    first: str
    rest: str
    short: str
    count: int
    uniform: bool


def amount(values: TensorValues) -> Amount:
    """Tell a tensor's numbers."""
    count = prod(values.shape)
    uniform = values.least == values.greatest
    first = number(values.first[0])
    if count == 1:
        rest = ""
    elif uniform:
        rest = f" for each of the {count:,}"
    elif values.whole is not None:
        rest = f", the first of {listing(values.whole)}"
    else:
        rest = f" for the first of {count:,}, mean {number(values.mean)}"
    short = first if count == 1 else f"{first} …"
    return Amount(first, rest, short, count, uniform)


def listing(numbers: tuple[float, ...]) -> str:
    """`1.0000`, or `[1.0000, 2.0000]`."""
    inner = ", ".join(map(number, numbers))
    return inner if len(numbers) == 1 else f"[{inner}]"


def summary(values: TensorValues) -> str:
    """For a card: the numbers when they are few, else first row, mean and extremes."""
    if values.whole is not None:
        return listing(values.whole)
    more = ", …" if len(values.first) < values.shape[-1] else ""
    row = f"row [{', '.join(map(number, values.first))}{more}]"
    first = number(values.first[0]) if values.shape[-1] == 1 else row
    extremes = f"from {number(values.least)} to {number(values.greatest)}"
    return f"first {first}, mean {number(values.mean)}, {extremes}"


def times(value: float) -> str:
    """A number after a sign of multiplication: `(−1.0000)`."""
    text = number(value)
    return f"({text})" if text.startswith("−") else text
