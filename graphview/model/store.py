"""Graphs and recordings as JSON, there and back without loss."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import msgspec

from graphview.collector import collector_paused
from graphview.errors import RecordingError
from graphview.model.coherence import faults_of_graph, faults_of_recording
from graphview.model.graph import Graph
from graphview.model.recording import SCHEMA, Recording

REMEDY = "give a file that `graphview record` wrote"
# JSON has no such numbers, and a run that diverges has them.
NON_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
NOT_READ = msgspec.DecodeError, UnicodeDecodeError, RecursionError
# The only strings of a run, a backward pass, a journal; every other one in them spells a number.
RUN_WORDS = ("name", "device", "memory_of", "failed")
BACKWARD_WORDS = ("graph", "argument", "name")
JOURNAL_WORDS = (
    "name", "call", "roots", "source", "graph", "kind", "failure",
    "optimizers", "memory_of", "notes",
)  # fmt: skip
# What may hold numbers that JSON has not.
NUMERIC = ("runs", "backward", "journal", "measures")


def to_json(value: Graph | Recording) -> bytes:
    """Write as UTF-8 JSON, one key a line."""
    plain = msgspec.to_builtins(value)
    if isinstance(value, Recording):
        plain |= {name: _spell(plain[name]) for name in NUMERIC}
    try:
        text = msgspec.json.encode(plain)
    except UnicodeEncodeError:
        # File names may hold what is no Unicode, and JSON may not.
        text = msgspec.json.encode(_legible(plain))
    return msgspec.json.format(text, indent=1) + b"\n"


def graph_from_json(text: bytes) -> Graph:
    """Read a graph back. Errors: RecordingError with the place of what is wrong."""
    with collector_paused():
        graph: Graph = _at_once(text, Graph) or _convert(_decode(text, "graph"), Graph, "graph")
        _refuse(next(faults_of_graph(graph), None), "graph")
    return graph


def recording_from_json(text: bytes, name: str = "recording") -> Recording:
    """Read a recording back. Errors: RecordingError with the place of what is wrong."""
    with collector_paused():
        recording: Recording = _at_once(text, Recording) or _by_parts(text, name)
        _refuse(next(faults_of_recording(recording), None), name)
    return recording


def read_recording(path: Path) -> Recording:
    """Read a recording's file. Errors: RecordingError."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise RecordingError(
            f"{path} cannot be read: {error.strerror or error}; {REMEDY}."
        ) from error
    return recording_from_json(text, str(path))


class _Head(msgspec.Struct):
    """What must be known of a recording before all else."""

    schema: Any = None


def _at_once(text: bytes, kind: type) -> Any:
    """Read and validate in one pass, without plain lists and dicts of all that is in a graph.

    None for what is not quite as expected: it is read again, by parts, to say what is wrong, or to
    find numbers that are written as words.
    """
    try:
        if kind is Recording and msgspec.json.decode(text, type=_Head).schema != SCHEMA:
            return None
        return msgspec.json.decode(text, type=kind)
    except NOT_READ:
        return None


def _by_parts(text: bytes, name: str) -> Recording:
    plain = _decode(text, name)
    if not isinstance(plain, dict) or "schema" not in plain:
        raise RecordingError(f"{name} is no graphview recording: it has no 'schema'.")
    schema = plain["schema"]
    if schema != SCHEMA:
        found = schema if isinstance(schema, int) else "of another kind"
        raise RecordingError(
            f"{name} has schema {found}, and this graphview reads schema {SCHEMA}; "
            "record it again with this version."
        )
    recording: Recording = _convert(plain, Recording, name)
    return recording


def _decode(text: bytes, name: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except NOT_READ as error:
        raise RecordingError(f"{name} is not JSON ({error}); {REMEDY}.") from error


def _convert(plain: Any, kind: type, name: str) -> Any:
    try:
        if kind is Recording:
            plain |= _read(plain)
        return msgspec.convert(plain, kind)
    except (msgspec.ValidationError, RecursionError) as error:
        raise RecordingError(f"{name} is nothing that graphview wrote: {error}.") from error


def _refuse(fault: str | None, name: str) -> None:
    if fault is not None:
        raise RecordingError(f"{name} is nothing that graphview wrote: {fault}.")


def _spell(plain: Any) -> Any:
    if isinstance(plain, float) and not math.isfinite(plain):
        return next(name for name, number in NON_FINITE.items() if str(number) == str(plain))
    return _map(plain, _spell)


def _read(plain: dict[str, Any]) -> dict[str, Any]:
    runs, measures = plain.get("runs", []), plain.get("measures", {})
    if isinstance(runs, list):
        runs = [_read_run(run) for run in runs]
    return {
        "runs": runs,
        "backward": _numbers(plain.get("backward"), BACKWARD_WORDS),
        "journal": _numbers(plain.get("journal"), JOURNAL_WORDS),
        "measures": _numbers(measures),
    }


def _read_run(run: Any) -> Any:
    if not isinstance(run, dict):
        return run
    # Only here: a parameter may be called like one of these.
    return {key: value if key in RUN_WORDS else _numbers(value) for key, value in run.items()}


def _numbers(plain: Any, words: Collection[str] = ()) -> Any:
    if isinstance(plain, str):
        return NON_FINITE.get(plain, plain)
    if isinstance(plain, dict):
        return {
            key: value if key in words else _numbers(value, words) for key, value in plain.items()
        }
    return _map(plain, lambda item: _numbers(item, words))


def _legible(plain: Any) -> Any:
    if isinstance(plain, str):
        return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(plain, dict):
        plain = {_legible(key): value for key, value in plain.items()}
    return _map(plain, _legible)


def _map(plain: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(plain, dict):
        return {key: change(value) for key, value in plain.items()}
    if isinstance(plain, list | tuple):
        return [change(item) for item in plain]
    return plain
