"""Every number that the notebook printed, against the lesson run from the notebook's own start."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from recordings import CPU, ON_CUDA, from_the_notebooks_start, on_gpu

from graphview.lesson.data import make_data
from graphview.model.recording import Recording
from graphview.model.run import TrainingRun
from graphview.model.step import Step

NOTEBOOK: dict[str, Any] = json.loads(
    (Path(__file__).parent / "data" / "notebook_numbers.json").read_text(encoding="utf-8")
)
# What the notebook calls a loop, and what the lesson does.
LOOPS = {
    "reassign (fails: TypeError at epoch 1)": "rebinding",
    "in-place on a leaf (fails: RuntimeError in epoch 0)": "in place",
    "no_grad, gradients never zeroed": "never zeroed",
    "no_grad, gradients zeroed": "zeroed",
    "torch.optim.SGD": "optim.SGD",
    "SGD + nn.MSELoss": "nn.MSELoss",
}
ENDS = {
    "zeroed": "zeroed",
    "optimizer": "optim.SGD",
    "module": "nn.Module",
    "minibatch": "mini-batches",
    "minibatch_with_validation": "with validation",
}
# It printed four decimals; its batches were drawn by another generator.
PRINTED, FINAL, BATCHES = 2e-4, 5e-4, 0.03


class Compared(NamedTuple):
    """One number of the notebook beside ours."""

    where: str
    printed: float
    ours: float
    within: float

    @property
    def away(self) -> float:
        return abs(self.printed - self.ours)


def _run(name: str, recording: Recording | None = None) -> TrainingRun:
    runs = (recording or from_the_notebooks_start()).runs
    return next(run for run in runs if run.name == name)


def _step(key: str, recording: Recording | None = None) -> Step:
    steps = (recording or from_the_notebooks_start()).steps
    return next(step for step in steps if step.key == key)


def _rows(recording: Recording) -> Iterator[Compared]:
    for theirs, ours in LOOPS.items():
        run = _run(ours, recording)
        for row in NOTEBOOK["loops"][theirs]:
            epoch = row["epoch"]
            for place, name in enumerate("ab"):
                where, values = f"{ours}, epoch {epoch}, {name}", run.parameters[name]
                yield Compared(f"{where} before", row["before"][place], values[epoch], PRINTED)
                if "after" in row:
                    yield Compared(
                        f"{where} after", row["after"][place], values[epoch + 1], PRINTED
                    )
                if row[f"grad_{name}"] is not None:
                    gradient = run.gradients[name][epoch]
                    yield Compared(f"{where} gradient", row[f"grad_{name}"], gradient, PRINTED)


def _finals(recording: Recording) -> Iterator[Compared]:
    for theirs, ours in ENDS.items():
        within = BATCHES if "minibatch" in theirs else FINAL
        for place, name in enumerate("ab"):
            printed = NOTEBOOK["final"][theirs][place]
            last = _run(ours, recording).parameters[name][-1]
            yield Compared(f"{ours}, at the end, {name}", printed, last, within)


def _data(recording: Recording) -> Iterator[Compared]:
    data, printed = make_data(), NOTEBOOK["data"]
    for field, values in (("x", data.x_train), ("y", data.y_train)):
        for number, value in enumerate(printed[f"{field}_train_head"]):
            yield Compared(f"{field}_train, {number}", value, float(values[number, 0]), 1e-8)


TABLES: dict[str, Callable[[Recording], Iterator[Compared]]] = {
    "data": _data,
    "loops": _rows,
    "ends": _finals,
}
# Here a and b are set by hand; there seed 42 drew them.
RECORDINGS = {"here": from_the_notebooks_start, "on a GPU": on_gpu}
ANY_RECORDING = pytest.mark.parametrize("which", RECORDINGS)


@ANY_RECORDING
@pytest.mark.parametrize("table", TABLES)
def test_every_number_of_the_notebook_comes_out(
    table: str, which: str, report_lines: Callable[[str], None]
) -> None:
    compared = list(TABLES[table](RECORDINGS[which]()))
    assert compared
    for place in dict.fromkeys(each.where.partition(",")[0] for each in compared):
        rows = [each for each in compared if each.where.startswith(place)]
        worst = max(rows, key=lambda each: each.away / each.within)
        report_lines(
            f"{which:8} {place:15} {len(rows):3} numbers, furthest: {worst.where}: "
            f"{worst.printed} there, {worst.ours:.6g} here, {worst.away:.1e} of {worst.within:g}"
        )
    far = [each for each in compared if not each.away <= each.within]
    assert not far


def test_the_rows_are_all_there() -> None:
    for name in list(LOOPS)[2:]:
        assert [row["epoch"] for row in NOTEBOOK["loops"][name]] == list(range(0, 1000, 100))
    assert len(list(_rows(from_the_notebooks_start()))) == 8 + 4 + 4 * 10 * 6


@ANY_RECORDING
def test_the_failures_are_the_notebooks(which: str) -> None:
    recording = RECORDINGS[which]()
    for key, theirs in (("rebinding", "reassign"), ("dataset_to", "dataset.to")):
        failure = _step(key, recording).failure
        assert failure is not None
        assert f"{failure.type}: {failure.message}" == NOTEBOOK["errors"][theirs]
    failure = _step("in_place", recording).failure
    assert failure is not None
    # torch 1.3 said "has been used", and torch 2 says "is being used".
    assert failure.type == "RuntimeError"
    assert failure.message.startswith("a leaf Variable that requires grad ")
    assert failure.message.endswith(" used in an in-place operation.")
    assert [_run(name, recording).failed for name in ("rebinding", "in place")] == [
        "TypeError in epoch 1",
        "RuntimeError in epoch 0",
    ]


@ANY_RECORDING
def test_the_counts_are_the_notebooks(which: str) -> None:
    recording, counts = RECORDINGS[which](), NOTEBOOK["counts"]
    assert _step("validation", recording).output.splitlines()[0] == (
        f"{counts['train_losses']} {counts['validation_losses']}"
    )
    assert _run("with validation", recording).steps == counts["train_losses"]
    assert _run("with validation", recording).epochs == NOTEBOOK["hyperparameters"]["epochs"]


def test_the_last_losses_are_of_the_notebooks_size() -> None:
    theirs = np.mean(NOTEBOOK["last_losses"]["train"])
    assert np.mean(_run("with validation").loss[-10:]) == pytest.approx(theirs, rel=0.5)


@ANY_RECORDING
def test_a_module_made_on_the_cpu_starts_where_the_notebooks_did(which: str) -> None:
    printed = NOTEBOOK["initial"]["module_on_cpu_then_moved"]
    run = _run("nn.Module", RECORDINGS[which]())
    assert {name: values[0] for name, values in run.parameters.items()} == pytest.approx(
        printed, abs=5e-5
    )


@ANY_RECORDING
def test_the_start_was_the_notebooks(which: str) -> None:
    for name in ("zeroed", "optim.SGD", "nn.MSELoss"):
        run = _run(name, RECORDINGS[which]())
        assert [run.parameters[each][0] for each in "ab"] == pytest.approx(ON_CUDA, abs=5e-5)


def test_only_here_the_start_is_set_by_hand() -> None:
    assert CPU.type == "cpu"
    assert "torch.tensor([0.194]" in "\n".join(_step("zeroed").code.lines)
    assert "torch.randn(1" in "\n".join(_step("zeroed", on_gpu()).code.lines)
