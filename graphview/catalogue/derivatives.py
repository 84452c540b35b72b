"""Autograd's own derivative formulas, read from the installed torch.

The file is `torchgen/packaged/autograd/derivatives.yaml`; the rule that numbers the node classes
(`MulBackward0`, `MulBackward1`) is the one in `torchgen.packaged.autograd.load_derivatives`.
"""

from __future__ import annotations

import importlib.util
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from graphview.catalogue.families import family
from graphview.model.graph import Formula, Operator

FILE = Path("torchgen/packaged/autograd/derivatives.yaml")
NO_DERIVATIVE = "non_differentiable"
NOT_AN_ARGUMENT = ("name", "output_differentiability", "dispatch")


@cache
def operators() -> Mapping[str, Operator]:
    """All node classes that torch generates, by name. About 650; read once, some 30 ms."""
    path = derivatives_file()
    if path is None:
        return {}
    with path.open("rb") as stream:
        entries = yaml.load(stream, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return _number(entries)


def derivatives_file() -> Path | None:
    """The file beside the installed torch; None without torch, or where a build lacks it."""
    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent.parent / FILE
    return path if path.is_file() else None


def _number(entries: list[dict[str, Any]]) -> dict[str, Operator]:
    table: dict[str, Operator] = {}
    counter: Counter[str] = Counter()
    for entry in entries:
        for key, formulas in _dispatch(entry):
            operator = _operator(entry["name"], formulas)
            if not operator.arguments:
                continue
            prefix = _prefix(operator.op.split(".")[0]) + ("" if key == "Default" else key)
            name = f"{prefix}{counter[prefix]}"
            counter[prefix] += 1
            table[name] = replace(operator, name=name)
            if _is_view(entry["name"]):
                # Functionalization gives each view op a twin that copies.
                table[f"{name}_copy"] = replace(operator, name=f"{name}_copy")
    return table


def _dispatch(entry: dict[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    if "dispatch" in entry:
        yield from entry["dispatch"].items()
    else:
        yield "Default", entry


def _operator(schema: str, formulas: dict[str, str]) -> Operator:
    op, arguments = _signature(schema)
    found = []
    for names, text in formulas.items():
        if names in NOT_AN_ARGUMENT:
            continue
        split = tuple(name.strip() for name in names.split(","))
        if set(split) <= set(arguments) and str(text).lower().strip() != NO_DERIVATIVE:
            found.append(Formula(split, " ".join(str(text).split())))
    found.sort(key=lambda formula: arguments.index(formula.arguments[0]))
    wanted = {name for formula in found for name in formula.arguments}
    return Operator(
        name="",
        op=op,
        family=family(op),
        origin="derivatives.yaml",
        schema=schema,
        arguments=tuple(name for name in arguments if name in wanted),
        formulas=tuple(found),
    )


def _signature(schema: str) -> tuple[str, tuple[str, ...]]:
    op, _, rest = schema.partition("(")
    inside = re.sub(r"\([^()]*\)", "", rest).rpartition(")")[0]
    names = (part.partition("=")[0].split()[-1] for part in _split(inside) if part != "*")
    return op, tuple(names)


def _split(arguments: str) -> list[str]:
    return [part.strip() for part in re.split(r",(?![^\[]*\])", arguments) if part.strip()]


def _prefix(base: str) -> str:
    if base.endswith("_") and not base.endswith("__"):
        base = base[:-1]
    camel = "".join(part.title() for part in base.split("_"))
    return (camel + "Backward").replace("ForwardBackward", "Backward")


def _is_view(schema: str) -> bool:
    arguments = schema.split("->")[0]
    return "(a" in arguments and "!" not in arguments
