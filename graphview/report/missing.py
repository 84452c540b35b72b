"""Why parameters got no gradient: a finding for each cause, with the way to where it was cut."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from graphview.model.graph import Source, counted
from graphview.model.missing import Link, Missing
from graphview.report.numbers import listed
from graphview.report.prose import Paragraph, paragraphs
from graphview.report.reasons import clause_of, remedy_of, spoken, words_of

MOST_NAMES = 10
# Of a long way its two ends are told.
MOST_STOPS, HEAD, TAIL = 12, 6, 5
LEFT_OUT = re.compile(r"([\d,]+) more operations?")
# One parameter's trouble comes before another's choice.
CHOICE = "frozen"


@dataclass(frozen=True, slots=True)
class Stop:
    """A place on the way from a parameter to where its gradient ends."""

    kind: Literal["start", "operation", "more", "cut", "on"]
    name: str
    place: str | None = None
    expression: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One cause, with all that it kept from a gradient.

    `names` are at most ten, `more` is how many others there are. `way` leads from one of them to
    the cut and beyond; `also` are other cuts. `clause` says it in half a sentence.
    """

    kind: str
    reason: str
    title: str
    names: tuple[str, ...]
    more: int
    what: Paragraph
    remedy: Paragraph
    way: tuple[Stop, ...]
    also: tuple[Stop, ...]
    clause: str

    @property
    def count(self) -> int:
        return len(self.names) + self.more

    @property
    def state(self) -> str:
        return "fact" if self.reason == CHOICE and self.kind == "parameter" else "attention"


def findings(missing: Iterable[Missing]) -> list[Finding]:
    """The causes: of roots first, then those with a way to tell, then those that cost most.

    What was frozen comes last.
    """
    groups: dict[tuple[object, ...], list[Missing]] = {}
    for one in missing:
        groups.setdefault(_cause(one), []).append(one)
    told = [_finding(group) for group in groups.values()]
    return sorted(told, key=lambda f: (f.kind != "root", f.state == "fact", not f.way, -f.count))


def place_of(source: Source | None) -> str | None:
    """`model.py:31`."""
    return None if source is None else f"{source.file}:{source.line}"


def _cause(one: Missing) -> tuple[object, ...]:
    # Each root is a matter of its own.
    own = one.name if one.kind == "root" else None
    return one.kind, own, one.reason, one.passes_on, one.by, place_of(one.source)


def _finding(group: Sequence[Missing]) -> Finding:
    first, names = group[0], [one.name for one in group]
    told = min(group, key=lambda one: (not one.trail, one.joins is None))
    values = _values(first, len(group))
    return Finding(
        kind=first.kind,
        reason=first.reason,
        title=listed(names) if len(names) <= 2 else counted(len(names), "parameter"),
        names=tuple(names[:MOST_NAMES]),
        more=max(0, len(names) - MOST_NAMES),
        what=_filled(words_of(first), values),
        remedy=_filled(remedy_of(first), values),
        way=tuple(_way(told)) if _has_way(told) else (),
        also=tuple(dict.fromkeys(_stop("cut", link) for one in group for link in one.also)),
        clause=_clause(first, names, values),
    )


def _values(one: Missing, count: int) -> dict[str, str]:
    words = ("it", "its", "") if count == 1 else ("them", "their", "s")
    return {
        "it": words[0],
        "its": words[1],
        "s": words[2],
        "name": one.name,
        "by": spoken(one.by or "an operation"),
        "place": place_of(one.source) or "",
    }


def _filled(text: str, values: dict[str, str]) -> Paragraph:
    """The names go in after the markup is read: theirs is none."""
    (paragraph,) = paragraphs([text])
    return tuple(replace(span, text=span.text.format_map(values)) for span in paragraph)


def _clause(first: Missing, names: Sequence[str], values: dict[str, str]) -> str:
    more = f" and {len(names) - 1:,} more" if len(names) > 1 else ""
    text = clause_of(first).replace("{was}", "were" if more else "was")
    where = f" at {values['place']}" if values["place"] else ""
    return text.format_map(values | {"names": f"{first.name}{more}", "at": where})


def _has_way(one: Missing) -> bool:
    # What left torch was not followed to any root.
    return bool(one.trail) or (one.by is not None and (one.kind, one.reason) != ("root", "left"))


def _way(one: Missing) -> Iterable[Stop]:
    """From the parameter to the cut and beyond; the way of a root ends with it."""
    if one.kind == "parameter":
        yield Stop("start", one.name)
    links = list(one.trail)
    if len(links) > MOST_STOPS:
        left = sum(map(_operations, links[HEAD:-TAIL]))
        yield from (_stop("operation", link) for link in links[:HEAD])
        yield Stop("more", counted(left, "more operation"))
        links = links[-TAIL:]
    yield from (_stop("operation", link) for link in links)
    if one.by is not None:
        yield _stop("cut", Link(one.by, one.source))
    if one.joins is not None:
        yield _stop("on", Link("goes on, without a gradient", one.joins))
    if one.kind == "root":
        yield Stop("on", one.name)


def _operations(link: Link) -> int:
    """How many operations a link stands for: the recording leaves out the middle of a long way."""
    found = None if link.source else LEFT_OUT.fullmatch(link.name)
    return int(found[1].replace(",", "")) if found else 1


def _stop(kind: Literal["operation", "cut", "on"], link: Link) -> Stop:
    name = spoken(link.name) if kind == "cut" else link.name
    expression = None if link.source is None else link.source.expression
    return Stop(kind, name, place_of(link.source), expression)
