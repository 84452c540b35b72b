"""`graphview.toml`, or `[tool.graphview]` in `pyproject.toml` -> a contract."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graphview.check.contract import Asked, Contract, GraphContract, Target
from graphview.check.lines import lines_of
from graphview.check.rules import KEYS, code_of, rule_of
from graphview.check.value import Value, dotted, meant
from graphview.errors import ContractError
from graphview.model.finding import Severity

if TYPE_CHECKING:
    from graphview.check.diagnoses import Diagnoses

NAME, PROJECT = "graphview.toml", "pyproject.toml"
TOOL = "graphview"
SCHEMA = 1
LARGEST = 1 << 20
REMEDY = "`graphview init SUBJECT` writes a contract"
LARGEST_SEED = (1 << 63) - 1
LEVELS: dict[str, Severity | None] = {"off": None, "warn": "warning", "error": "error"}
PLACE = re.compile(
    r"(?P<what>.*) \((?:at line (?P<line>\d+), column \d+|at end of document)\)", re.DOTALL
)


def find_contract(folder: Path) -> Path | None:
    """The contract for whoever works in `folder`: there or further up, to the repository's root.

    In each folder `graphview.toml` comes first, then a `pyproject.toml` with `[tool.graphview]`.
    """
    for each in (folder, *folder.parents):
        if (each / NAME).is_file():
            return each / NAME
        if (each / PROJECT).is_file() and _has_contract(each / PROJECT):
            return each / PROJECT
        if (each / ".git").exists():
            break
    return None


def read_contract(path: Path) -> Contract:
    """Read a contract file. Errors: ContractError, with the line where one is known."""
    document = _document(path)
    if path.name == PROJECT:
        document = _tool(document)
    found = document.table("schema", "rules", "targets")
    _check_schema(document, found.get("schema"))
    targets = found["targets"].table() if "targets" in found else {}
    return Contract(
        file=str(path),
        targets=tuple(_target(name, value) for name, value in targets.items()),
        severities=_severities(found["rules"]) if "rules" in found else {},
    )


def _has_contract(path: Path) -> bool:
    try:
        tool = _document(path).raw.get("tool")
    except ContractError:
        # The file of another tool's may be broken; where it is ours, reading it says so.
        return re.search(rb"^\s*\[\s*tool\s*\.\s*graphview\b", _content(path), re.M) is not None
    return isinstance(tool, dict) and TOOL in tool


def _tool(document: Value) -> Value:
    tool = document.table().get("tool")
    found = tool.table().get(TOOL) if tool is not None else None
    if found is None:
        raise ContractError(f"{document.file} has no [tool.{TOOL}]; {REMEDY}.")
    return found


def _document(path: Path) -> Value:
    content = _content(path)
    if len(content) > LARGEST:
        raise ContractError(f"{path} is larger than any contract: more than {LARGEST >> 20} MiB.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ContractError(f"{path}:{line}: this is not UTF-8, as TOML is.") from error
    # As the standard library's reader counts lines.
    text = text.replace("\r\n", "\n")
    raw = _parsed(text, path)
    return Value(raw, "", str(path), None, lines_of(text))


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ContractError(f"{path} cannot be read: {reason}; {REMEDY}.") from error


def _parsed(text: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ContractError(f"{path} is nested too deeply to be read.") from error
    except tomllib.TOMLDecodeError as error:
        raise ContractError(_no_toml(str(error), text, path)) from error
    except ValueError as error:
        # Python reads no number of thousands of digits.
        raise ContractError(f"{path} has a number that is too long to be read.") from error


def _no_toml(message: str, text: str, path: Path) -> str:
    found = PLACE.fullmatch(message)
    what = found["what"] if found else message
    line = None if found is None else found["line"] or text.count("\n", 0, len(text.rstrip())) + 1
    place = str(path) if line is None else f"{path}:{line}"
    return f"{place}: this is no TOML: {what[:1].lower()}{what[1:].rstrip('.')}."


def _check_schema(document: Value, value: Value | None) -> None:
    if value is None:
        key = dotted(document.key, "schema")
        missing = Value(None, key, document.file, document.line)
        raise missing.refused(f"is missing; write schema = {SCHEMA}")
    if value.whole() != SCHEMA:
        raise value.refused(f"is {value.whole()}, and this graphview reads schema {SCHEMA}")


def _severities(value: Value) -> dict[str, Severity | None]:
    from graphview.check.rules import CODES

    known = [*CODES, *(code.name for code in CODES.values())]
    found: dict[str, Severity | None] = {}
    for key, level in value.table().items():
        if key not in known:
            raise level.refused(f"is no code or name of a finding{meant(key, known)}")
        code = code_of(key).code
        if code in found:
            raise level.refused(f"is {code}, of which something is said already")
        found[code] = LEVELS[level.choice(*LEVELS)]
    return found


def _target(name: str, value: Value) -> Target:
    found = value.table(
        "subject", "device", "seed", "arguments", "max-steps", "graphs", "diagnoses"
    )
    return Target(
        name=name,
        subject=found["subject"].text() if "subject" in found else None,
        device=found["device"].text() if "device" in found else None,
        seed=_seed(found["seed"]) if "seed" in found else 0,
        arguments=_arguments(found["arguments"]) if "arguments" in found else (),
        max_steps=found["max-steps"].whole(least=1) if "max-steps" in found else None,
        graphs=tuple(_graphs(found["graphs"])) if "graphs" in found else (),
        diagnoses=_diagnoses(found["diagnoses"]) if "diagnoses" in found else None,
        line=value.line,
    )


def _diagnoses(value: Value) -> Diagnoses:
    from graphview.check.diagnoses import read

    return read(value)


def _seed(value: Value) -> int:
    if value.whole() > LARGEST_SEED:
        raise value.refused("is too large for a seed")
    return value.whole()


def _arguments(value: Value) -> tuple[str, ...]:
    return tuple(item.text(empty=True) for item in value.items())


def _graphs(value: Value) -> Iterator[GraphContract]:
    for root, graph in value.table().items():
        found = graph.table(*KEYS, "on")
        on = found.pop("on").table() if "on" in found else {}
        yield GraphContract(
            root=root,
            asked=_asked(found),
            on={device: _asked(each.table(*KEYS)) for device, each in on.items()},
            line=graph.line,
        )


def _asked(found: dict[str, Value]) -> tuple[Asked, ...]:
    rules = [(rule_of(key), value) for key, value in found.items()]
    return tuple(Asked(rule, rule.read(value), value.file, value.line) for rule, value in rules)
