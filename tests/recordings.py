"""Recordings that several tests look at: each is made once in a test run."""

from __future__ import annotations

import gzip
import math
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import torch
from filelock import FileLock

from graphview.draw.boxes import drawing_of
from graphview.draw.drawing import to_dot
from graphview.draw.engines import layout
from graphview.lesson.record import record_lesson
from graphview.model.graph import Graph
from graphview.model.recording import Recording
from graphview.model.run import TrainingRun
from graphview.model.step import Excerpt
from graphview.model.store import recording_from_json, to_json
from graphview.report.page import drawings, page

CPU = torch.device("cpu")
# Set where several processes run the tests.
SHARED: Path | None = None
# What torch.manual_seed(42) gave the notebook's a and b, on its GPU.
ON_CUDA = 0.194, 0.1391
HOSTILE = (
    "</script><script>alert(1)</script>",
    "\"' onload=alert(1) x='",
    r"\N \G \L \\",
    "\0\x01\x1b[31m\x7f\x9b\ufffe",
    "&amp;&lt;b&gt;<!--",
    "<img src=x onerror=alert(1)>",
    "{{ 7 * 7 }}{% raw %}",
    "\udcff",
    "a\nb\r\nc",
    "long" * 5_000,
)


def made_once(name: str, make: Callable[[], Recording]) -> Recording:
    """Made by one of the processes of a test run, and read by the others: training takes long.

    They share a folder, as pytest-xdist's documentation recommends it.
    """
    if SHARED is None:
        return make()
    file = SHARED / f"{name}.json"
    with FileLock(f"{file}.lock"):
        if file.exists():
            return recording_from_json(file.read_bytes())
        recording = make()
        file.write_bytes(to_json(recording))
        return recording


@cache
def lesson(epochs: int = 1000) -> Recording:
    return made_once(f"lesson-{epochs}", lambda: record_lesson(CPU, epochs=epochs))


@cache
def from_the_notebooks_start() -> Recording:
    return made_once("notebook", lambda: record_lesson(CPU, initial=ON_CUDA))


@cache
def on_gpu() -> Recording:
    """What `graphview record` kept on an NVIDIA H100; docs/gpu.md tells of that run."""
    kept = Path(__file__).parent / "data" / "gpu_recording.json.gz"
    return recording_from_json(gzip.decompress(kept.read_bytes()))


@cache
def of_batches() -> Recording:
    """A part of the lesson, whose main run was trained on batches."""
    make = partial(record_lesson, CPU, epochs=300, steps=("mini_batches",))
    return made_once("batches", make)


@cache
def diverged() -> Recording:
    """The lesson, as if its learning rate had been far too large: 1e38, then infinite, then NaN."""
    recording = lesson()
    assert recording.run is not None
    grown = [(-4.0) ** epoch for epoch in range(64)]
    endings = [math.inf, -math.inf, math.nan, math.nan]
    values = (*grown, *endings)
    size = tuple(map(abs, values))
    run = replace(
        recording.run,
        loss=size,
        validation_loss=size,
        seconds=tuple(1e-4 for _ in values),
        parameters={"a": (*values, math.nan), "b": (*values, math.nan)},
        gradients={"a": values, "b": values},
    )
    return with_run(recording, run)


def with_run(recording: Recording, run: TrainingRun | None) -> Recording:
    """The recording with another main run, or with none at all."""
    if run is None:
        return replace(recording, runs=(), main=None)
    runs = tuple(run if other.name == recording.main else other for other in recording.runs)
    return replace(recording, runs=runs, main=run.name)


@cache
def hostile() -> Recording:
    """The lesson with every text replaced by one that would break out of careless markup."""
    recording = lesson(epochs=3)
    texts = dict(zip(("a", "b", "yhat", "error", "loss"), HOSTILE, strict=False))
    graphs = {texts[name]: _spoilt(graph, texts) for name, graph in recording.graphs.items()}
    assert recording.run is not None
    named = {
        field: {texts[name]: values for name, values in getattr(recording.run, field).items()}
        for field in ("parameters", "gradients", "truth", "optimum")
    }
    run = replace(
        recording.run,
        **named,
        name=HOSTILE[0],
        device=HOSTILE[1],
        counts={HOSTILE[5]: 1},
        seeds={HOSTILE[0]: 1},
        memory_of=HOSTILE[5],
    )
    environment = replace(
        recording.environment,
        **dict.fromkeys(("graphview", "python", "platform", "torch", "device"), HOSTILE[0]),
        **dict.fromkeys(("device_name", "cuda", "cudnn", "recorded_at", "command"), HOSTILE[1]),
        packages={HOSTILE[5]: HOSTILE[5]},
    )
    return Recording(
        subject=HOSTILE[0],
        graphs=graphs,
        drawings={name: to_dot(drawing_of(graph)) for name, graph in graphs.items()},
        environment=environment,
        runs=(run,),
        main=run.name,
        code=tuple(Excerpt(text, number, HOSTILE) for number, text in enumerate(HOSTILE, 1)),
    )


def _spoilt(graph: Graph, texts: dict[str, str]) -> Graph:
    bad = HOSTILE[(len(graph.nodes)) % len(HOSTILE)]
    return Graph(
        roots=tuple(replace(root, name=texts[root.name]) for root in graph.roots),
        leaves=tuple(replace(leaf, name=texts[leaf.name or ""]) for leaf in graph.leaves),
        nodes=tuple(
            replace(
                node,
                name=node.name if node.kind == "accumulate" else HOSTILE[node.index],
                module=HOSTILE[-1 - node.index],
                variable=bad,
                attributes={text: text for text in HOSTILE},
                saved=tuple(replace(saved, name=bad, variable=bad) for saved in node.saved),
                inputs=tuple(replace(edge, argument=bad) for edge in node.inputs),
            )
            for node in graph.nodes
        ),
        operators={
            key: replace(
                operator,
                name=bad,
                op=bad,
                family=bad,
                schema=bad,
                arguments=(bad,),
                opaque=HOSTILE[0],
                file=bad,
                formulas=tuple(
                    replace(each, arguments=(bad,), text=bad) for each in operator.formulas
                ),
            )
            for key, operator in graph.operators.items()
        },
        sources=tuple(
            replace(source, file=HOSTILE[index], expression=HOSTILE[index + 1], variable=bad)
            for index, source in enumerate(graph.sources)
        ),
    )


def page_of(recording: Recording) -> str:
    return page(recording, {name: layout(dot) for name, dot in drawings(recording).items()})
