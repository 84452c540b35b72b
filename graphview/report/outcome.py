"""Whether a program is well: the strip at the top of its page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isfinite

from graphview.model.graph import counted
from graphview.model.journal import Ending, Journal, Site
from graphview.model.recording import Recording
from graphview.report.badge import Badge
from graphview.report.growth import growing
from graphview.report.missing import CHOICE as FROZEN
from graphview.report.missing import Finding
from graphview.report.numbers import listed, number, seconds

MOST_ROOTS = 3
LONGEST_MESSAGE = 120


def is_program(recording: Recording) -> bool:
    """Whether this is anything but the lesson."""
    return not recording.steps and not recording.runs


def badges(recording: Recording, findings: Sequence[Finding]) -> list[Badge]:
    """The badges in the order of their weight."""
    journal, environment = recording.journal, recording.environment
    found = list(_gradient(recording, findings))
    if journal is not None:
        found += [*_loss(journal), *_graphs(journal), _ended(journal)]
    found.append(Badge("fact", "device", f"{environment.device} ({environment.device_name})"))
    return found


def reached(recording: Recording) -> int:
    """How many different leaves the graphs have; those without a name count one by one."""
    graphs = recording.graphs.values()
    names = {leaf.name for graph in graphs for leaf in graph.leaves if leaf.name is not None}
    unnamed = (sum(leaf.name is None for leaf in graph.leaves) for graph in graphs)
    return len(names) + max(unnamed, default=0)


def parameters(recording: Recording) -> int:
    """How many parameters there are, with a gradient and without."""
    names = {leaf.name for graph in recording.graphs.values() for leaf in graph.leaves}
    missing = (one.name for one in recording.missing if one.kind == "parameter")
    return reached(recording) + len(set(missing) - names)


def _gradient(recording: Recording, findings: Sequence[Finding]) -> Iterator[Badge]:
    wrong = [finding for finding in findings if finding.state == "attention"]
    if wrong:
        yield Badge("attention", "gradient", _lost(recording, wrong))
    elif not recording.graphs:
        yield Badge("attention", "gradient", "none: backward was never called")
    else:
        yield Badge("good", "gradient", _arrived(recording))


def _lost(recording: Recording, findings: Sequence[Finding]) -> str:
    first, *others = findings
    more = f", and {counted(len(others), 'other cause')}" if others else ""
    if first.kind == "root":
        return f"none: {first.clause}{more}"
    lost = sum(finding.count for finding in findings if finding.kind == "parameter")
    frozen = _frozen(recording)
    of = counted(parameters(recording), "parameter")
    told = f"{lost + frozen:,} of {of} got no gradient: "
    if frozen:
        told += f"{_are(frozen)} frozen, {_are(lost)} not: "
    return f"{told}{first.clause}{more}"


def _are(count: int) -> str:
    return f"{count:,} {'is' if count == 1 else 'are'}"


def _frozen(recording: Recording) -> int:
    return sum(one.kind == "parameter" and one.reason == FROZEN for one in recording.missing)


def _arrived(recording: Recording) -> str:
    roots = list(
        dict.fromkeys(root.name for graph in recording.graphs.values() for root in graph.roots)
    )
    names = roots[:MOST_ROOTS]
    names += [f"{len(roots) - MOST_ROOTS:,} more"] if len(roots) > MOST_ROOTS else []
    count, frozen = reached(recording), _frozen(recording)
    start = f"of {listed(names)} reaches"
    if not frozen:
        return f"{start} its one leaf" if count == 1 else f"{start} all {count:,} leaves"
    others = "the other one is" if frozen == 1 else f"the other {frozen:,} are"
    of = counted(parameters(recording), "parameter")
    return f"{start} {count:,} of {of}; {others} frozen"


def _loss(journal: Journal) -> Iterator[Badge]:
    for site in journal.sites:
        broken = next(
            (
                (step, value)
                for step, value in zip(site.loss.steps, site.loss.values, strict=True)
                if not isfinite(value)
            ),
            None,
        )
        if broken is not None:
            text = f"{_prefix(site)}{number(broken[1])} at step {broken[0]:,}"
            yield Badge("attention", "loss", text)
            return
    told = [site for site in journal.sites if len(site.loss.values) > 1]
    if told:
        yield Badge("fact", "loss", _went(max(told, key=lambda site: site.calls)))


def _went(site: Site) -> str:
    first, last = site.loss.values[0], site.loss.values[-1]
    return f"{_prefix(site)}from {number(first)} to {number(last)}"


def _prefix(site: Site) -> str:
    """The name, where it says more than the badge."""
    return "" if site.name == "loss" else f"{site.name} "


def _graphs(journal: Journal) -> Iterator[Badge]:
    for site in growing(journal)[:1]:
        first, last = site.nodes.values[0], site.nodes.values[-1]
        yield Badge(
            "attention",
            "graph",
            f"that of {site.name} grows from {first:,.0f} to {last:,.0f} nodes",
        )


def _ended(journal: Journal) -> Badge:
    ending, after = journal.ending, _counts(journal)
    match ending.kind:
        case "raised":
            return Badge("attention", "ended", f"after {after}, with {_exception(ending)}")
        case "interrupted":
            return Badge("attention", "ended", f"interrupted after {after}")
        case "exited" if ending.code:
            return Badge("attention", "ended", f"after {after}, with exit code {ending.code}")
        case "stopped":
            return Badge("fact", "run", f"{after}, then stopped by --max-steps")
        case _:
            return Badge("fact", "run", after)


def _exception(ending: Ending) -> str:
    if ending.failure is None:
        return "an exception"
    line, *_ = ending.failure.message.strip().splitlines() or [""]
    short = line if len(line) <= LONGEST_MESSAGE else f"{line[:LONGEST_MESSAGE]}…"
    return f"{ending.failure.type}: {short}" if short else ending.failure.type


def _counts(journal: Journal) -> str:
    took = f" in {seconds(journal.watched)}" if journal.watched > 0 else ""
    steps, updates = counted(journal.steps, "step"), counted(journal.updates, "update")
    return f"{listed([steps, updates])}{took}"
