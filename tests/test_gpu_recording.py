"""The page of a run on a GPU, made from the recording that was kept of one."""

from __future__ import annotations

from pathlib import Path
from statistics import median

from recordings import on_gpu, page_of

from graphview.report.verdict import badges

DOCUMENT = Path(__file__).parents[1] / "docs" / "gpu.md"


def _step(key: str) -> list[str]:
    step = next(step for step in on_gpu().steps if step.key == key)
    return [*step.text, step.output, *step.after]


def test_the_page_names_the_gpu() -> None:
    page = page_of(on_gpu())
    assert "1,000 epochs on cuda:0 (NVIDIA H100 80GB HBM3)" in page
    assert "tensors on the device" in page
    environment = on_gpu().environment
    assert (environment.torch, environment.cuda) == ("2.11.0+cu130", "13.0")
    assert environment.torch in page


def test_it_is_well() -> None:
    assert {badge.state for badge in badges(on_gpu())} == {"good", "fact"}


def test_moving_is_an_operation_there() -> None:
    moved = next(step for step in on_gpu().steps if step.key == "moved")
    assert [node.name for node in moved.graphs["a"].operations] == ["ToCopyBackward0"]
    assert any("They are on the GPU" in text for text in _step("moved"))
    assert "copied" not in [step.key for step in on_gpu().steps]


def test_nothing_is_said_of_a_cpu_where_there_was_none() -> None:
    said = "\n".join(text for step in on_gpu().steps for text in (*step.text, *step.after))
    assert "On a GPU the same seed gives" not in said
    assert "it is on the CPU already" not in said


def test_the_graphs_are_on_the_gpu() -> None:
    for graph in on_gpu().graphs.values():
        assert {leaf.tensor.device for leaf in graph.leaves} == {"cuda:0"}
        assert {info.device for node in graph.nodes for info in node.outputs} == {"cuda:0"}


def test_the_document_says_what_was_recorded() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    for run in on_gpu().runs:
        if run.failed:
            assert f"| {run.name} | {run.failed} |" in text
        else:
            a, b = (f"{run.parameters[name][-1]:.4f}".replace("-", "−") for name in "ab")
            row = next(line for line in text.splitlines() if line.startswith(f"| {run.name}"))
            assert f"| {a} | {b} | {run.steps:,} |" in row
            assert f"| {1e6 * median(run.seconds):,.0f} µs |" in row
    assert f"{on_gpu().runs[-1].peak_memory:,} bytes" in text
