"""Graphs and recordings as JSON, there and back without loss."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from graphview.errors import RecordingError
from graphview.model.coherence import faults_of_graph, faults_of_recording
from graphview.model.graph import Graph
from graphview.model.recording import SCHEMA, Recording

REMEDY = "give a file that `graphview record` wrote"
# JSON has no such numbers, and a run that diverges has them.
NON_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
# A run's only strings; every other one in it spells a number.
WORDS = ("name", "device", "memory_of")


def to_json(value: Graph | Recording) -> bytes:
    """Write as UTF-8 JSON, one key a line."""
    plain = msgspec.to_builtins(value)
    if isinstance(value, Recording):
        plain["run"] = _spell(plain["run"])
    try:
        text = msgspec.json.encode(plain)
    except UnicodeEncodeError:
        # File names may hold what is no Unicode, and JSON may not.
        text = msgspec.json.encode(_legible(plain))
    return msgspec.json.format(text, indent=1) + b"\n"


def graph_from_json(text: bytes) -> Graph:
    """Read a graph back. Errors: RecordingError with the place of what is wrong."""
    graph: Graph = _convert(_decode(text, "graph"), Graph, "graph")
    _refuse(next(faults_of_graph(graph), None), "graph")
    return graph


def recording_from_json(text: bytes, name: str = "recording") -> Recording:
    """Read a recording back. Errors: RecordingError with the place of what is wrong."""
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


def _decode(text: bytes, name: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RecordingError(f"{name} is not JSON ({error}); {REMEDY}.") from error


def _convert(plain: Any, kind: type, name: str) -> Any:
    try:
        if kind is Recording:
            plain["run"] = _read(plain.get("run"))
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


def _read(run: Any) -> Any:
    if not isinstance(run, dict):
        return run
    return {key: value if key in WORDS else _numbers(value) for key, value in run.items()}


def _numbers(plain: Any) -> Any:
    if isinstance(plain, str):
        return NON_FINITE.get(plain, plain)
    return _map(plain, _numbers)


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
