"""`frozen`: what gets no gradient from this graph."""

from __future__ import annotations

from collections.abc import Iterator

from graphview.check.causes import About
from graphview.check.evidence import Kin
from graphview.check.paths import FirstUses
from graphview.check.patterns import Patterns
from graphview.check.rule import Case, Code, Found
from graphview.check.unused import unused
from graphview.check.value import Value
from graphview.check.words import ticked

KEY = "frozen"
EXAMPLE = 'frozen = ["backbone.*"]'
FROZEN = Code(
    "GV105",
    "frozen-leaf",
    "A leaf gets a gradient that the contract asks to be frozen.",
    "A pretrained backbone that is trained by mistake forgets what it knows, and its gradients "
    "and optimizer state cost memory.",
    "Call requires_grad_(False) on it before the forward pass, and after whatever makes the "
    "model anew or calls requires_grad_(True) on all of it.",
)
CODES: tuple[Code, ...] = (FROZEN,)


def read(value: Value) -> Patterns:
    return Patterns(value.words())


def check(asked: Patterns, case: Case) -> Iterator[Found]:
    uses, kin = FirstUses(case.graph), Kin(case)
    for leaf in case.graph.leaves:
        pattern = next(asked.matching(leaf.name), None) if leaf.name else None
        if leaf.name and pattern is not None:
            yield Found(
                FROZEN,
                f"{ticked(leaf.name)} gets a gradient from {ticked(case.name)}, and is to be "
                "frozen",
                expected=f"no gradient for {ticked(pattern)}",
                actual=f"{ticked(leaf.name)} is a leaf of {ticked(case.name)}",
                node=leaf.node,
                source=uses.source(leaf.node),
                hint=f"Call requires_grad_(False) on {ticked(leaf.name)} before the forward pass.",
                cause=kin.came(leaf.name),
                about=About((leaf.name,)),
            )
    yield from unused(asked, case, KEY)
