"""`diagnoses`: what a recording says of parameters and roots without a gradient, unasked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from graphview.check import reasons
from graphview.check.causes import lost
from graphview.check.patterns import Patterns, is_glob
from graphview.check.rule import Code, Found
from graphview.check.value import Value, meant, shown
from graphview.check.words import ticked
from graphview.model.finding import Severity
from graphview.model.missing import Missing, Reason
from graphview.model.recording import Recording

KEY = "diagnoses"
EXAMPLE = 'diagnoses = { select = ["GV2*"], ignore = ["parameter-frozen"], level = "warn" }'
LEVELS: dict[str, Severity | None] = {"off": None, "warn": "warning", "error": "error"}
SILENT = "It stays as it was initialized, and no error says so."

BY_REASON: dict[Reason, Code] = {
    "frozen": Code(
        "GV201",
        "parameter-frozen",
        "A parameter is frozen: requires_grad is False.",
        "It is not trained. Where that is meant, as for a pretrained backbone, all is well.",
        reasons.HINTS["frozen"],
        "note",
    ),
    "unused": Code(
        "GV202",
        "parameter-unused",
        "No operation took a parameter in the whole run.",
        f"{SILENT} DistributedDataParallel waits for its gradient.",
        reasons.HINTS["unused"],
        "warning",
    ),
    "no_grad": Code(
        "GV203",
        "parameter-no-grad",
        "Operations took a parameter only where gradients are off.",
        SILENT,
        reasons.HINTS["no_grad"],
        "warning",
    ),
    "cut": Code(
        "GV204",
        "parameter-cut",
        "On the way from a parameter to the root an operation gives a result without a gradient.",
        SILENT,
        reasons.HINTS["cut"],
        "warning",
    ),
    "left": Code(
        "GV205",
        "parameter-left",
        "What is computed of a parameter is taken out of torch, into Python or NumPy.",
        f"Autograd cannot follow it there. {SILENT}",
        reasons.HINTS["left"],
        "warning",
    ),
    "dead end": Code(
        "GV206",
        "parameter-dead-end",
        "What is computed of a parameter reaches no root.",
        f"It costs time and memory for nothing. {SILENT}",
        reasons.HINTS["dead end"],
        "warning",
    ),
    "nothing": Code(
        "GV207",
        "no-gradient-brought",
        "Backward reached a parameter and brought no gradient.",
        f"An operation on the way answered None. {SILENT}",
        reasons.HINTS["nothing"],
        "warning",
    ),
}
ROOT = Code(
    "GV210",
    "root-without-graph",
    "A tensor that backward is to start at has no graph.",
    "Backward cannot start there; loss.backward() raises, or was never called.",
    reasons.ROOT_HINT,
    "warning",
)
CODES = (*BY_REASON.values(), ROOT)


@dataclass(frozen=True, slots=True)
class Diagnoses:
    """The codes that are looked for; `level` stands in place of their own where it is given."""

    codes: frozenset[str]
    level: Severity | None = None


def read(value: Value) -> Diagnoses:
    """A table of `select`, `ignore` (codes or names, globs allowed) and `level`."""
    found = value.table("select", "ignore", "level")
    every = frozenset(code.code for code in CODES)
    selected = _codes(found["select"]) if "select" in found else every
    ignored = _codes(found["ignore"]) if "ignore" in found else frozenset[str]()
    level = LEVELS[found["level"].choice(*LEVELS)] if "level" in found else None
    is_off = "level" in found and level is None
    return Diagnoses(frozenset() if is_off else selected - ignored, level)


def diagnose(asked: Diagnoses, recording: Recording) -> Iterator[Found]:
    """A finding for each parameter without a gradient, and each root without a graph."""
    for missing in recording.missing:
        code = _code(missing)
        if code.code in asked.codes:
            yield Found(
                code,
                reasons.message_of(missing),
                expected=_expected(missing),
                actual=f"{reasons.told_of(missing)}{reasons.also_cut(missing)}",
                source=missing.source,
                hint=reasons.hint_of(missing),
                cause=lost(missing),
                way=reasons.way_of(missing),
            )


def _code(missing: Missing) -> Code:
    return ROOT if missing.kind == "root" else BY_REASON[missing.reason]


def _expected(missing: Missing) -> str:
    what = "a graph" if missing.kind == "root" else "a gradient"
    return f"{what} for {ticked(missing.name)}"


def _codes(value: Value) -> frozenset[str]:
    found: set[str] = set()
    known = [name for code in CODES for name in (code.code, code.name)]
    for text in value.words():
        glob = Patterns((text,))
        some = {code.code for code in CODES if glob.match(code.code) or glob.match(code.name)}
        if not some:
            ending = "" if is_glob(text) else meant(text, known)
            raise value.refused(f"has {shown(text)}, which is no diagnosis{ending}")
        found |= some
    return frozenset(found)
