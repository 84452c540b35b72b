"""A program's run as the page tells it: charts, facts, and how it ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite

from graphview.model.graph import counted
from graphview.model.journal import Journal
from graphview.model.recording import Recording
from graphview.model.step import Failure
from graphview.report import journal
from graphview.report.journal import Fact
from graphview.report.missing import Finding
from graphview.report.numbers import listed, number
from graphview.report.training import Figure, Table

# As many losses are told of the end.
MOST_SITES = 3


@dataclass(frozen=True, slots=True)
class Crash:
    """An exception that ended a program, and in sentences what is `known` of the time before."""

    failure: Failure
    known: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Program:
    """All of it; `crash` is None where the program ended well."""

    figures: list[Figure]
    facts: list[Fact]
    places: Table | None
    notes: list[str]
    crash: Crash | None


def program(recording: Recording, findings: Sequence[Finding]) -> Program | None:
    """None where no run was watched."""
    told = recording.journal
    if told is None:
        return None
    failure = told.ending.failure
    return Program(
        journal.figures(told),
        journal.facts(told),
        journal.places(told),
        journal.notes(told),
        Crash(failure, tuple(_known(told, findings))) if failure is not None else None,
    )


def _known(told: Journal, findings: Sequence[Finding]) -> Iterator[str]:
    if not told.sites:
        yield "It came before backward was called for the first time, so there is no graph."
        return
    done = listed([counted(told.steps, "step"), counted(told.updates, "update")])
    yield f"Until then there were {done}; all that was recorded of them is on this page."
    for site in [site for site in told.sites if site.loss.values][:MOST_SITES]:
        step, last = site.loss.steps[-1], site.loss.values[-1]
        if isfinite(last):
            yield f"The last {site.name} was {number(last)}, in step {step:,}."
        else:
            yield f"{site.name} was no finite number any more: {number(last)} in step {step:,}."
    wrong = [finding for finding in findings if finding.state == "attention"]
    if wrong:
        yield f"Not every gradient arrived: {wrong[0].clause}."
