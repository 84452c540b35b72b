"""`casts`: where the dtype changes from one operation to the next.

Along the edges, not only at copies: float64 data turns a float32 product into float64, and no node
says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from graphview.check.causes import at_line
from graphview.check.edges import Use, uses
from graphview.check.patterns import Patterns
from graphview.check.rule import Case, Code, Found
from graphview.check.value import Value, meant, shown
from graphview.check.words import at, places_text, several, ticked
from graphview.model.graph import Source, counted

KEY = "casts"
EXAMPLE = 'casts = ["float32 -> bfloat16", "bfloat16 -> float32"]'
FORBID, ARROW = "forbid", "->"
CAST = Code(
    "GV111",
    "cast",
    "The dtype changes on an edge where the contract does not allow it.",
    "What creeps in as float64 makes a GPU many times slower; float16 loses small gradients; each "
    "copy takes memory.",
    "Make data and parameters in one dtype (torch.from_numpy gives float64), or allow the cast in "
    "the contract, as for autocast.",
)
CODES: tuple[Code, ...] = (CAST,)
DTYPES = (
    *("float64", "float32", "float16", "bfloat16", "complex128", "complex64", "complex32"),
    *("float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz", "float8_e8m0fnu"),
)
SHORT = {"double": "float64", "float": "float32", "half": "float16", "cdouble": "complex128"}
# A complex number of two float32 is no more precise than they are.
PART = {"complex128": "float64", "complex64": "float32", "complex32": "float16"}
SPELLED_OUT = "casts; make it in the dtype that it is needed in."
IMPLIED = "A copy that the code does not spell out: suspect autocast, or a hook of a module."
COPIES = ("to_copy", "copy")
CAST_CALL = re.compile(r"\.(to|type|type_as|float|double|half|bfloat16|cfloat|cdouble)\(")


@dataclass(frozen=True, slots=True)
class Cast:
    """What is allowed: dtypes, or globs of them."""

    before: str
    after: str

    def allows(self, before: str, after: str) -> bool:
        return Patterns((self.before,)).match(before) and Patterns((self.after,)).match(after)


def read(value: Value) -> tuple[Cast, ...]:
    """`"forbid"`, or a list of those that are allowed: `"float32 -> float16"`."""
    if isinstance(value.raw, str):
        value.choice(FORBID)
        return ()
    return tuple(_cast(item) for item in value.items())


def check(asked: tuple[Cast, ...], case: Case) -> Iterator[Found]:
    by_pair: dict[tuple[str, str], list[Use]] = {}
    for use in uses(case.graph):
        pair = use.before.dtype, use.after.dtype
        if pair[0] != pair[1] and PART.get(pair[0], pair[0]) != PART.get(pair[1], pair[1]):
            by_pair.setdefault(pair, []).append(use)
    wrong = [
        _found(*pair, found, asked, case)
        for pair, found in by_pair.items()
        if not any(each.allows(*pair) for each in asked)
    ]
    # There and back again: what one autocast does has one cause.
    implied = next((each.cause for each in wrong if each.hint == IMPLIED), None)
    for each in wrong:
        yield replace(each, cause=implied) if implied and not _is_spelled_out(each) else each


def _is_spelled_out(found: Found) -> bool:
    return found.hint.endswith(SPELLED_OUT)


def _cast(value: Value) -> Cast:
    before, arrow, after = value.text().partition(ARROW)
    if not arrow:
        raise value.refused(f'is {shown(value.text())}, and no cast as in "float32 -> float16"')
    return Cast(_dtype(before, value), _dtype(after, value))


def _dtype(text: str, value: Value) -> str:
    name = text.strip().removeprefix("torch.")
    name = SHORT.get(name, name)
    if not any(map(Patterns((name,)).match, DTYPES)):
        raise value.refused(f"has the unknown dtype {shown(name)}{meant(name, DTYPES)}")
    return name


def _found(before: str, after: str, found: list[Use], asked: tuple[Cast, ...], case: Case) -> Found:
    graph = case.graph
    first = min(found, key=lambda use: use.order)
    node = graph.nodes[first.user]
    source = graph.source_of(node)
    allowed = [f"{each.before} {ARROW} {each.after}" for each in asked]
    more = f", and on {counted(len(found) - 1, 'other edge')}" if len(found) > 1 else ""
    return Found(
        CAST,
        f"{before} becomes {after} in {node.name}{at(source)}{more}",
        expected=f"no cast but {several(allowed)}" if allowed else "no cast",
        actual=f"{before} -> {after} at "
        + places_text([graph.source_of(graph.nodes[use.user]) for use in found]),
        node=first.user,
        source=source,
        hint=_hint(first, source, case),
        cause=at_line(source) or ("cast", before, after),
    )


def _hint(use: Use, source: Source | None, case: Case) -> str:
    node, after = case.graph.nodes[use.user], use.after.dtype
    if case.graph.operator_of(node).family in COPIES:
        code = source.expression if source else None
        if code and CAST_CALL.search(code):
            return f"{ticked(code)} {SPELLED_OUT}"
        return IMPLIED
    data = next(
        (
            each.variable
            for each in node.saved
            if each.variable and each.tensor is not None and each.tensor.dtype == after
        ),
        None,
    )
    if data is not None and use.before.dtype != after:
        return (
            f"{ticked(data)} is {after} there and takes the rest with it: make it "
            f"{use.before.dtype}, as by {data}.to(torch.{use.before.dtype})."
        )
    return f"Something else that {node.name} takes is {after}; make all of it one dtype."
