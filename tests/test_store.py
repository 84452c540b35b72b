"""A recording survives JSON unchanged, and nothing else passes for one."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recordings import CPU, diverged, lesson

from graphview.errors import RecordingError
from graphview.lesson.record import record_lesson
from graphview.model.backward import (
    Backward,
    BackwardStep,
    NodeValues,
    TensorValues,
    Update,
)
from graphview.model.graph import (
    ACCUMULATE,
    Edge,
    Formula,
    Graph,
    Leaf,
    Node,
    Operator,
    Origin,
    Root,
    SavedStatus,
    SavedTensor,
    Source,
    TensorInfo,
)
from graphview.model.recording import Environment, Recording
from graphview.model.run import LossSurface, TrainingRun
from graphview.model.step import Excerpt, Failure, Step
from graphview.model.store import (
    graph_from_json,
    read_recording,
    recording_from_json,
    to_json,
)

ODD = st.sampled_from(["NaN", "Infinity", "", "\0", "</script>", "\u2028", "\U0001f600", "null"])
TEXTS = ODD | st.text(max_size=8)
COUNTS = st.integers(0, 2**63 - 1)
NUMBERS = st.floats()
FINITE = st.floats(allow_nan=False, allow_infinity=False)
ATTRIBUTES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | FINITE | TEXTS,
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=6,
)
TENSORS = st.builds(
    TensorInfo, st.none() | st.lists(COUNTS | st.just("*"), max_size=3).map(tuple), TEXTS, TEXTS
)
SAVED = st.builds(
    SavedTensor,
    TEXTS,
    st.sampled_from(get_args(SavedStatus)),
    st.none() | TENSORS,
    COUNTS,
    st.none() | COUNTS,
    st.none() | TEXTS,
)
MAYBE_COLUMN, MAYBE_TEXT = st.none() | COUNTS, st.none() | TEXTS
SOURCES = st.builds(
    Source, TEXTS, COUNTS, COUNTS, MAYBE_COLUMN, MAYBE_COLUMN, TEXTS, MAYBE_TEXT, MAYBE_TEXT
)
FORMULAS = st.builds(Formula, st.lists(TEXTS, max_size=2).map(tuple), TEXTS)
OPERATORS = st.builds(
    Operator,
    TEXTS,
    TEXTS,
    TEXTS,
    st.sampled_from(get_args(Origin)),
    MAYBE_TEXT,
    st.lists(TEXTS, max_size=2).map(tuple),
    st.lists(FORMULAS, max_size=2).map(tuple),
    MAYBE_TEXT,
    MAYBE_TEXT,
    st.none() | COUNTS,
)
ENVIRONMENTS = st.builds(
    Environment,
    *[TEXTS] * 6,
    packages=st.dictionaries(TEXTS, TEXTS, max_size=2),
    cuda=MAYBE_TEXT,
    cudnn=MAYBE_TEXT,
    recorded_at=TEXTS,
    command=TEXTS,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | FINITE | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=12,
)
DAMAGE = st.none() | st.integers(-2, 9) | st.just("NaN") | st.just([]) | st.just({})


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    operators = draw(st.dictionaries(TEXTS, OPERATORS, min_size=1, max_size=2))
    sources = draw(st.lists(SOURCES, max_size=2))
    nodes = [draw(_nodes(index, operators, sources)) for index in range(draw(st.integers(1, 4)))]
    places = st.integers(0, len(nodes) - 1)
    return Graph(
        roots=tuple(draw(st.lists(st.builds(Root, TEXTS, TENSORS, places, COUNTS), min_size=1))),
        nodes=tuple(nodes),
        leaves=tuple(draw(st.lists(st.builds(Leaf, places, MAYBE_TEXT, TENSORS, COUNTS)))),
        operators=operators,
        sources=tuple(sources),
    )


def _nodes(
    index: int, operators: dict[str, Operator], sources: list[Source]
) -> st.SearchStrategy[Node]:
    before = st.none() | (st.integers(0, index - 1) if index else st.none())
    return st.builds(
        Node,
        st.just(index),
        st.just(ACCUMULATE) | TEXTS,
        st.sampled_from(sorted(operators)),
        st.lists(st.builds(Edge, MAYBE_TEXT, before, COUNTS), max_size=2).map(tuple),
        st.lists(TENSORS, max_size=2).map(tuple),
        st.dictionaries(TEXTS, ATTRIBUTES, max_size=3),
        st.lists(SAVED, max_size=2).map(tuple),
        st.sampled_from([None, *range(len(sources))]),
        MAYBE_TEXT,
        MAYBE_TEXT,
    )


@st.composite
def runs(draw: st.DrawFn) -> TrainingRun:
    epochs, names = draw(st.integers(1, 4)), draw(st.lists(TEXTS, unique=True, max_size=2))

    def column(length: int = epochs) -> tuple[float, ...]:
        return tuple(draw(st.lists(NUMBERS, min_size=length, max_size=length)))

    return TrainingRun(
        name=draw(TEXTS),
        device=draw(TEXTS),
        learning_rate=draw(NUMBERS),
        loss=column(),
        validation_loss=column(),
        seconds=column(),
        parameters={name: column(epochs + 1) for name in names},
        gradients={name: column() for name in names},
        truth={name: draw(NUMBERS) for name in names},
        optimum={name: draw(NUMBERS) for name in names},
        optimum_loss=draw(st.none() | NUMBERS),
        seeds=draw(st.dictionaries(TEXTS, COUNTS, max_size=2)),
        counts=draw(st.dictionaries(TEXTS, COUNTS, max_size=2)),
        peak_memory=draw(st.none() | COUNTS),
        memory_of=draw(MAYBE_TEXT),
    )


@st.composite
def tensor_values(draw: st.DrawFn) -> TensorValues:
    shape = draw(st.lists(COUNTS, max_size=2))
    whole = st.lists(NUMBERS, min_size=0 if shape else 1, max_size=2).map(tuple)
    return TensorValues(
        tuple(shape),
        *(draw(NUMBERS) for _ in range(3)),
        first=tuple(draw(st.lists(NUMBERS, min_size=1, max_size=2))),
        # A scalar is always few enough to be kept whole.
        whole=draw(st.none() | whole if shape else whole),
    )


VALUES = tensor_values()
UPDATES = st.builds(Update, TEXTS, *[NUMBERS] * 4)
SURFACES = st.builds(
    LossSurface,
    st.tuples(TEXTS, TEXTS),
    st.tuples(FINITE, FINITE),
    FINITE,
    st.tuples(st.tuples(FINITE, FINITE), st.tuples(FINITE, FINITE)),
)


@st.composite
def backwards(draw: st.DrawFn, shown: dict[str, Graph]) -> Backward:
    name = draw(st.sampled_from(sorted(shown)))
    nodes = len(shown[name].nodes)
    values = st.builds(NodeValues, st.none() | VALUES, st.none() | VALUES)
    at = draw(st.lists(st.integers(0, nodes - 1), max_size=2))
    return Backward(
        graph=name,
        values=tuple(draw(values) for _ in range(nodes)),
        steps=tuple(BackwardStep(node, draw(VALUES)) for node in at),
        updates=tuple(draw(st.lists(UPDATES, max_size=2))),
    )


@st.composite
def told_steps(draw: st.DrawFn, names: list[str]) -> Step:
    shown = draw(st.dictionaries(TEXTS, graphs(), max_size=1))
    return Step(
        *draw(st.tuples(TEXTS, TEXTS, TEXTS)),
        text=tuple(draw(st.lists(TEXTS, max_size=2))),
        code=draw(st.builds(Excerpt, TEXTS, COUNTS, st.lists(TEXTS, max_size=2).map(tuple))),
        output=draw(TEXTS),
        failure=draw(st.none() | st.builds(Failure, TEXTS, TEXTS, COUNTS, TEXTS)),
        after=tuple(draw(st.lists(TEXTS, max_size=2))),
        graphs=shown,
        drawings={name: draw(TEXTS) for name in shown},
        run=draw(st.sampled_from([None, *names])),
    )


@st.composite
def recordings(draw: st.DrawFn) -> Recording:
    shown = draw(st.dictionaries(TEXTS, graphs(), max_size=2))
    made = draw(st.lists(runs(), max_size=2))
    return Recording(
        subject=draw(TEXTS),
        graphs=shown,
        drawings={name: draw(TEXTS) for name in shown},
        environment=draw(ENVIRONMENTS),
        runs=tuple(made),
        main=draw(st.sampled_from([None, *(run.name for run in made)])),
        backward=draw(st.none() | backwards(shown)) if shown else None,
        surface=draw(st.none() | SURFACES),
        steps=tuple(draw(st.lists(told_steps([run.name for run in made]), max_size=1))),
        code=tuple(
            draw(
                st.lists(st.builds(Excerpt, TEXTS, COUNTS, st.lists(TEXTS).map(tuple)), max_size=2)
            )
        ),
    )


# A NaN is not equal to itself, and its representation is.
def _same(one: object, other: object) -> bool:
    return _shown(one) == _shown(other)


def _shown(value: Any) -> str:
    return repr([getattr(value, name) for name in value.__dataclass_fields__])


# A few: in recordings there are many more.
@given(graphs())
@settings(max_examples=15)
def test_a_graph_comes_back_as_it_was(graph: Graph) -> None:
    assert graph_from_json(to_json(graph)) == graph


@given(recordings())
@settings(max_examples=40)
def test_a_recording_comes_back_as_it_was(recording: Recording) -> None:
    back = recording_from_json(to_json(recording))
    assert _same(back, recording)
    assert to_json(back) == to_json(recording)


def test_the_lessons_recordings_come_back() -> None:
    # Not lesson(), which may have come from a file itself.
    made = record_lesson(CPU, epochs=3)
    assert recording_from_json(to_json(made)) == made
    assert _same(recording_from_json(to_json(diverged())), diverged())


def test_what_is_written_is_json_for_everybody() -> None:
    def refuse(constant: str) -> None:
        pytest.fail(f"{constant} is not in the JSON standard")

    plain = json.loads(to_json(diverged()), parse_constant=refuse)
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
    with pytest.raises(RecordingError, match=said):
        recording_from_json(_with(place, value))


def test_a_graph_with_a_fault_is_refused() -> None:
    plain = json.loads(to_json(lesson(epochs=3).graphs["loss"]))
    plain["roots"] = []
    with pytest.raises(RecordingError, match="there is no root"):
        graph_from_json(json.dumps(plain).encode())


def _with(place: str, value: Any) -> bytes:
    """The lesson's recording with another value in one place."""
    plain = json.loads(to_json(lesson(epochs=3)))
    *way, last = [int(step) if step.isdigit() else step for step in place.split(".")]
    inner = plain
    for step in way:
        inner = inner[step]
    inner[last] = value
    return json.dumps(plain).encode()


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
    plain = json.loads(to_json(lesson(epochs=3)))
    inner: Any = plain
    while True:
        keys = list(inner) if isinstance(inner, dict) else list(range(len(inner)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(inner[key], dict | list) or not inner[key] or data.draw(st.booleans()):
            break
        inner = inner[key]
    inner[key] = data.draw(DAMAGE)
    try:
        recording_from_json(json.dumps(plain).encode())
    except RecordingError as refused:
        assert len(str(refused).splitlines()) == 1


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
