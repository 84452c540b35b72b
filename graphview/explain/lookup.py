"""A name that somebody read somewhere -> what it stands for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from graphview.catalogue.derivatives import operators
from graphview.catalogue.families import SAME
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
NODE = re.compile(r"(?P<stem>(?P<base>\w+)backward)\d*", re.IGNORECASE)
# As in torch.mul, nn.functional.relu, F.relu, Tensor.add, aten::mul.
PREFIX = re.compile(r"(?:(?:torch|nn|functional|f|tensor|ops|aten)(?:\.|::))+")


@dataclass(frozen=True, slots=True)
class Explained:
    """What a name stands for: a kind of node, or an operation with its overloads."""

    name: str
    words: KindWords | OperationWords | None
    operators: tuple[Operator, ...] = ()


def look_up(name: str) -> list[Explained]:
    """Explain a family, an op, a node's name, a layer's or a kind of node, whatever its case.

    One entry for each operation that differs in its words: `pow` has three. Errors: NameUnknown
    with the names closest to it.
    """
    asked = name.strip().lower()
    if asked in KINDS:
        words = kind_words(KINDS[asked])
        return [Explained(words.title, words)]
    found = next(filter(None, map(_all, _readings(asked))), [])
    if not found:
        raise NameUnknown(f"nothing is called {name!r} here{_near(asked)}")
    return found


def _readings(asked: str) -> Iterator[list[str]]:
    """What a name may mean, the likeliest first."""
    yield [asked]
    if node := NODE.fullmatch(asked):
        # The digit counts a class's overloads; another torch may count otherwise.
        yield [node["stem"]]
    yield aliases().get(asked, [])
    if prefix := PREFIX.match(asked):
        yield from _readings(asked[prefix.end() :])


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
            by_key.setdefault(_key(operator), []).append(operator)
    for key in () if by_key else _keys(asked):
        by_key[key] = [operator for operator in operators().values() if _key(operator) == key]
    for key, overloads in by_key.items():
        yield Explained(key, words_for(key), tuple(overloads))


def _key(operator: Operator) -> str:
    return operator.op if words_for(operator.op) else operator.family


def _called(operator: Operator) -> set[str]:
    stem = NODE.fullmatch(operator.name)
    called = {operator.op, operator.family, operator.name, stem["stem"] if stem else ""}
    return {each.lower() for each in called if each}


def _keys(asked: str) -> list[str]:
    """The keys of the words that a name leads to by its spelling: all there is without torch."""
    known = [key for words in topics().values() for key in words]
    exact = [key for key in known if asked == key.lower()]
    node = NODE.fullmatch(asked)
    base, _, overload = (node["base"] if node else asked).partition(".")
    family = {_flat(old): _flat(new) for old, new in SAME.items()}
    meant = family.get(_flat(base), _flat(base))
    # The words of another overload would be wrong ones; a family's are true for all.
    return exact or [
        key for key in known if meant in _spelled(key) and not (overload and "." in key)
    ]


def _spelled(key: str) -> set[str]:
    # NllLossBackward0 is the node of nll_loss_forward.
    base = _flat(key.partition(".")[0])
    return {base, base.removesuffix("forward")}


def _flat(name: str) -> str:
    return name.lower().replace("_", "")


def _near(asked: str) -> str:
    near = get_close_matches(asked, [name.lower() for name in names()], n=3, cutoff=0.6)
    seen = "" if operators() else " (without torch, only what was explained by hand is known)"
    if near:
        return f"{seen}; did you mean {', '.join(near)}?"
    return f"{seen}; `graphview explain` lists the names."
