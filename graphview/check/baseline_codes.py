"""What differs from a baseline, as codes: one for each kind of difference."""

from __future__ import annotations

from graphview.check.rule import Code
from graphview.model.finding import Severity

UPDATE = "run again with --baseline-update"
# What another version of torch, or another device, may do otherwise: said, but no failure.
LOOSE = frozenset(
    (
        "operation-lost",
        "operation-gained",
        "operation-replaced",
        "connection-moved",
        "result-changed",
    )
)
WHY = "What a graph consists of decides what is trained, and changes without anybody seeing it."
ACCEPT = f"If it is meant, accept it: {UPDATE}=all."

MISSING = Code(
    "GV150",
    "baseline-missing",
    "A graph has no baseline yet.",
    "Without a baseline nobody notices how the graph changes.",
    "Run `graphview check --baseline DIR --baseline-update` and keep the file with the code.",
)
UNUSED = Code(
    "GV151",
    "baseline-unused",
    "A graph that has a baseline is not made any more.",
    "What was to be guarded is gone: the tensor has another name, needs no gradient, or backward "
    "never starts there.",
    "Look why it is not made. If that is meant, `graphview check --baseline DIR "
    "--baseline-update=all` removes the baseline.",
)
ELSEWHERE = Code(
    "GV152",
    "baseline-elsewhere",
    "A baseline was written with another version of torch, or on another device.",
    "The same program may consist of other operations there; such differences are warnings.",
    "Write it again where the checks run.",
    "note",
)


def _code(number: int, name: str, summary: str, remedy: str = ACCEPT) -> Code:
    severity: Severity = "warning" if name == "renamed" else "error"
    return Code(f"GV{number}", name, summary, WHY, remedy, severity)


OF_KIND: dict[str, Code] = {
    "unreached": _code(
        160,
        "unreached",
        "A leaf that backward reached is not reached any more: the way to it is cut.",
        "Look for detach(), no_grad(), .data, .item() or requires_grad=False at the line. "
        + ACCEPT,
    ),
    "leaf-lost": _code(161, "leaf-lost", "A leaf of the baseline is not in the graph."),
    "leaf-gained": _code(162, "leaf-gained", "A leaf is in the graph that the baseline lacks."),
    "leaf-changed": _code(163, "leaf-changed", "A leaf has another shape or dtype."),
    "operation-lost": _code(164, "operation-lost", "An operation of the baseline is gone."),
    "operation-gained": _code(165, "operation-gained", "An operation is new."),
    "operation-replaced": _code(166, "operation-replaced", "Operations became other ones."),
    "result-changed": _code(167, "result-changed", "A result has another shape or dtype."),
    "connection-moved": _code(168, "connection-moved", "An operation takes something else."),
    "module-lost": _code(169, "module-lost", "A module of the baseline is gone."),
    "module-gained": _code(170, "module-gained", "A module is new."),
    "renamed": _code(
        171,
        "renamed",
        "Leaves are called otherwise; what is computed is the same.",
        "Saved state dicts no longer fit: rename their keys too, and the names in a contract. "
        + ACCEPT,
    ),
    "root-changed": _code(172, "root-changed", "A root is gone or new, or has another shape."),
}
CODES: tuple[Code, ...] = (MISSING, UNUSED, ELSEWHERE, *OF_KIND.values())
