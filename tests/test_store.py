"""A recording survives JSON unchanged, and nothing else passes for one."""

from __future__ import annotations

import gc
import json
import math
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recordings import CPU, diverged, lesson
from stored import (
    JSON,
    damaged,
    graphs,
    is_read_or_refused,
    recordings,
    same,
    standard_json,
    with_value,
)

from graphview.errors import RecordingError
from graphview.lesson.record import record_lesson
from graphview.model.graph import Graph
from graphview.model.recording import Recording
from graphview.model.store import (
    graph_from_json,
    read_recording,
    recording_from_json,
    to_json,
)


# A few: in recordings there are many more.
@given(graphs())
@settings(max_examples=15)
def test_a_graph_comes_back_as_it_was(graph: Graph) -> None:
    assert graph_from_json(to_json(graph)) == graph


@given(recordings())
@settings(max_examples=40)
def test_a_recording_comes_back_as_it_was(recording: Recording) -> None:
    back = recording_from_json(to_json(recording))
    assert same(back, recording)
    assert to_json(back) == to_json(recording)


def test_the_lessons_recordings_come_back() -> None:
    # Not lesson(), which may have come from a file itself.
    made = record_lesson(CPU, epochs=3)
    assert recording_from_json(to_json(made)) == made
    assert same(recording_from_json(to_json(diverged())), diverged())


def test_what_is_written_is_json_for_everybody() -> None:
    plain = standard_json(to_json(diverged()))
    run = next(run for run in plain["runs"] if run["name"] == plain["main"])
    assert run["loss"][-4:] == ["Infinity", "Infinity", "NaN", "NaN"]
    assert run["parameters"]["a"][-4] == "-Infinity"


def test_text_that_is_no_unicode_is_replaced() -> None:
    plain = lesson(epochs=3)
    odd = Recording("b\udcffd", plain.graphs, plain.drawings, plain.environment, plain.runs)
    assert recording_from_json(to_json(odd)).subject == "b\ufffdd"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "is not JSON"),
        (b"{", "is not JSON"),
        (b"\xff\xfe", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b"[]", "has no 'schema'"),
        (b"{}", "has no 'schema'"),
        (b'{"schema": 1}', "has schema 1, and this graphview reads schema 2"),
        (b'{"schema": "1"}', "has schema of another kind"),
        (b'{"schema": 2}', "missing required field `subject`"),
        (b'{"schema": 2, "runs": ' + b"[" * 500 + b"]" * 500 + b"}", "nothing that graphview"),
    ],
)
def test_what_is_no_recording_is_refused(text: bytes, said: str) -> None:
    with pytest.raises(RecordingError, match=said) as refused:
        recording_from_json(text, "it.json")
    assert str(refused.value).startswith("it.json ")
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        ("subject", 3, r"Expected `str`, got `int` - at `\$.subject`"),
        ("runs.0.loss.0", "nan", r"at `\$.runs\[0\].loss\[0\]`"),
        ("graphs.loss.nodes.2.index", "2", r"at `\$.graphs\[...\].nodes\[2\].index`"),
        ("graphs.loss.roots", [], "in graph loss, there is no root"),
        ("graphs.loss.nodes.2.index", 3, "in graph loss, node 3 stands in place 2"),
        ("graphs.loss.nodes.2.operator", "x", "node 2 has an operator that is missing"),
        ("graphs.loss.nodes.2.source", 99, "node 2 has source 99, which is missing"),
        ("graphs.loss.nodes.2.source", -1, "node 2 has source -1, which is missing"),
        ("graphs.loss.roots.0.node", 99, "root loss stands at node 99"),
        ("graphs.loss.leaves.0.node", -1, "leaf [ab] stands at node -1"),
        ("graphs.loss.nodes.2.inputs.0.node", 2, "node 2 has input 2, which does not come before"),
        ("drawings", {"x": ""}, "its drawings are not those of its graphs"),
        ("steps.4.drawings", {"x": ""}, "the drawings of step .* are not those of its graphs"),
        ("runs.0.loss", [], "its run has no epoch"),
        ("backward.steps.2.arrived.shape", [], "its backward has a tensor without numbers"),
        ("runs.0.loss", [1.0], "its run has 1 losses"),
        ("runs.0.parameters.a", [1.0], "not as many of everything else"),
        ("runs.0.gradients", {}, "no values or no gradients"),
        ("runs.0.truth", {"c": 1.0}, "no values or no gradients"),
    ],
)
def test_a_fault_is_named_with_its_place(place: str, value: Any, said: str) -> None:
    way = [int(step) if step.isdigit() else step for step in place.split(".")]
    with pytest.raises(RecordingError, match=said):
        recording_from_json(with_value(lesson(epochs=3), way, value))


def test_a_graph_with_a_fault_is_refused() -> None:
    plain = json.loads(to_json(lesson(epochs=3).graphs["loss"]))
    plain["roots"] = []
    with pytest.raises(RecordingError, match="there is no root"):
        graph_from_json(json.dumps(plain).encode())


@given(st.binary(max_size=200))
def test_random_bytes_are_no_recording(text: bytes) -> None:
    with pytest.raises(RecordingError):
        recording_from_json(text)
    with pytest.raises(RecordingError):
        graph_from_json(text)


@given(
    JSON,
    st.sampled_from(
        ["subject", "graphs", "drawings", "runs", "code", "environment", "steps", "backward"]
    ),
)
def test_random_json_is_no_recording(plain: Any, where: str) -> None:
    with pytest.raises(RecordingError):
        recording_from_json(json.dumps({"schema": 2, where: plain}).encode())
    with pytest.raises(RecordingError):
        graph_from_json(json.dumps(plain).encode())


@given(st.data())
@settings(max_examples=150)
def test_a_damaged_recording_is_read_or_refused(data: st.DataObject) -> None:
    made = lesson(epochs=3)
    is_read_or_refused(damaged(data.draw, made, sorted(made.__dataclass_fields__)))


@pytest.mark.parametrize("text", [b"{", b'{"schema": 2}', to_json(lesson(epochs=3))])
def test_pythons_collector_goes_on_after_reading(text: bytes) -> None:
    with suppress(RecordingError):
        recording_from_json(text)
    assert gc.isenabled()


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"nothing\.json cannot be read: No such file"):
        read_recording(tmp_path / "nothing.json")
    with pytest.raises(RecordingError, match="cannot be read"):
        read_recording(tmp_path)


def test_a_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "recording.json"
    file.write_bytes(to_json(diverged()))
    run = read_recording(file).run
    assert run is not None
    assert math.isnan(run.loss[-1])
