"""The hand-written words, and what stands in for them where there are none yet."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from graphview.model.graph import Operator

# A file for each topic, in the order of a list; the first one says how to write.
OPERATIONS = (
    "arithmetic",
    "functions",
    "reductions",
    "matrices",
    "shapes",
    "selection",
    "activations",
    "layers",
    "losses",
    "complex",
    "gradients",
)


@dataclass(frozen=True, slots=True)
class KindWords:
    """What leaf, operation, accumulate and root mean; `colour` names colour and shape."""

    title: str
    colour: str
    what: str
    why: str


@dataclass(frozen=True, slots=True)
class OperationWords:
    """What an operation does; g in `mathematics` is the gradient that arrives."""

    what: str
    mathematics: str | None = None
    backward: str | None = None


def kind_words(kind: str) -> KindWords:
    """Explain a kind of node."""
    return KindWords(**read("kinds.yaml")[kind])


def operation_words(operator: Operator) -> OperationWords:
    """Explain an operator by its op or family, else by what torch and the user's code say of it."""
    known = words_for(operator.op) or words_for(operator.family)
    if known is not None and operator.origin in ("derivatives.yaml", "builtin"):
        return known
    return OperationWords(_fallback(operator))


def words_for(name: str) -> OperationWords | None:
    """The words under the name of a family or an op; None where there are none."""
    return next((words[name] for words in topics().values() if name in words), None)


@cache
def topics() -> dict[str, dict[str, OperationWords]]:
    """All hand-written words on operations: for each topic, by family or op."""
    found = {}
    for name in OPERATIONS:
        plain = read(f"operations/{name}.yaml")
        found[plain["topic"]] = {
            key: OperationWords(entry["what"], entry.get("mathematics"), entry.get("backward"))
            for key, entry in plain["operations"].items()
        }
    return found


def _fallback(operator: Operator) -> str:
    if operator.origin == "custom":
        where = f", at {operator.file}:{operator.line}" if operator.file else ""
        return f"A custom autograd Function, {operator.op}{where}: its backward is the user's code."
    if operator.origin == "derivatives.yaml":
        return f"torch's {operator.op}; autograd's own formula for it stands below."
    if operator.opaque:
        return f"{operator.name}: {operator.opaque}."
    return f"{operator.name}, a node that this torch has no derivative formula on file for."


@cache
def read(name: str) -> dict[str, Any]:
    """The words in one of this package's files."""
    text = files("graphview.explain").joinpath(name).read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return loaded
