"""What was measured at the nodes: on their cards, and told of the whole graph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from graphview.model.graph import Graph, Node, counted
from graphview.model.measures import Measures
from graphview.model.recording import Recording
from graphview.report.cards import Card
from graphview.report.evidence import Fact
from graphview.report.identity import Keys
from graphview.report.missing import place_of
from graphview.report.numbers import listed, number, percent, seconds
from graphview.report.training import Table

MOST_ROWS = 10
WARM_UP = (
    "The times are those of step 0, which also loads what is used for the first time; "
    "--step 10 measures a later one."
)


@dataclass(slots=True)
class Readings:
    """What a card tells of its node: facts, and in `wrong` what is not well."""

    facts: list[Fact] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Told:
    """A graph's measures in words. `slowest` is None where nothing was timed.

    `flow` says in sentences how the gradients fared, `broken` whether any was no finite number.
    """

    name: str
    cost: str
    slowest: Table | None
    flow: tuple[str, ...]
    broken: bool


def add(cards: Iterable[Card], recording: Recording, keys: Mapping[str, Keys]) -> None:
    """Put what was measured on the cards."""
    known = readings(recording, keys)
    for card in cards:
        if card.key in known:
            card.numbers = [*card.numbers, *known[card.key].facts]
            card.wrong = known[card.key].wrong


def readings(recording: Recording, keys: Mapping[str, Keys]) -> dict[str, Readings]:
    """By the key of a card, from the first graph in which its node was measured."""
    found: dict[str, Readings] = {}
    for name, measures in recording.measures.items():
        for node in recording.graphs[name].nodes:
            told = _reading(measures, node.index)
            if told.facts or told.wrong:
                found.setdefault(keys[name][node.id], told)
    return found


def told(recording: Recording) -> list[Told]:
    """Each graph that was measured."""
    return [_told(name, recording, measures) for name, measures in recording.measures.items()]


def _reading(measures: Measures, index: int) -> Readings:
    forward, backward = _at(measures.forward, index), _at(measures.backward, index)
    norm, zeros = _at(measures.norm, index), _at(measures.zeros, index)
    times = [("forward", forward), ("backward", backward)]
    took = [f"{name} {seconds(value)}" for name, value in times if value is not None]
    arrived = [f"norm {number(norm)}"] if norm is not None else []
    arrived += [f"{percent(zeros)} zeros"] if zeros else []
    facts = [("time", took), ("gradient that arrived", arrived)]
    return Readings(
        [(name, ", ".join(parts)) for name, parts in facts if parts], _wrong(measures, index)
    )


def _wrong(measures: Measures, index: int) -> list[str]:
    shares = (("NaN", _at(measures.nan, index)), ("infinite", _at(measures.inf, index)))
    return [
        f"{percent(share)} of the gradient that arrived is {what}."
        for what, share in shares
        if share
    ]


def _at(column: Sequence[float | None], index: int) -> float | None:
    return column[index] if column else None


def _told(name: str, recording: Recording, measures: Measures) -> Told:
    graph, broken = recording.graphs[name], _first_broken(measures)
    slowest = _slowest(graph, measures)
    cost = [f"Measuring took {seconds(measures.cost)}."] if measures.cost > 0 else []
    cost += [WARM_UP] if slowest is not None and _is_first(recording, name) else []
    return Told(
        name,
        " ".join(cost),
        slowest,
        tuple(_flow(graph, measures, broken)),
        broken is not None,
    )


def _is_first(recording: Recording, name: str) -> bool:
    sites = recording.journal.sites if recording.journal else ()
    return any(site.graph == name and site.kept == 0 for site in sites)


def _slowest(graph: Graph, measures: Measures) -> Table | None:
    took = {node.index: sum(_times(measures, node.index)) for node in graph.nodes}
    whole = sum(took.values())
    if whole <= 0:
        return None
    ranked = sorted(graph.nodes, key=lambda node: -took[node.index])[:MOST_ROWS]
    rows = [
        (
            node.name,
            _place(graph, node),
            _duration(_at(measures.forward, node.index)),
            _duration(_at(measures.backward, node.index)),
            percent(took[node.index] / whole),
        )
        for node in ranked
        if took[node.index] > 0
    ]
    return Table(("node", "place", "forward", "backward", "share"), tuple(rows))


def _times(measures: Measures, index: int) -> tuple[float, float]:
    return _at(measures.forward, index) or 0.0, _at(measures.backward, index) or 0.0


def _duration(value: float | None) -> str:
    """Most functions of torch make one node; the time of others stands at their last one."""
    return "–" if value is None else seconds(value)


def _place(graph: Graph, node: Node) -> str:
    leaf = graph.leaf_at().get(node.index)
    if leaf is not None:
        return leaf.name or "an unnamed leaf"
    return place_of(graph.source_of(node)) or node.module or "unknown"


def _first_broken(measures: Measures) -> int | None:
    """Backward goes from the last node to the first."""
    length = max(len(measures.nan), len(measures.inf))
    for index in reversed(range(length)):
        if _at(measures.nan, index) or _at(measures.inf, index):
            return index
    return None


def _flow(graph: Graph, measures: Measures, broken: int | None) -> Iterator[str]:
    if broken is not None:
        yield _break(graph, measures, broken)
    if not measures.norm:
        return
    known = [(i, norm) for i, norm in enumerate(measures.norm) if norm is not None]
    zero = [i for i, norm in known if norm == 0 and not _wrong(measures, i)]
    if zero:
        yield (
            f"Backward finds nothing but zeros first at {_named(graph, zero[-1])}; so it is at "
            f"{counted(len(zero), 'node')} of {len(known):,}. What lies behind learns nothing."
        )
    lengths = [norm for _, norm in known if norm > 0]
    if lengths and broken is None:
        ends = number(min(lengths)), number(max(lengths))
        other = "All other gradients" if zero else "All gradients"
        yield f"{other} that arrived are finite; their norms lie between {ends[0]} and {ends[1]}."


def _break(graph: Graph, measures: Measures, index: int) -> str:
    users = sorted({user for producer, user in graph.edges() if producer == index}, reverse=True)
    named = [_named(graph, user) for user in users]
    before = f" It was made by {listed(named[:3])}." if named else " Backward began with it."
    what = " ".join(_wrong(measures, index))
    first = f"Backward meets the first gradient that is not finite at {_named(graph, index)}."
    return f"{first} {what}{before}"


def _named(graph: Graph, index: int) -> str:
    node = graph.nodes[index]
    place = _place(graph, node)
    return node.name if place == "unknown" else f"{node.name} ({place})"
