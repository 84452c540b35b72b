"""A program's training: its losses, norms, rates, times and sizes by step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import isfinite
from statistics import median

from graphview.model.graph import counted
from graphview.model.journal import Journal, Series, Site
from graphview.report.curves import curves, scaled, span
from graphview.report.growth import growing
from graphview.report.missing import place_of
from graphview.report.numbers import UNITS, number, percent, seconds, size
from graphview.report.training import Figure, Table

# Places where backward starts with a chart of their own; the table tells of all.
MOST_SITES = 6
Fact = tuple[str, str]
ALIVE = (
    "Something probably keeps the graph of earlier steps alive: a sum of losses (add "
    "loss.item() instead), or a hidden state that goes from step to step (detach it)."
)


def figures(journal: Journal) -> list[Figure]:
    """Everything that changes from step to step, as charts."""
    return [figure for figure in _figures(journal) if figure is not None]


def _figures(journal: Journal) -> Iterator[Figure | None]:
    last = max(journal.steps - 1, 0)
    yield from _losses(journal, last)
    yield curves(
        "gradients",
        "Gradient norms",
        f"Euclidean norms of the gradients{_when(journal, 'at each update')}."
        f"{_whose(journal, journal.gradient_norms)}",
        journal.gradient_norms,
        last,
    )
    yield curves(
        "parameters",
        "Parameter norms",
        f"Euclidean norms of the parameters{_when(journal, 'after each update')}."
        f"{_whose(journal, journal.parameter_norms)}",
        journal.parameter_norms,
        last,
    )
    if not all(map(_is_constant, journal.learning_rates)):
        caption = "What the optimizer multiplies each of its steps by."
        rates = journal.learning_rates
        yield curves(
            "rates", "Learning rate", caption, rates, last, logarithmic=False, written=rate
        )
    yield _sizes(journal, last)
    yield _seconds(journal, last)
    yield _memory(journal, last)


def facts(journal: Journal) -> list[Fact]:
    """What the charts don't show: counts, settings, and the cost of watching."""
    found = [("steps", f"{journal.steps:,}"), ("updates", f"{journal.updates:,}")]
    found += [("optimizer", text) for text in journal.optimizers]
    constant = {one.values[0] for one in journal.learning_rates if one.values and _is_constant(one)}
    if len(constant) == 1 and all(map(_is_constant, journal.learning_rates)):
        found.append(("learning rate", f"{rate(constant.pop())}, all along"))
    if times := [value for value in journal.seconds.values if isfinite(value)]:
        found.append(("time for a step", f"{seconds(median(times))}, the median"))
    if memory := [value for value in journal.memory.values if isfinite(value)]:
        of = f" ({journal.memory_of})" if journal.memory_of else ""
        found.append(("most memory", f"{size(round(max(memory)))}{of}"))
    if journal.watched > 0:
        cost = percent(min(journal.watching / journal.watched, 1.0))
        found.append(("watching", f"graphview took {cost} of {seconds(journal.watched)}"))
    return found


def places(journal: Journal) -> Table | None:
    """Where backward starts; None where it never does."""
    rows = [
        (
            site.name,
            f"{'backward' if site.call == 'backward' else 'autograd.grad'}",
            place_of(site.source) or "unknown",
            f"{site.calls:,}",
            _extent(site.nodes),
        )
        for site in journal.sites
    ]
    return (
        Table(("", "call", "place", "times", "nodes in the graph"), tuple(rows)) if rows else None
    )


def kept(journal: Journal | None) -> dict[str, str]:
    """By the name of a graph: where backward started from it, how often, and when it was kept."""
    sites = journal.sites if journal is not None else ()
    return {site.graph: _kept(site) for site in sites if site.graph is not None}


def rate(value: float) -> str:
    """Rates are round numbers: `0.001`, `3e-05`."""
    return f"{value:.6g}"


def _kept(site: Site) -> str:
    call = "backward" if site.call == "backward" else "torch.autograd.grad"
    where = f" at {place_of(site.source)}" if site.source else ""
    if site.calls == 1:
        return f"{call}{where}, called once"
    step = f"; this is its graph in step {site.kept:,}" if site.kept is not None else ""
    return f"{call}{where}, called {site.calls:,} times{step}"


def _losses(journal: Journal, last: int) -> Iterator[Figure | None]:
    """A chart for each place; where there is but one, with validation in it."""
    told = [site for site in journal.sites if site.loss.values]
    ranked = sorted(told, key=lambda site: -site.calls)[:MOST_SITES]
    chosen = [site for site in told if site in ranked]
    together = len(chosen) == 1
    for number_, site in enumerate(chosen):
        series = [replace(site.loss, name=site.name), *(journal.validation if together else ())]
        yield curves(
            f"loss-{number_}",
            "Loss" if site.name == "loss" else site.name,
            _went(series, site),
            series,
            last,
        )
    if not together:
        caption = "Computed where no gradient was wanted, so by all appearances for validation."
        yield curves("validation", "Validation", caption, journal.validation, last)


def _went(series: Sequence[Series], site: Site) -> str:
    step = "in each step" if site.calls > 1 else "in its one step"
    validation = " Validation is what was computed without gradients." if len(series) > 1 else ""
    return f"Its value {step}. {span(series[0])}{validation}"


def _when(journal: Journal, at_update: str) -> str:
    return f" {at_update}" if journal.updates else " after each backward"


def _whose(journal: Journal, norms: Sequence[Series]) -> str:
    """Of what they are told: of groups as a whole, and of the parameters that are followed."""
    groups = {rate.name for rate in journal.learning_rates}
    whole = sum(one.name in groups for one in norms) if journal.updates else 1
    single = len(norms) - whole
    if single < 1:
        return ""
    if not journal.updates:
        start = "all leaves together"
    else:
        start = "the optimizer as a whole" if whole == 1 else f"{whole:,} groups as a whole"
    return f" Told are those of {start}, then the {single:,} largest of single parameters."


def _sizes(journal: Journal, last: int) -> Figure | None:
    """The graph's size, where it changes."""
    changing = [site for site in journal.sites if not _is_constant(site.nodes)]
    grown = growing(journal)
    caption = f"Nodes in the graph from which backward starts. {_grown(grown)}".strip()
    series = [replace(site.nodes, name=site.name) for site in [*grown, *changing]]
    return curves(
        "sizes",
        "Size of the graph",
        caption,
        list({one.name: one for one in series}.values()),
        last,
        written=_whole,
        logarithmic=False,
    )


def _grown(sites: Sequence[Site]) -> str:
    if not sites:
        return "It changes and does not keep growing."
    first, last = (_whole(sites[0].nodes.values[place]) for place in (0, -1))
    return f"That of {sites[0].name} grows all along, from {first} to {last} nodes. {ALIVE}"


def _seconds(journal: Journal, last: int) -> Figure | None:
    times = [value for value in journal.seconds.values if isfinite(value)]
    if not times:
        return None
    unit, factor = _unit_of(median(times))
    return curves(
        "seconds",
        f"Time for a step, {unit}",
        f"From one step to the next, watching not counted: {seconds(median(times))} in the median.",
        [replace(scaled(journal.seconds, factor), name="time")],
        last,
    )


def _memory(journal: Journal, last: int) -> Figure | None:
    held = [value for value in journal.memory.values if isfinite(value)]
    if not held or _is_constant(journal.memory):
        return None
    unit, factor = next(((u, f) for u, f in UNITS if max(held) >= f), ("bytes", 1))
    of = f" ({journal.memory_of})" if journal.memory_of else ""
    return curves(
        "memory",
        f"Memory, {unit}",
        f"The most that was held up to each step{of}, {size(round(max(held)))} in the end.",
        [replace(scaled(journal.memory, factor), name="memory")],
        last,
        logarithmic=False,
    )


def _unit_of(value: float) -> tuple[str, float]:
    units = (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6))
    return next(((unit, factor) for unit, factor in units if value >= factor), units[-1])


def _extent(nodes: Series) -> str:
    if not nodes.values:
        return "unknown"
    least, greatest = min(nodes.values), max(nodes.values)
    return _whole(least) if least == greatest else f"{_whole(least)} to {_whole(greatest)}"


def _whole(value: float) -> str:
    return f"{value:,.0f}" if isfinite(value) else number(value)


def _is_constant(series: Series) -> bool:
    return len(set(series.values)) <= 1


def notes(journal: Journal) -> list[str]:
    """Sentences: what was noted, and where backward starts too often to be shown."""
    hidden = sum(bool(site.loss.values) for site in journal.sites) - MOST_SITES
    more = [f"{counted(hidden, 'more place')} where backward starts have no chart."]
    return [*journal.notes, *(more if hidden > 0 else ())]
