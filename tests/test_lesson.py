"""The lesson gives the numbers that the notebook printed, and the graphs that it drew."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from graphview.lesson.regression import initial_parameters
from graphview.lesson.training import train
from recordings import CPU, lesson

from graphview.errors import DeviceError
from graphview.lesson.data import least_squares, make_data, to_tensors
from graphview.lesson.record import record_lesson
from graphview.model.run import TrainingRun
from graphview.observe.device import resolve_device
from graphview.observe.seeds import keep_random_state

NOTEBOOK: dict[str, Any] = json.loads(
    (Path(__file__).parent / "data" / "notebook_numbers.json").read_text(encoding="utf-8")
)
ON_CUDA = (NOTEBOOK["initial"]["cuda"]["a"], NOTEBOOK["initial"]["cuda"]["b"])
# The notebook printed four decimals.
PRINTED = 2e-4
LOOPS = {False: "no_grad, gradients never zeroed", True: "no_grad, gradients zeroed"}
ROWS = [
    pytest.param(zero, row, id=f"{name}, epoch {row['epoch']}")
    for zero, name in LOOPS.items()
    for row in NOTEBOOK["loops"][name]
]
LOSS_OPERATIONS = ["MeanBackward0", "PowBackward0", "SubBackward0", "AddBackward0", "MulBackward0"]


def _run(zero: bool = True) -> TrainingRun:
    run = record_lesson(CPU, initial=ON_CUDA, zero=zero).run
    assert run is not None
    return run


@pytest.fixture(scope="module")
def runs() -> dict[bool, TrainingRun]:
    return {zero: _run(zero) for zero in LOOPS}


def test_the_data_are_the_notebooks() -> None:
    data, printed = make_data(), NOTEBOOK["data"]
    head = slice(len(printed["x_train_head"]))
    assert data.x_train[head, 0] == pytest.approx(printed["x_train_head"], abs=1e-8)
    assert data.y_train[head, 0] == pytest.approx(printed["y_train_head"], abs=1e-8)
    assert data.x_train.shape == data.y_train.shape == (printed["train"], 1)
    assert data.x_val.shape == data.y_val.shape == (printed["validation"], 1)


def test_every_point_is_in_one_set() -> None:
    data = make_data()
    drawn = np.random.RandomState(NOTEBOOK["data"]["numpy_seed"]).rand(NOTEBOOK["data"]["n"])
    assert sorted([*data.x_train[:, 0], *data.x_val[:, 0]]) == sorted(drawn)


def test_least_squares_is_the_best_fit() -> None:
    data = make_data()
    a, b, loss = least_squares(data)
    assert (a, b) == pytest.approx((1.02354, 1.96896), abs=5e-6)

    def error(a: float, b: float) -> float:
        return float(np.mean((data.y_train - a - b * data.x_train) ** 2))

    assert loss == pytest.approx(error(a, b), rel=1e-12)
    for away in (-1e-4, 1e-4):
        assert error(a + away, b) > loss
        assert error(a, b + away) > loss


def test_there_is_a_row_every_hundred_epochs() -> None:
    for name in LOOPS.values():
        assert [row["epoch"] for row in NOTEBOOK["loops"][name]] == list(range(0, 1000, 100))


@pytest.mark.parametrize(("zero", "row"), ROWS)
def test_the_loop_does_what_the_notebook_printed(
    runs: dict[bool, TrainingRun], zero: bool, row: dict[str, Any]
) -> None:
    run, epoch = runs[zero], row["epoch"]
    for place, name in enumerate("ab"):
        values = run.parameters[name]
        assert values[epoch] == pytest.approx(row["before"][place], abs=PRINTED)
        assert values[epoch + 1] == pytest.approx(row["after"][place], abs=PRINTED)
        assert run.gradients[name][epoch] == pytest.approx(row[f"grad_{name}"], abs=PRINTED)


def test_the_loop_ends_where_the_notebook_ended(runs: dict[bool, TrainingRun]) -> None:
    run = runs[True]
    final = [run.parameters[name][-1] for name in "ab"]
    assert final == pytest.approx(NOTEBOOK["final"]["zeroed"], abs=PRINTED)
    assert final == pytest.approx([run.optimum["a"], run.optimum["b"]], abs=PRINTED)
    assert run.loss[-1] == pytest.approx(run.optimum_loss, rel=1e-4)


def test_gradients_that_are_not_zeroed_pile_up(runs: dict[bool, TrainingRun]) -> None:
    run = runs[False]
    assert run.name == "gradients never zeroed"
    for name in "ab":
        # The gradient of epoch 1 alone is about half of what stands in .grad.
        alone = runs[True].gradients[name]
        assert run.gradients[name][0] == alone[0]
        assert run.gradients[name][1] == pytest.approx(alone[0] + alone[1], rel=1e-6)


def test_a_seeded_cpu_draws_these() -> None:
    run = lesson().run
    assert run is not None
    printed = NOTEBOOK["initial"]["module_on_cpu_then_moved"]
    first = {name: values[0] for name, values in run.parameters.items()}
    assert first == pytest.approx(printed, abs=5e-5)
    assert run.seeds == {"data (NumPy)": 42, "parameters (torch)": 42}


def test_values_set_by_hand_need_no_seed(runs: dict[bool, TrainingRun]) -> None:
    assert runs[True].seeds == {"data (NumPy)": 42}
    assert [runs[True].parameters[name][0] for name in "ab"] == pytest.approx(ON_CUDA)


@pytest.mark.gpu
def test_a_seeded_gpu_draws_what_the_notebooks_did() -> None:
    with keep_random_state(torch.device("cuda")):
        a, b = initial_parameters(torch.device("cuda"))
    assert (a.item(), b.item()) == pytest.approx(ON_CUDA, abs=5e-5)


@pytest.mark.gpu
def test_a_gpu_learns_what_the_notebooks_did() -> None:
    run = record_lesson(torch.device("cuda")).run
    assert run is not None
    final = [run.parameters[name][-1] for name in "ab"]
    assert final == pytest.approx(NOTEBOOK["final"]["zeroed"], abs=PRINTED)
    assert run.memory_of == "tensors on the device"


@pytest.mark.gpu
@pytest.mark.parametrize("name", ["cpu", "cuda"])
def test_the_gpus_random_state_stays(name: str) -> None:
    torch.cuda.manual_seed_all(3)
    before = torch.cuda.get_rng_state_all()
    record_lesson(torch.device(name), epochs=2)
    assert all(map(torch.equal, before, torch.cuda.get_rng_state_all()))


def test_the_callers_random_states_stay() -> None:
    torch.manual_seed(7)
    np.random.seed(7)
    random.seed(7)
    before = torch.get_rng_state(), np.random.get_state(legacy=False), random.getstate()
    record_lesson(CPU, epochs=2)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert repr(np.random.get_state(legacy=False)) == repr(before[1])
    assert random.getstate() == before[2]


def test_the_random_state_stays_when_the_work_fails() -> None:
    before = torch.get_rng_state()
    with pytest.raises(ZeroDivisionError):
        record_lesson(CPU, epochs=2, on_epoch=lambda epoch: print(1 // 0))
    assert torch.equal(torch.get_rng_state(), before)


def test_a_run_has_a_value_for_each_epoch() -> None:
    run, seen = lesson(epochs=3).run, list[int]()
    record_lesson(CPU, epochs=3, on_epoch=seen.append)
    assert seen == [0, 1, 2]
    assert run is not None
    assert run.epochs == 3
    assert len(run.validation_loss) == len(run.seconds) == 3
    assert {name: len(values) for name, values in run.gradients.items()} == {"a": 3, "b": 3}
    assert {name: len(values) for name, values in run.parameters.items()} == {"a": 4, "b": 4}
    assert run.counts == {"training": 80, "validation": 20}
    assert run.learning_rate == NOTEBOOK["hyperparameters"]["lr"]
    assert all(second > 0 for second in run.seconds)


def test_losses_are_those_of_the_parameters_before_the_update() -> None:
    run, data = lesson(epochs=3).run, make_data()
    assert run is not None
    for epoch in range(3):
        a, b = (run.parameters[name][epoch] for name in "ab")
        for losses, x, y in (
            (run.loss, data.x_train, data.y_train),
            (run.validation_loss, data.x_val, data.y_val),
        ):
            assert losses[epoch] == pytest.approx(np.mean((y - a - b * x) ** 2), rel=1e-5)


@pytest.mark.parametrize(
    ("name", "operations"),
    [("yhat", LOSS_OPERATIONS[3:]), ("error", LOSS_OPERATIONS[2:]), ("loss", LOSS_OPERATIONS)],
)
def test_the_graphs_are_those_of_the_notebook(name: str, operations: list[str]) -> None:
    graph = lesson(epochs=3).graphs[name]
    found = [node.name for node in reversed(graph.nodes) if node.kind == "operation"]
    assert found == operations
    printed = NOTEBOOK["graphs"][name]
    assert sorted(printed["operations"]) == sorted(operations)
    assert len(graph.leaves) == printed["leaves"] == 2
    assert [leaf.name for leaf in graph.leaves] == ["a", "b"]
    assert all(leaf.tensor.shape == (1,) for leaf in graph.leaves)
    assert [root.name for root in graph.roots] == [name]


def test_the_graphs_stand_in_the_order_of_the_code() -> None:
    recording = lesson(epochs=3)
    assert list(recording.graphs) == list(recording.drawings) == ["yhat", "error", "loss"]


def test_every_operation_knows_its_line_in_the_code_shown() -> None:
    recording = lesson(epochs=3)
    shown = {
        (excerpt.file, number): line
        for excerpt in recording.code
        for number, line in enumerate(excerpt.lines, excerpt.first_line)
    }
    graph = recording.graphs["loss"]
    for node in graph.operations:
        source = graph.source_of(node)
        assert source is not None
        assert source.expression is not None
        assert source.expression in shown[source.file, source.line]


def test_training_frees_the_graph_of_each_epoch() -> None:
    tensors = to_tensors(make_data(), CPU)
    a, b = (torch.tensor([value], requires_grad=True) for value in ON_CUDA)
    kept: list[torch.Tensor] = []
    train(a, b, tensors, epochs=1, on_first_forward=lambda roots: kept.append(roots["loss"]))
    with pytest.raises(RuntimeError, match="second time"):
        kept[0].backward()


@pytest.mark.parametrize(
    ("cuda", "mps", "name", "device"),
    [
        (0, False, "auto", "cpu"),
        (0, False, "cpu", "cpu"),
        (0, False, "cpu:0", "cpu:0"),
        (2, False, "auto", "cuda:0"),
        (2, False, "cuda", "cuda"),
        (2, False, "cuda:1", "cuda:1"),
        (2, False, "cpu", "cpu"),
        (0, True, "auto", "mps"),
        (0, True, "mps", "mps"),
    ],
)
def test_a_device_is_found(
    monkeypatch: pytest.MonkeyPatch, cuda: int, mps: bool, name: str, device: str
) -> None:
    _pretend(monkeypatch, cuda, mps)
    assert resolve_device(name) == torch.device(device)


@pytest.mark.parametrize(
    ("cuda", "name", "said"),
    [
        (0, "cuda", "there is no device 'cuda' here; this machine has cpu."),
        (0, "mps", "there is no device 'mps' here; this machine has cpu."),
        (0, "cpu:1", "there is no device 'cpu:1' here; this machine has cpu."),
        (2, "cuda:2", "no device 'cuda:2' here; this machine has cpu, cuda:0, cuda:1."),
        (0, "gpu", "device 'gpu' is unknown; choose auto, cpu, cuda, cuda:N or mps."),
        (0, "", "device '' is unknown"),
        (0, "cuda:-1", "device 'cuda:-1' is unknown"),
        (0, "cuda:99999999999999999999", "is unknown"),
        (0, "meta", "device 'meta' cannot train the lesson; choose"),
        (0, "xla", "device 'xla' cannot train the lesson; choose"),
    ],
)
def test_a_device_that_is_not_there_is_named(
    monkeypatch: pytest.MonkeyPatch, cuda: int, name: str, said: str
) -> None:
    _pretend(monkeypatch, cuda, mps=False)
    with pytest.raises(DeviceError) as refused:
        resolve_device(name)
    assert said in str(refused.value)


def _pretend(monkeypatch: pytest.MonkeyPatch, cuda: int, mps: bool) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
