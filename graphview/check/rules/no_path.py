"""`no-path`: what must not lead to what."""

from __future__ import annotations

from collections.abc import Iterator

from graphview.check.causes import at_line
from graphview.check.evidence import Kin
from graphview.check.paths import FirstUses
from graphview.check.patterns import Patterns
from graphview.check.places import Between, Places, read_between
from graphview.check.rule import Case, Code, Found
from graphview.check.unused import unused_one
from graphview.check.value import Value
from graphview.check.words import leaf_text, several, ticked
from graphview.model.graph import counted

KEY = "no-path"
EXAMPLE = 'no-path = "discriminator.* -> loss"'
FORBIDDEN = Code(
    "GV119",
    "path-forbidden",
    "A path leads through the graph that the contract forbids.",
    "A gradient comes back on it: the generator's step trains the discriminator, the target "
    "network learns, a label leaks.",
    "Call requires_grad_(False) on what must get no gradient, or detach it where it goes in.",
)
CODES: tuple[Code, ...] = (FORBIDDEN,)


def read(value: Value) -> tuple[Between, ...]:
    """`"discriminator.* -> loss"`, or a list of such: no path may lead there."""
    return read_between(value)


def check(asked: tuple[Between, ...], case: Case) -> Iterator[Found]:
    places = Places(case)
    for between in asked:
        wrong = sorted(places.called(between.start) & places.leading_to(between.end))
        if wrong:
            yield _found(between, wrong, case)
        for text in (between.start, between.end):
            if not places.called(text) and not any(map(Patterns((text,)).match, places.known)):
                yield unused_one(text, KEY, "leaf, module or variable", list(places.known))


def _found(between: Between, wrong: list[int], case: Case) -> Found:
    graph, first = case.graph, wrong[0]
    leaves = graph.leaf_at()
    leaf = leaves.get(first)
    names = [
        leaf_text(leaves[index]) if index in leaves else graph.nodes[index].name
        for index in wrong[:100]
    ]
    source = FirstUses(graph).source(first)
    more = f", one of {counted(len(wrong), 'such node')}" if len(wrong) > 1 else ""
    return Found(
        FORBIDDEN,
        f"a path leads from {names[0]} to {ticked(between.end)}{more}",
        expected=f"no path from {ticked(between.start)} to {ticked(between.end)}",
        actual=f"paths from {several(names)}",
        node=first,
        source=source,
        hint="Freeze it with requires_grad_(False) for this step, or detach it where it goes in.",
        cause=Kin(case).came(leaf.name) if leaf is not None and leaf.name else at_line(source),
    )
