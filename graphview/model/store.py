"""Graphs and recordings as JSON, there and back without loss."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import msgspec

from graphview.errors import RecordingError
from graphview.model.graph import Graph
from graphview.model.recording import SCHEMA, Recording

# JSON has no such numbers, and a run that diverges has them.
NON_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def to_json(value: Graph | Recording, *, indent: int = 1) -> bytes:
    """Write as UTF-8 JSON, one key a line."""
    plain = msgspec.to_builtins(value)
    if isinstance(value, Recording):
        plain["run"] = _spell(plain["run"])
    return msgspec.json.format(msgspec.json.encode(plain), indent=indent) + b"\n"


def graph_from_json(text: bytes) -> Graph:
    """Read a graph back. Errors: RecordingError with the place of what is wrong."""
    return _convert(_decode(text, "graph"), Graph, "graph")


def recording_from_json(text: bytes, name: str = "recording") -> Recording:
    """Read a recording back. Errors: RecordingError with the place of what is wrong."""
    plain = _decode(text, name)
    if not isinstance(plain, dict) or "schema" not in plain:
        raise RecordingError(f"{name} is no graphview recording: it has no 'schema'.")
    if plain["schema"] != SCHEMA:
        raise RecordingError(
            f"{name} has schema {plain['schema']!r}, and this graphview reads schema {SCHEMA}; "
            "record it again with this version."
        )
    plain["run"] = _read(plain.get("run"))
    recording: Recording = _convert(plain, Recording, name)
    return recording


def read_recording(path: Path) -> Recording:
    """Read a recording's file. Errors: RecordingError."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise RecordingError(f"{path} cannot be read: {error.strerror or error}.") from error
    return recording_from_json(text, str(path))


def _decode(text: bytes, name: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RecordingError(f"{name} is not JSON: {error}.") from error


def _convert(plain: Any, kind: type, name: str) -> Any:
    try:
        return msgspec.convert(plain, kind)
    except (msgspec.ValidationError, RecursionError) as error:
        raise RecordingError(f"{name} is no recording that graphview wrote: {error}.") from error


def _spell(plain: Any) -> Any:
    if isinstance(plain, float) and not math.isfinite(plain):
        return next(name for name, number in NON_FINITE.items() if str(number) == str(plain))
    return _map(plain, _spell)


def _read(plain: Any) -> Any:
    if isinstance(plain, list):
        return [NON_FINITE.get(item, item) if isinstance(item, str) else item for item in plain]
    return _map(plain, _read)


def _map(plain: Any, change: Any) -> Any:
    if isinstance(plain, dict):
        return {key: change(value) for key, value in plain.items()}
    if isinstance(plain, list | tuple):
        return [change(item) for item in plain]
    return plain
