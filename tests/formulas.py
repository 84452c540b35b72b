"""The checks that stand beside the words on operations, read and run."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F

from graphview.explain.words import OPERATIONS, read

Tensor = torch.Tensor
Known = dict[str, Any]
Check = dict[str, Any]

NO_INPUT = ("call", "out", "draw", "with", "then", "elsewhere", "cannot")
VALUES = {
    "any": lambda x: x,
    "big": lambda x: 3 * x,
    "tied": lambda x: x.round(),
    "positive": lambda x: x.abs() + 0.3,
    "above1": lambda x: x.abs() + 1.3,
    "nonzero": lambda x: x + 0.3 * x.sign(),
    "unit": lambda x: 0.8 * x.tanh(),
    "probability": lambda x: 0.1 + 0.8 * x.sigmoid(),
    "invertible": lambda x: x + 4 * torch.eye(len(x), dtype=x.dtype),
    "symmetric": lambda x: x @ x.T + torch.diag(torch.arange(len(x), dtype=x.dtype) + 1),
}

ENTRIES: dict[str, dict[str, Any]] = {
    key: entry
    for name in OPERATIONS
    for key, entry in read(f"operations/{name}.yaml")["operations"].items()
}


def checks() -> Iterator[tuple[str, int, Check]]:
    """Key, number and check of all that can be checked; an entry may have several."""
    for key, entry in ENTRIES.items():
        listed = entry["check"] if isinstance(entry["check"], list) else [entry["check"]]
        for number, check in enumerate(listed):
            if "cannot" not in check:
                yield key, number, check


def differentiated(check: Check) -> list[str]:
    """The names of the inputs."""
    return [name for name in check if name not in NO_INPUT]


@dataclass(frozen=True)
class Ran:
    """An operation and what autograd found; `known` is what expressions may speak of."""

    out: Tensor
    found: dict[str, Tensor]
    known: Known

    def agrees(self, name: str, expression: str) -> bool:
        """Whether autograd's gradient of an input, or the result, is the expression's value."""
        autograds = self.out if name == "out" else self.found[name]
        with torch.no_grad():
            said = eval(expression, self.known).broadcast_to(autograds.shape)
        return torch.allclose(autograds, said.to(autograds.dtype), rtol=1e-6, atol=1e-9)


def ran(check: Check, shape: list[int], letters: dict[str, int], seed: int) -> Ran:
    """Draw inputs, run the operation, draw a gradient, send it back; all in float64."""
    # One stream for inputs and gradient: seeded twice, they would be the same numbers.
    random = torch.Generator().manual_seed(seed)
    known: Known = {"torch": torch, "F": F, "math": math, "write_first": write_first}
    for name in differentiated(check):
        kind, size = _look(check.get("draw", {}).get(name, ""), shape, letters)
        values = torch.randn(size, generator=random, dtype=torch.float64)
        known[name] = VALUES[kind](values).requires_grad_()
    inputs = {name: known[name] for name in differentiated(check)}
    _also(check.get("with", {}), known)
    torch.manual_seed(seed)
    out: Tensor = eval(check["call"], known)
    known["out"] = out.detach()
    known["g"] = g = torch.randn(out.shape, generator=random, dtype=out.dtype)
    _also(check.get("then", {}), known)
    found = torch.autograd.grad(out, list(inputs.values()), g)
    return Ran(out, dict(zip(inputs, found, strict=True)), known)


def write_first(p: Tensor, q: Tensor) -> Tensor:
    """`out[0] = q`, on a copy."""
    out = p * 1
    out[0] = q
    return out


def _look(text: str, shape: list[int], letters: dict[str, int]) -> tuple[str, list[int]]:
    words = text.split()
    kind = words.pop(0) if words and words[0] in VALUES else "any"
    size = [letters[word] if word in letters else int(word) for word in words]
    return kind, size or shape


def _also(texts: dict[str, str], known: Known) -> None:
    with torch.no_grad():
        for name, text in texts.items():
            known[name] = eval(text, known)
