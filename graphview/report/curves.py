"""Series of a journal as charts: a few of them drawn, all of them in the table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite

from graphview.model.journal import Series
from graphview.report.charts import Chart, Line
from graphview.report.numbers import number
from graphview.report.plot import plot
from graphview.report.training import Figure, Table, table

# More lines in one chart can't be told apart.
MOST_LINES = 4
# Values closer than this factor are seen better on a linear scale.
WIDE = 3
Written = Callable[[float], str]


def curves(
    key: str,
    title: str,
    caption: str,
    series: Sequence[Series],
    last: int,
    *,
    written: Written = number,
    logarithmic: bool | None = None,
) -> Figure | None:
    """A chart of the series up to step `last`, the first four drawn; None where all are empty.

    Where all values are positive and far apart the scale is logarithmic, unless that is said;
    `written` writes a value. The caption goes on with what is drawn and on which scale.
    """
    told = [one for one in series if one.values]
    if not told:
        return None
    shown = told[:MOST_LINES]
    powers = spans_powers(shown) if logarithmic is None else logarithmic
    left = len(told) - len(shown)
    parts = [
        caption,
        "The scale is logarithmic." if powers else "",
        f"Drawn are the first {len(shown)} of these {len(told)}; the numbers tell of all."
        if left
        else "",
    ]
    chart = Chart(
        key,
        title,
        " ".join(filter(None, parts)),
        " ".join(span(one, written) for one in shown),
        tuple(Line(one.name, one.values, one.steps) for one in shown),
        logarithmic=powers,
        last=last,
        unit="step",
        legend="below",
    )
    return Figure(chart, plot(chart), _table(chart, told, written))


def spans_powers(series: Sequence[Series]) -> bool:
    """Whether every finite value is positive, and the greatest far above the least."""
    finite = [value for one in series for value in one.values if isfinite(value)]
    return bool(finite) and min(finite) > 0 and max(finite) >= WIDE * min(finite)


def span(series: Series, written: Written = number) -> str:
    """Where a series begins and ends, in a sentence."""
    finite = [value for value in series.values if isfinite(value)]
    if not finite:
        return f"{series.name} was never a finite number."
    if len(series.values) == 1:
        return f"{series.name} was {written(finite[0])}."
    broke = "" if isfinite(series.values[-1]) else ", and then to no finite number"
    return f"{series.name} went from {written(finite[0])} to {written(finite[-1])}{broke}."


def scaled(series: Series, factor: float) -> Series:
    """The same in another unit."""
    return Series(series.name, series.steps, tuple(value / factor for value in series.values))


def _table(chart: Chart, series: Sequence[Series], written: Written) -> Table:
    """Step by step where the same steps are known of all, else the ends and extremes of each."""
    together = len(series) <= MOST_LINES and len({one.steps for one in series}) == 1
    return table(chart, written) if together else _extremes(series, written)


def _extremes(series: Sequence[Series], written: Written) -> Table:
    head = ("", "at first", "least", "in step", "greatest", "in step", "at last")
    return Table(head, tuple(_row(one, written) for one in series))


def _row(series: Series, written: Written) -> tuple[str, ...]:
    finite = [
        (value, step)
        for step, value in zip(series.steps, series.values, strict=True)
        if isfinite(value)
    ]
    ends = written(series.values[0]), written(series.values[-1])
    if not finite:
        return series.name, ends[0], "", "", "", "", ends[1]
    least, greatest = min(finite), max(finite)
    return (
        series.name,
        ends[0],
        *(written(least[0]), f"{least[1]:,}"),
        *(written(greatest[0]), f"{greatest[1]:,}"),
        ends[1],
    )
