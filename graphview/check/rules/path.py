"""`path`: what must lead to what."""

from __future__ import annotations

from collections.abc import Iterator

from graphview.check.causes import About, Follows
from graphview.check.evidence import Witness
from graphview.check.paths import FirstUses
from graphview.check.places import Between, Places, read_between
from graphview.check.rule import Case, Code, Found
from graphview.check.value import Value
from graphview.check.words import several, ticked

KEY = "path"
EXAMPLE = 'path = "embedding.* -> loss"'
MISSING = Code(
    "GV118",
    "path-missing",
    "No path leads through the graph from what the contract names to where it must lead.",
    "No gradient comes back on a way that is not there.",
    "Look for where the way ends: the line that is named, or a detach, no_grad or new tensor on "
    "the way.",
)
CODES: tuple[Code, ...] = (MISSING,)


def read(value: Value) -> tuple[Between, ...]:
    """`"embedding.* -> loss"`, or a list of such: one path at least must lead there."""
    return read_between(value)


def check(asked: tuple[Between, ...], case: Case) -> Iterator[Found]:
    witness, places = Witness(case), Places(case)
    for between in asked:
        starts = places.called(between.start)
        if not starts.isdisjoint(places.leading_to(between.end)):
            continue
        if not starts and places.called(between.end):
            yield _no_start(between, witness)
        else:
            yield _no_way(between, places)


def _no_start(between: Between, witness: Witness) -> Found:
    seen = witness.of(between.start)
    return Found(
        MISSING,
        f"no path leads from {ticked(between.start)} to {ticked(between.end)}: {seen.message}",
        expected=f"a path from {ticked(between.start)} to {ticked(between.end)}",
        actual=seen.actual,
        node=seen.node,
        source=seen.source,
        hint=seen.hint,
        cause=seen.cause_of_others,
        way=seen.way,
        about=About((between.start,)),
    )


def _no_way(between: Between, places: Places) -> Found:
    graph, name = places.case.graph, ticked(places.case.name)
    expected = f"a path from {ticked(between.start)} to {ticked(between.end)}"
    unknown = [text for text in (between.start, between.end) if not places.called(text)]
    if unknown:
        return Found(
            MISSING,
            f"nothing in {name} is called {several([ticked(text) for text in unknown], last='or')}",
            expected=expected,
            actual="no such name",
            hint="Names are those of leaves, roots, variables, modules and operations.",
            cause=Follows.LOST,
        )
    first = min(places.called(between.start))
    return Found(
        MISSING,
        f"no path leads from {ticked(between.start)} to {ticked(between.end)}",
        expected=expected,
        actual=f"{ticked(between.start)} is there and does not lead to {ticked(between.end)}",
        node=first,
        source=FirstUses(graph).source(first),
        hint="A path goes along the forward pass, from what is computed first.",
    )
