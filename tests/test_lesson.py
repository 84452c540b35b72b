"""The lesson: its data, its steps in their order, its runs, and the graphs that it records."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from recordings import CPU, ON_CUDA, from_the_notebooks_start, lesson

from graphview.errors import SubjectError
from graphview.lesson.data import least_squares, loss_surface, make_data, swing_epochs
from graphview.lesson.plan import chosen, steps
from graphview.lesson.record import record_lesson
from graphview.lesson.settings import Settings
from graphview.model.recording import Recording
from graphview.model.run import TrainingRun
from graphview.model.step import Step

NOTEBOOK: dict[str, Any] = json.loads(
    (Path(__file__).parent / "data" / "notebook_numbers.json").read_text(encoding="utf-8")
)
KEYS = [step.key for step in steps()]
LOSS_OPERATIONS = ["MeanBackward0", "PowBackward0", "SubBackward0", "AddBackward0", "MulBackward0"]
FAILING = {
    "rebinding": ("TypeError", 10, "a = a - lr * a.grad"),
    "in_place": ("RuntimeError", 14, "a -= lr * a.grad"),
    "dataset_to": ("AttributeError", 1, "train_data.to(device)"),
}


def _run(recording: Recording, name: str = "zeroed") -> TrainingRun:
    return next(run for run in recording.runs if run.name == name)


def _step(key: str, recording: Recording | None = None) -> Step:
    return next(step for step in (recording or lesson(epochs=3)).steps if step.key == key)


# The data.


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


def test_the_surface_is_the_loss() -> None:
    data, surface = make_data(), loss_surface(make_data())
    for a, b in ((0.194, 0.1391), (1.0, 2.0), (-3.0, 5.0)):
        error = np.mean((data.y_train - a - b * data.x_train) ** 2)
        assert surface.at(a, b) == pytest.approx(error, rel=1e-12)
    assert surface.at(*surface.centre) == surface.lowest


# The steps.


def test_every_step_is_told_in_order() -> None:
    assert [step.key for step in lesson(epochs=3).steps] == KEYS
    assert len(set(KEYS)) == len(KEYS)


def test_the_code_shown_is_the_code_that_ran() -> None:
    for planned, step in zip(steps(), lesson().steps, strict=True):
        # Where there is a GPU, the code says that it was not to be used.
        code = Settings(CPU).written(planned.code)
        assert "\n".join(step.code.lines) + "\n" == code
        assert torch.cuda.is_available() or code == planned.code
    assert "n_epochs = 3" in _step("settings").code.lines


def test_every_code_has_its_step() -> None:
    cells = Path(__file__).parents[1] / "graphview" / "lesson" / "cells"
    assert sorted(path.stem for path in cells.glob("*.py")) == sorted(KEYS)


@pytest.mark.parametrize("key", FAILING)
def test_the_failing_steps_fail_where_they_should(key: str) -> None:
    kind, line, code = FAILING[key]
    step = _step(key)
    assert step.failure is not None
    assert (step.failure.type, step.failure.line) == (kind, line)
    assert step.code.lines[line - 1].strip() == code
    assert step.failure.traceback.startswith("Traceback (most recent call last):\n")
    assert step.failure.traceback.endswith(f"{kind}: {step.failure.message}")
    assert "graphview" not in step.failure.traceback
    assert len(step.after) >= 1


def test_no_other_step_fails() -> None:
    failed = {step.key for step in lesson().steps if step.failure}
    assert failed == set(FAILING) == {step.key for step in steps() if step.fails}


def test_torch_itself_warns_of_the_first_mistake() -> None:
    lines = _step("rebinding").output.splitlines()
    assert [line for line in lines if "UserWarning" in line] == [
        "rebinding.py:8: UserWarning: The .grad attribute of a Tensor that is not a leaf Tensor is "
        "being accessed. Its .grad attribute won't be populated during autograd.backward()"
    ]


def test_on_a_cpu_moving_is_shown_by_a_copy() -> None:
    assert _step("moved").output.splitlines()[:2] == ["torch.FloatTensor True"] * 2
    assert _step("moved").graphs == {}
    assert _step("copied").output.splitlines()[0] == "False False"
    graph = _step("copied").graphs["a"]
    assert [node.name for node in graph.operations] == ["ToCopyBackward0"]


def test_on_a_gpu_there_is_no_need_of_the_copy() -> None:
    assert [step.key for step, _ in chosen((), "gpu")] == [key for key in KEYS if key != "copied"]


def test_texts_are_filled_from_the_run() -> None:
    recording = from_the_notebooks_start()
    a, b = (_run(recording).parameters[name][-1] for name in "ab")
    assert f"`a` is {a:.4f} and `b` is {b:.4f}." in _step("zeroed", recording).after[0]
    counts, learned = _step("validation", recording).after
    assert counts.startswith("5,000 training losses, because 80 points in batches of 16 make 5 ")
    assert "2,000 validation losses, because 20 points make 2 batches" in counts
    data, run = make_data(), _run(recording, "with validation")
    a, b = (run.parameters[name][-1] for name in "ab")
    for x, y in ((data.x_val, data.y_val), (data.x_train, data.y_train)):
        assert f"{np.mean((y - a - b * x) ** 2):.4f} on the {len(x)} " in learned
    said = " ".join(" ".join((*step.text, *step.after)) for step in recording.steps)
    assert "{" not in said


def test_each_of_the_first_epochs_shows_what_piled_up() -> None:
    run, lines = _run(lesson(), "never zeroed"), _step("never_zeroed", lesson()).output.splitlines()
    for epoch, line in enumerate(lines[:-1]):
        a, b = (run.parameters[name][epoch] for name in "ab")
        gradients = (run.gradients[name][epoch] for name in "ab")
        assert line == (
            f"{epoch:2} a {a:.4f} b {b:.4f} .grad "
            + " ".join(f"{gradient:.4f}" for gradient in gradients)
        )
    # A whole swing can be seen in them.
    assert len(lines) - 1 > swing_epochs(run.learning_rate)[0]


def test_the_swings_take_as_long_as_is_said() -> None:
    run, surface = _run(lesson(), "never zeroed"), loss_surface(make_data())
    _, directions = np.linalg.eigh(np.array(surface.hessian))
    away = np.array([run.parameters[name] for name in "ab"]).T - np.array(surface.centre)
    for along, epochs in zip((away @ directions).T[::-1], swing_epochs(0.1), strict=True):
        crossings = np.flatnonzero(np.diff(np.sign(along)))
        counted = 2 * (crossings[-1] - crossings[0]) / (len(crossings) - 1)
        assert counted == pytest.approx(epochs, rel=5e-3)
    across, slow = swing_epochs(0.1)
    said = _step("never_zeroed", lesson()).after[1]
    assert f"takes {across:.1f} epochs, and a slower one {slow:.1f}" in said
    # So every 100th epoch is nearly the same moment.
    assert max(abs(100 / each - round(100 / each)) for each in (across, slow)) < 0.05


def test_the_points_are_kept() -> None:
    data, points = make_data(), lesson().points
    assert points is not None
    assert (points.intercept, points.slope) == ("a", "b")
    for kept, x, y in (
        (points.training, data.x_train, data.y_train),
        (points.validation, data.x_val, data.y_val),
    ):
        assert kept == tuple(zip(x[:, 0], y[:, 0], strict=True))


def test_a_part_can_be_told_alone() -> None:
    recording = record_lesson(CPU, epochs=2, steps=("module", "graphs"))
    assert [step.key for step in recording.steps] == ["graphs", "module"]
    assert list(recording.graphs) == ["yhat", "error", "loss"]
    assert [run.name for run in recording.runs] == ["nn.Module"]
    assert recording.main == "nn.Module"
    assert recording.backward is None
    assert lesson().about.startswith("PyTorch fitted")
    assert record_lesson(CPU, epochs=1, steps=("data",)).about.startswith("A part of the lesson")


@pytest.mark.parametrize("key", KEYS)
def test_each_step_can_be_told_alone(key: str) -> None:
    recording = record_lesson(CPU, epochs=1, steps=(key,))
    assert [step.key for step in recording.steps] == [key]


def test_a_step_that_is_not_there_is_named() -> None:
    with pytest.raises(SubjectError, match=r"^the lesson has no step 'backwards'; its"):
        record_lesson(CPU, steps=("data", "backwards"))


def test_a_step_of_another_device_is_named() -> None:
    with pytest.raises(SubjectError, match="on a gpu the lesson has nothing to tell of copied"):
        chosen(("copied",), "gpu")


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        (Settings(torch.device("mps")), 'device = "mps"'),
        (Settings(torch.device("cuda:1")), 'device = "cuda:1"'),
        (Settings(CPU), 'device = "cuda" if torch.cuda.is_available() else "cpu"'),
    ],
)
def test_the_code_says_which_device_was_chosen(settings: Settings, line: str) -> None:
    if torch.cuda.is_available() and settings.device == CPU:
        line = 'device = "cpu"'
    code = next(step.code for step in steps() if step.key == "tensors")
    assert line in settings.written(code).splitlines()


def test_every_choice_finds_its_line() -> None:
    written = Settings(torch.device("mps"), 7, ON_CUDA)
    changed = {step.key for step in steps() if written.written(step.code) != step.code}
    by_hand = {"created", "in_place", "never_zeroed", "zeroed", "forward", "sgd", "mse_loss"}
    assert changed == {"tensors", "settings"} | by_hand


# The runs.


def test_a_seeded_cpu_draws_these() -> None:
    printed, run = NOTEBOOK["initial"]["module_on_cpu_then_moved"], _run(lesson())
    first = {name: values[0] for name, values in run.parameters.items()}
    assert first == pytest.approx(printed, abs=5e-5)
    assert run.seeds == {"data (NumPy)": 42, "parameters (torch)": 42}


def test_values_set_by_hand_need_no_seed() -> None:
    assert _run(from_the_notebooks_start()).seeds == {"data (NumPy)": 42}


def test_gradients_that_are_not_zeroed_pile_up() -> None:
    kept, alone = (_run(lesson(), name).gradients for name in ("never zeroed", "zeroed"))
    for name in "ab":
        assert kept[name][0] == alone[name][0]
        assert kept[name][1] == pytest.approx(alone[name][0] + alone[name][1], rel=1e-6)


def test_training_that_arrives_arrives_at_least_squares() -> None:
    run = _run(lesson())
    final = [run.parameters[name][-1] for name in "ab"]
    assert final == pytest.approx([run.optimum["a"], run.optimum["b"]], abs=2e-4)
    assert run.loss[-1] == pytest.approx(run.optimum_loss, rel=1e-4)


@pytest.mark.parametrize("name", ["optim.SGD", "nn.MSELoss", "nn.Module"])
def test_less_by_hand_is_the_same_arithmetic(name: str) -> None:
    assert _run(lesson(), name).parameters["a"] == pytest.approx(_run(lesson()).parameters["a"])


def test_a_run_has_a_value_for_each_step() -> None:
    for run in lesson(epochs=3).runs:
        expected = {"rebinding": 2, "in place": 1, "mini-batches": 15, "with validation": 15}
        count = expected.get(run.name, 3)
        assert run.steps == len(run.validation_loss) == len(run.seconds) == count
        assert run.epochs == (3 if count in (3, 15) else count)
        assert {len(values) for values in run.gradients.values()} == {count}
        assert {len(values) for values in run.parameters.values()} == {count + 1}
        assert run.counts == {"training": 80, "validation": 20}
        assert run.learning_rate == NOTEBOOK["hyperparameters"]["lr"]
        assert all(second > 0 for second in run.seconds)


def test_where_no_gradient_came_there_is_no_number() -> None:
    first, second = _run(lesson(), "rebinding").gradients["a"]
    assert first == pytest.approx(_run(lesson()).gradients["a"][0])
    assert np.isnan(second)


@pytest.mark.parametrize("name", ["zeroed", "never zeroed", "nn.Module"])
def test_losses_are_those_of_the_parameters_before_the_update(name: str) -> None:
    run, data = _run(lesson(epochs=3), name), make_data()
    for epoch in range(3):
        a, b = (run.parameters[each][epoch] for each in "ab")
        for losses, x, y in (
            (run.loss, data.x_train, data.y_train),
            (run.validation_loss, data.x_val, data.y_val),
        ):
            assert losses[epoch] == pytest.approx(np.mean((y - a - b * x) ** 2), rel=1e-5)


# The caller's world.


def test_the_callers_random_states_stay() -> None:
    torch.manual_seed(7)
    np.random.seed(7)
    random.seed(7)
    before = torch.get_rng_state(), np.random.get_state(legacy=False), random.getstate()
    record_lesson(CPU, epochs=2)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert repr(np.random.get_state(legacy=False)) == repr(before[1])
    assert random.getstate() == before[2]


def test_everything_is_put_back_when_the_work_fails() -> None:
    before, backward = torch.get_rng_state(), torch.Tensor.backward
    with pytest.raises(ZeroDivisionError):
        record_lesson(CPU, epochs=2, on_step=lambda number, of, title: print(1 // (9 - number)))
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.Tensor.backward is backward


def test_each_step_is_announced() -> None:
    said: list[tuple[int, int, str]] = []
    record_lesson(CPU, epochs=1, on_step=lambda *what: said.append(what))
    assert [number for number, _, _ in said] == list(range(len(KEYS)))
    assert {of for _, of, _ in said} == {len(KEYS)}
    assert [title for _, _, title in said] == [step.title for step in steps()]


@pytest.mark.gpu
def test_a_seeded_gpu_draws_what_the_notebooks_did() -> None:
    run = _run(record_lesson(torch.device("cuda")))
    assert [run.parameters[name][0] for name in "ab"] == pytest.approx(ON_CUDA, abs=5e-5)
    final = [run.parameters[name][-1] for name in "ab"]
    assert final == pytest.approx(NOTEBOOK["final"]["zeroed"], abs=5e-4)
    assert run.memory_of == "tensors on the device"


@pytest.mark.gpu
@pytest.mark.parametrize("name", ["cpu", "cuda"])
def test_the_gpus_random_state_stays(name: str) -> None:
    torch.cuda.manual_seed_all(3)
    before = torch.cuda.get_rng_state_all()
    record_lesson(torch.device(name), epochs=2)
    assert all(map(torch.equal, before, torch.cuda.get_rng_state_all()))


# The graphs.


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


@pytest.mark.parametrize("key", ["in_place", "never_zeroed", "zeroed", "sgd"])
def test_every_loop_by_hand_records_the_same_graph(key: str) -> None:
    (graph,) = _step(key).graphs.values()
    assert [node.name for node in reversed(graph.operations)] == LOSS_OPERATIONS
    assert [leaf.name for leaf in graph.leaves] == ["a", "b"]


def test_a_rebound_parameter_hangs_on_the_epoch_before() -> None:
    first, second = _step("rebinding").graphs.values()
    assert [leaf.name for leaf in first.leaves] == ["a", "b"]
    assert [leaf.name for leaf in second.leaves] == ["a of epoch 0", "b of epoch 0"]
    new = [node for node in second.operations if node.variable in ("a", "b")]
    assert [node.name for node in new] == ["SubBackward0"] * 2
    source = second.source_of(new[0])
    assert source is not None
    assert (source.file, source.line, source.expression) == (
        "rebinding.py", 10, "a - lr * a.grad"
    )  # fmt: skip


@pytest.mark.parametrize("key", ["mse_loss", "module", "train_step", "mini_batches"])
def test_a_loss_function_is_one_node(key: str) -> None:
    (graph,) = _step(key).graphs.values()
    assert graph.nodes[graph.roots[0].node].name == "MseLossBackward0"
    assert len(graph.operations) == 3
