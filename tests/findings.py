"""What a check may have found, made by hand and at random, for the tests of the formats."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hypothesis import strategies as st

from graphview import __version__
from graphview.formats import FORMATS, summary, write
from graphview.model.finding import Checked, Clause, Finding, Waypoint
from graphview.model.graph import Source

FOLDER = Path(__file__).parent / "data" / "findings"
PROJECT = FOLDER / "project"
CONTRACT = "graphview.toml"
RULES = {
    "GV103": (
        "leaf-unexpected",
        "A leaf is there that the contract does not name.",
        "It gets a gradient that nobody planned for.",
        "Name it under `leaves`, or detach it.",
    )
}
HOSTILE = "a\nb\r]]>\x1b[31m%0A::error::, <&\"'> 🙂👨‍👩‍👧 \u202ex\ud800\x00\uffff ##[add-mask]"


LINES = (PROJECT / "train.py").read_text(encoding="utf-8").split("\n")


def source(line: int, meant: str, expression: str | None = None) -> Source:
    """Where a piece of code stands in a line of `train.py`."""
    start = LINES[line - 1].index(meant)
    return Source("train.py", line, line, start, start + len(meant), "loss", expression, None)


LEAVES = Clause("lesson", "loss", "leaves", CONTRACT, 4)
OPERATIONS = Clause("lesson", "loss", "operations", CONTRACT, 5)
OPAQUE = Clause("lesson", "loss", "opaque", CONTRACT, 6)
ELSEWHERE = (
    Clause("lesson", "yhat", "leaves", CONTRACT, 9),
    Clause("lesson", "error", "leaves", CONTRACT, 12),
    Clause("gan", "loss", "leaves", CONTRACT, 20),
)
RANDOM = "torch.randn(1, requires_grad=True).to(torch.float64)"
CAST = source(7, RANDOM, RANDOM)
WAY = (
    Waypoint("loss", "root", source(11, "総和")),
    Waypoint("SumBackward0", "operation", source(10, "(yhat - y).pow(2).sum()")),
    *(
        Waypoint(f"Block{number}Backward0", "operation", None, f"h.{number}")
        for number in range(12)
    ),
    Waypoint("MulBackward0", "operation", source(8, "net(x) * a")),
    Waypoint("ToCopyBackward0", "operation", CAST),
    Waypoint("a", "leaf"),
)


def unexpected(clause: Clause) -> Finding:
    """The leaf that is none, without what explains it."""
    return Finding("GV103", "leaf-unexpected", "error", clause, "`a` is not among the leaves")


EVERYTHING = Finding(
    "GV103",
    "leaf-unexpected",
    "error",
    LEAVES,
    "`a` is not a leaf: it is the result of ToCopyBackward0",
    expected="leaf `a`",
    actual="`a` made by ToCopyBackward0",
    source=CAST,
    module="net.scale",
    path=WAY,
    hint="Only leaves receive .grad. Create it on its device and dtype:\n"
    "    torch.randn(1, requires_grad=True, dtype=..., device=...)",
    also=(
        unexpected(ELSEWHERE[0]),
        replace(unexpected(ELSEWHERE[1]), also=(unexpected(ELSEWHERE[2]),)),
        Finding(
            "GV108", "operation-forbidden", "error", OPERATIONS, "ToCopyBackward0", source=CAST
        ),
        Finding("GV108", "operation-forbidden", "error", OPERATIONS, "another", source=CAST),
    ),
)
WARNING = Finding(
    "GV116", "opaque", "warning", OPAQUE, "`Scale` is opaque", "none", "1", source(10, "a.detach()")
)
NOTE = Finding("GV121", "pattern-unused", "note", ELSEWHERE[2], "`b` matches nothing")
GONE = Finding(
    "GV106",
    "parameter-unreached",
    "error",
    ELSEWHERE[0],
    "fc1.weight does not reach yhat",
    source=source(8, "net(x)", "net(x).detach()"),
)
NOWHERE = Finding(
    "GV101", "root-missing", "error", Clause("lesson", "", "root"), "There is no root `loss`"
)
CHECKED = {
    "nothing": Checked(
        tuple(
            Clause("lesson", graph, key)
            for graph in ("yhat", "error", "loss")
            for key in ("leaves", "operations", "casts", "max-nodes")
        )
    ),
    "everything": Checked((LEAVES, OPERATIONS, OPAQUE, *ELSEWHERE), (EVERYTHING,)),
    "several": Checked(
        (LEAVES, OPERATIONS, OPAQUE, *ELSEWHERE),
        (WARNING, replace(EVERYTHING, path=WAY[:3], hint="", module=None), NOTE, GONE),
    ),
    "hostile": Checked(
        (),
        (
            Finding(
                HOSTILE,
                HOSTILE,
                "error",
                Clause(HOSTILE, HOSTILE, HOSTILE, HOSTILE, 3),
                HOSTILE,
                HOSTILE,
                HOSTILE,
                Source(HOSTILE, 1, 2, 3, 4, HOSTILE, HOSTILE, HOSTILE),
                HOSTILE,
                (Waypoint(HOSTILE, "leaf", None, HOSTILE),),
                HOSTILE,
                (unexpected(Clause(HOSTILE, "", HOSTILE)),),
            ),
            Finding("GV103", "x" * 300, "note", Clause("t" * 300, "", "k"), "m" * 5000),
        ),
    ),
    "nowhere": Checked((NOWHERE.clause,), (NOWHERE,)),
}
MANY = Checked(
    (),
    tuple(
        replace(
            unexpected(Clause("many", f"g{number}", "leaves", CONTRACT, number)), severity=level
        )
        for number in range(1, 251)
        for level in ("warning", "error")
    ),
)


def written(name: str, format: str) -> str:
    """One of `CHECKED` in one of the formats, as text in colour, or as the summary of a step."""
    if format == "summary":
        return summary(CHECKED[name], folder=PROJECT)
    color = format == "color"
    format = "text" if color else format
    told = write(CHECKED[name], format, show_passed=True, color=color, rules=RULES, folder=PROJECT)
    return told.replace(f'"version": "{__version__}"', '"version": "(ours)"')


def golden(name: str, format: str) -> Path:
    """The file that it is compared with."""
    return FOLDER / f"{name}.{format}.txt"


GOLDENS = [(name, format) for name in CHECKED for format in (*FORMATS, "color", "summary")]

# Also half surrogate pairs, control characters and what no character stands for.
texts = st.text(st.characters(codec=None, categories=None), max_size=30) | st.sampled_from(
    [HOSTILE, "::", "##[x]", "x" * 200, "変数" * 60, "``` ", "/etc/x", "a b%20.py", "[x](y)"]
)
maybe = st.none() | texts
numbers = st.integers(-3, 2**40)
levels = st.sampled_from(["error", "warning", "note"])
kinds = st.sampled_from(["root", "operation", "accumulate", "leaf"])
sources = st.builds(
    Source, texts, numbers, numbers, st.none() | numbers, st.none() | numbers, texts, maybe, maybe
)
clauses = st.builds(Clause, texts, texts, texts, maybe, st.none() | numbers)
waypoints = st.builds(Waypoint, texts, kinds, st.none() | sources, maybe)
paths = st.lists(waypoints, max_size=12).map(tuple)
findings = st.recursive(
    st.builds(
        Finding,
        *(texts, texts, levels, clauses, texts, texts, texts, st.none() | sources, maybe, paths),
        hint=texts,
    ),
    lambda inner: st.builds(replace, inner, also=st.lists(inner, max_size=3).map(tuple)),
    max_leaves=4,
)
checks = st.builds(
    Checked,
    st.lists(clauses, max_size=4).map(tuple),
    st.lists(findings, max_size=4).map(tuple),
)
