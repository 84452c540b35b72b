"""Recordings of anything at all, and what damage may be done to them once they are written."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, get_args

import pytest
from hypothesis import strategies as st

from graphview.errors import RecordingError
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
from graphview.model.store import recording_from_json, to_json

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


def same(one: object, other: object) -> bool:
    """A NaN is not equal to itself, and its representation is."""
    return _shown(one) == _shown(other)


def _shown(value: Any) -> str:
    return repr([getattr(value, name) for name in value.__dataclass_fields__])


def standard_json(text: bytes) -> Any:
    def refuse(constant: str) -> None:
        pytest.fail(f"{constant} is not in the JSON standard")

    return json.loads(text, parse_constant=refuse)


def with_value(recording: Recording, way: Sequence[str | int], value: Any) -> bytes:
    """The recording as it is written, with another value in one place."""
    plain = inner = json.loads(to_json(recording))
    for step in way[:-1]:
        inner = inner[step]
    inner[way[-1]] = value
    return json.dumps(plain).encode()


def damaged(draw: st.DrawFn, recording: Recording, parts: Sequence[str]) -> bytes:
    """The recording as it is written, spoilt in one place of one of these parts."""
    plain = json.loads(to_json(recording))
    inner, key = plain, draw(st.sampled_from(parts))
    while isinstance(inner[key], dict | list) and inner[key] and not draw(st.booleans()):
        inner = inner[key]
        key = draw(st.sampled_from(list(inner) if isinstance(inner, dict) else range(len(inner))))
    inner[key] = draw(DAMAGE)
    return json.dumps(plain).encode()


def is_read_or_refused(text: bytes) -> None:
    try:
        recording_from_json(text)
    except RecordingError as refused:
        assert len(str(refused).splitlines()) == 1
