"""A name that somebody read somewhere -> what it stands for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from graphview.catalogue.derivatives import operators
from graphview.errors import NameUnknown
from graphview.explain.words import KindWords, OperationWords, kind_words, read, topics, words_for
from graphview.model.graph import ACCUMULATE, Operator

KINDS = {
    "leaf": "leaf",
    "operation": "operation",
    "root": "root",
    "saved": "saved",
    ACCUMULATE.lower(): "accumulate",
}
NODE = re.compile(r"(?P<stem>\w+backward)\d*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Explained:
    """What a name stands for: a kind of node, or an operation with its overloads."""

    name: str
    words: KindWords | OperationWords | None
    operators: tuple[Operator, ...] = ()


def look_up(name: str) -> list[Explained]:
    """Explain a family, an op, a node's name or a kind of node, whatever its case.

    One entry for each operation that differs in its words: `pow` has three. Errors: NameUnknown
    with the names closest to it.
    """
    asked = name.strip().lower()
    if asked in KINDS:
        words = kind_words(KINDS[asked])
        return [Explained(words.title, words)]
    node = NODE.fullmatch(asked)
    # The digit counts a class's overloads; another torch may count otherwise.
    meant = [asked], [node["stem"]] if node else [], aliases().get(asked, [])
    found = next(filter(None, map(_all, meant)), [])
    if not found:
        raise NameUnknown(f"nothing is called {name!r} here{_near(asked)}")
    return found


def aliases() -> dict[str, list[str]]:
    """For functions that people call, the operations that autograd records for them."""
    return dict(read("aliases.yaml"))


def names() -> list[str]:
    """All that can be looked up, without the digits at the end of nodes' names."""
    known = {*KINDS, *aliases(), *(key for words in topics().values() for key in words)}
    for operator in operators().values():
        known |= {operator.op, operator.family, operator.name.rstrip("0123456789")}
    return sorted(known)


def _all(wanted: Iterable[str]) -> list[Explained]:
    return [found for name in wanted for found in _operations(name.lower())]


def _operations(asked: str) -> Iterator[Explained]:
    by_key: dict[str, list[Operator]] = {}
    for operator in operators().values():
        if asked in _called(operator):
            key = operator.op if words_for(operator.op) else operator.family
            by_key.setdefault(key, []).append(operator)
    if not by_key:
        # Without torch there are the words alone.
        alone = [key for words in topics().values() for key in words if _is(asked, key)]
        by_key = {key: [] for key in alone}
    for key, overloads in by_key.items():
        yield Explained(key, words_for(key), tuple(overloads))


def _called(operator: Operator) -> set[str]:
    stem = NODE.fullmatch(operator.name)
    called = {operator.op, operator.family, operator.name, stem["stem"] if stem else ""}
    return {each.lower() for each in called if each}


def _is(asked: str, key: str) -> bool:
    plain = asked.replace("_", "")
    return plain in (part.lower().replace("_", "") for part in (key, key.partition(".")[0]))


def _near(asked: str) -> str:
    near = get_close_matches(asked, [name.lower() for name in names()], n=3, cutoff=0.6)
    return (
        f"; did you mean {', '.join(near)}?" if near else "; `graphview explain` lists the names."
    )
