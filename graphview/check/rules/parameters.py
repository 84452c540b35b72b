"""`parameters`: which of the model's parameters must reach the root."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from graphview.check.causes import About
from graphview.check.evidence import Witness, known_leaves
from graphview.check.patterns import Patterns
from graphview.check.rule import Case, Code, Found
from graphview.check.value import Value
from graphview.check.words import ticked

KEY = "parameters"
EXAMPLE = 'parameters = "all-reach"'
ALL = "all-reach"
MOST_COMPARED = 20
UNREACHED = Code(
    "GV106",
    "parameter-unreached",
    "A parameter that must get a gradient from this graph gets none.",
    "It stays as it was initialized, whatever the loss does: a layer that is never called, one "
    "that is cut off by detach or no_grad, one that was frozen and forgotten.",
    "Look at the line that is named. Where it is meant, list the parameters that must reach the "
    "root instead of asking for all of them.",
)
CODES: tuple[Code, ...] = (UNREACHED,)


@dataclass(frozen=True, slots=True)
class Parameters:
    """All parameters that the recording knows, or where `some` is given those that are like it."""

    some: Patterns | None = None


def read(value: Value) -> Parameters:
    if isinstance(value.raw, str):
        value.choice(ALL)
        return Parameters()
    return Parameters(Patterns(value.words()))


def check(asked: Parameters, case: Case) -> Iterator[Found]:
    witness = Witness(case)
    for number, (name, expected) in enumerate(_unreached(asked, case)):
        seen = witness.of(name, thorough=number < MOST_COMPARED)
        yield Found(
            UNREACHED,
            seen.message,
            expected=expected,
            actual=seen.actual,
            node=seen.node,
            source=seen.source,
            hint=seen.hint,
            cause=seen.cause,
            way=seen.way,
            about=About((name,)),
        )


def _unreached(asked: Parameters, case: Case) -> Iterator[tuple[str, str]]:
    """Each name or pattern that does not reach the root, with what was expected of it."""
    known = known_leaves(case)
    if asked.some is None:
        expected = f"every parameter reaches {ticked(case.name)}"
        yield from ((name, expected) for name in known if name not in case.leaf_names)
        return
    matched: set[str] = set()
    for name in known:
        patterns = list(asked.some.matching(name))
        matched.update(patterns)
        if patterns and name not in case.leaf_names:
            yield name, f"{ticked(patterns[0])} reaches {ticked(case.name)}"
    for pattern in asked.some:
        if pattern not in matched:
            yield pattern, f"{ticked(pattern)} reaches {ticked(case.name)}"
