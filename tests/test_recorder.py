"""Programs watched as they are: what is told of them, and that they don't notice."""

from __future__ import annotations

import contextlib
import gc
import inspect
import signal
import threading
import warnings
import weakref
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.fx.traceback as fx_traceback
import torch.nn.functional as F
from processes import posix
from torch import Tensor, nn
from torch._subclasses import FakeTensorMode
from torch.optim import optimizer as optimizers
from torch.overrides import _get_current_function_mode_stack
from torch.utils.checkpoint import checkpoint

from graphview.model.coherence import faults_of_recording
from graphview.model.journal import Ending, Journal, Site
from graphview.model.recording import Recording
from graphview.model.store import recording_from_json, to_json
from graphview.observe import recorder as module
from graphview.observe.recorder import Options, Recorder
from graphview.observe.series import MOST_POINTS, Thinned, thinned
from graphview.observe.stopping import MOST_RAISES, Enough

Program = Callable[[], object]


def recorded(program: Program, options: Options | None = None) -> Recording:
    recorder = Recorder(options)
    with recorder.watching():
        program()
    assert (recorder.trouble, recorder.trails.trouble) == (None, None)
    recording = recorder.recording(subject="test", ending=Ending("finished"))
    assert list(faults_of_recording(recording)) == []
    # A NaN is not equal to itself, and is written alike.
    assert to_json(recording_from_json(to_json(recording))) == to_json(recording)
    return recording


def journal_of(program: Program, options: Options | None = None) -> Journal:
    journal = recorded(program, options).journal
    assert journal is not None
    return journal


def fit(steps: int = 5, **made: Any) -> list[float]:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, **made)
    x, y = torch.randn(8, 3), torch.randn(8, 1)
    losses = []
    for _ in range(steps):
        loss = F.mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


# What is told.


def test_a_site_has_its_name_place_losses_and_graph() -> None:
    recording = recorded(fit)
    assert recording.journal is not None
    (site,) = recording.journal.sites
    assert (site.name, site.call, site.roots, site.calls) == ("loss", "backward", ("loss",), 5)
    assert site.source is not None
    assert site.source.expression == "loss.backward()"
    assert (site.graph, site.kept) == ("loss", 0)
    assert site.loss.steps == (0, 1, 2, 3, 4)
    assert list(site.loss.values) == pytest.approx(fit())
    graph = recording.graphs["loss"]
    assert set(site.nodes.values) == {len(graph.nodes)}
    assert [leaf.name for leaf in graph.leaves] == [
        "model.2.bias",
        "model.0.bias",
        "model.0.weight",
        "model.2.weight",
    ]
    source = graph.source_of(graph.operations[-1])
    assert source is not None
    assert source.expression == "F.mse_loss(model(x), y)"
    assert {node.module for node in graph.operations} == {"model.0", "model.1", "model.2", None}
    assert recording.drawings.keys() == {"loss"}
    assert recording.missing == ()
    lines = [line for excerpt in recording.code for line in excerpt.lines]
    assert "        loss = F.mse_loss(model(x), y)" in lines


def test_updates_rates_and_norms_are_told() -> None:
    journal = journal_of(lambda: fit(3))
    assert (journal.steps, journal.updates) == (3, 3)
    assert journal.optimizers == ("SGD of 4 parameters",)
    (rate,) = journal.learning_rates
    assert (rate.steps, rate.values) == ((0, 1, 2), (0.1, 0.1, 0.1))
    whole, *single = journal.gradient_norms
    assert whole.name == "SGD"
    assert {series.name for series in single} == {
        f"model.{i}.{name}" for i in (0, 2) for name in ("weight", "bias")
    }
    together = sum(series.values[0] ** 2 for series in single) ** 0.5
    assert whole.values[0] == pytest.approx(together)
    greatest = [max(series.values) for series in single]
    assert greatest == sorted(greatest, reverse=True)
    assert len(journal.parameter_norms) == 5
    assert journal.memory.values and journal.memory_of == "whole process"
    assert len(journal.seconds.values) == 2
    assert 0 < journal.watching < journal.watched


def test_norms_are_torchs_own() -> None:
    def program() -> None:
        w = nn.Parameter(torch.tensor([3.0, 4.0]))
        optimizer = torch.optim.SGD([w], lr=1.0)
        (w * torch.tensor([6.0, 8.0])).sum().backward()
        optimizer.step()

    journal = journal_of(program)
    assert [series.values for series in journal.gradient_norms] == [(10.0,), (10.0,)]
    # After the step: (3, 4) - (6, 8).
    assert [series.values for series in journal.parameter_norms] == [(5.0,), (5.0,)]


def test_a_schedule_of_the_learning_rate_is_seen() -> None:
    def program() -> None:
        w = nn.Parameter(torch.ones(1))
        optimizer = torch.optim.SGD([{"params": [w], "lr": 1.0}], lr=9.0)
        schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
        for _ in range(3):
            (w * 1).sum().backward()
            optimizer.step()
            schedule.step()

    assert journal_of(program).learning_rates[0].values == (1.0, 0.5, 0.25)


def test_groups_of_parameters_are_told_apart() -> None:
    def program() -> None:
        a, b = nn.Parameter(torch.ones(1)), nn.Parameter(torch.ones(1))
        optimizer = torch.optim.Adam([{"params": [a]}, {"params": [b], "lr": 0.5}], lr=0.1)
        (a + b).sum().backward()
        optimizer.step()

    journal = journal_of(program)
    assert journal.optimizers == ("Adam of 2 parameters in 2 groups",)
    assert [(rate.name, rate.values) for rate in journal.learning_rates] == [
        ("Adam, group 0", (0.1,)),
        ("Adam, group 1", (0.5,)),
    ]


def test_a_group_that_is_added_later_has_its_series() -> None:
    def program() -> None:
        first, second = nn.Parameter(torch.ones(1)), nn.Parameter(torch.ones(1))
        optimizer = torch.optim.SGD([first], lr=0.1)
        for step in range(3):
            if step == 1:
                optimizer.add_param_group({"params": [second], "lr": 0.5})
            (first * 3 + second * 4).sum().backward()
            optimizer.step()
            optimizer.zero_grad()

    journal = journal_of(program)
    assert journal.optimizers == ("SGD of 2 parameters in 2 groups",)
    assert [(rate.name, rate.steps, rate.values) for rate in journal.learning_rates] == [
        ("SGD, group 0", (0, 1, 2), (0.1, 0.1, 0.1)),
        ("SGD, group 1", (1, 2), (0.5, 0.5)),
    ]
    found = {series.name: (series.steps, series.values) for series in journal.gradient_norms}
    # Of the first step nobody had zeroed it.
    assert found["SGD, group 1"] == found["second"] == ((1, 2), (8.0, 4.0))


def alternating() -> None:
    w, v = nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(2))
    for _ in range(3):
        critic_loss = (w * v.detach()).sum()
        critic_loss.backward()
        generator_loss = -(w.detach() * v).sum()
        generator_loss.backward()


def several_at_once() -> None:
    w = nn.Parameter(torch.ones(2))
    first, second = w.sum(), (w**2).sum()
    torch.autograd.backward([first, second])


def by_grad() -> None:
    w = nn.Parameter(torch.ones(2))
    y = (w**3).sum()
    (slope,) = torch.autograd.grad(y, w, create_graph=True)
    penalty = (slope**2).sum()
    penalty.backward()


def a_share_of_the_loss() -> None:
    w = nn.Parameter(torch.ones(2))
    for _ in range(4):
        loss = (w**2).sum()
        (loss / 4).backward()


def kept_graph() -> None:
    w = nn.Parameter(torch.ones(2))
    loss = (w**2).sum()
    loss.backward(retain_graph=True)
    loss.backward()


def with_a_gradient_given() -> None:
    w = nn.Parameter(torch.ones(2))
    y = w * 2
    y.backward(torch.ones(2))


def by_closures() -> None:
    w = nn.Parameter(torch.tensor([3.0]))
    optimizer = torch.optim.LBFGS([w], max_iter=4, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = ((w - 1) ** 4).sum()
        loss.backward()
        return loss

    optimizer.step(closure)  # type: ignore[no-untyped-call]


def without_a_name() -> None:
    w = nn.Parameter(torch.ones(2))
    (w**2).sum().backward()


SITES: dict[str, tuple[Program, list[tuple[str, str, tuple[str, ...], int]]]] = {
    "two in turn": (
        alternating,
        [
            ("critic_loss", "backward", ("critic_loss",), 3),
            ("generator_loss", "backward", ("generator_loss",), 3),
        ],
    ),
    "several roots": (
        several_at_once,
        [("[first, second]", "backward", ("first", "second"), 1)],
    ),
    "grad": (by_grad, [("y", "grad", ("y",), 1), ("penalty", "backward", ("penalty",), 1)]),
    "a share": (a_share_of_the_loss, [("loss / 4", "backward", ("loss / 4",), 4)]),
    "retained": (
        kept_graph,
        [("loss", "backward", ("loss",), 1), ("loss at line 186", "backward", ("loss",), 1)],
    ),
    "a gradient": (with_a_gradient_given, [("y", "backward", ("y",), 1)]),
    "no name": (without_a_name, [("(w ** 2).sum()", "backward", ("(w ** 2).sum()",), 1)]),
}


def _line_of(text: str, program: Program) -> int:
    lines, first = inspect.getsourcelines(program)
    return first + max(i for i, line in enumerate(lines) if text in line)


@pytest.mark.parametrize("name", SITES)
def test_each_place_from_which_backward_starts_is_a_site(name: str) -> None:
    program, expected = SITES[name]
    line = _line_of("loss.backward()", kept_graph)
    wanted = [(n.replace("line 186", f"line {line}"), *rest) for n, *rest in expected]
    recording = recorded(program)
    assert recording.journal is not None
    sites = recording.journal.sites
    assert [(site.name, site.call, site.roots, site.calls) for site in sites] == wanted
    assert list(recording.graphs) == [site.name for site in sites]


def test_closures_of_an_optimizer_are_starts() -> None:
    journal = journal_of(by_closures)
    assert journal.updates == 1
    (site,) = journal.sites
    assert site.calls == journal.steps > 2


def test_gradients_that_are_accumulated_are_more_starts_than_updates() -> None:
    def program() -> None:
        w = nn.Parameter(torch.ones(2))
        optimizer = torch.optim.SGD([w], lr=0.1)
        for step in range(8):
            (w**2).sum().backward()
            if step % 4 == 3:
                optimizer.step()
                optimizer.zero_grad()

    journal = journal_of(program)
    assert (journal.steps, journal.updates) == (8, 2)
    assert journal.learning_rates[0].steps == (3, 7)


def _site(recording: Recording) -> Site:
    assert recording.journal is not None
    return recording.journal.sites[0]


def growing(steps: int = 6) -> None:
    w, state = nn.Parameter(torch.ones(1)), torch.zeros(1)
    for _ in range(steps):
        state = state + w
        state.sum().backward(retain_graph=True)


def test_a_graph_that_grows_is_seen() -> None:
    sizes = _site(recorded(growing)).nodes.values
    assert list(sizes) == sorted(set(sizes))


def test_another_step_can_be_kept() -> None:
    recording = recorded(growing, Options(keep_step=3))
    assert _site(recording).kept == 3
    graph = recording.graphs["state.sum()"]
    assert [node.name for node in graph.operations].count("AddBackward0") == 4


def test_enough_ends_the_program() -> None:
    recorder, done = Recorder(Options(max_steps=3)), list[float]()
    with pytest.raises(Enough), recorder.watching():
        done += fit(100)
    recording = recorder.recording(subject="test", ending=Ending("stopped"))
    assert recording.journal is not None
    assert (recording.journal.steps, done) == (3, [])


def test_a_program_that_catches_everything_ends_all_the_same() -> None:
    tried = list[int]()

    def program() -> None:
        w = nn.Parameter(torch.ones(2))
        for step in range(10_000):
            tried.append(step)
            try:
                (w**2).sum().backward()
            except:  # noqa: E722
                if step > 5:
                    raise

    recorder = Recorder(Options(max_steps=3))
    with pytest.raises(Enough), recorder.watching():
        program()
    assert (recorder.steps, len(tried)) == (3, 7)


def test_a_program_that_will_not_end_is_let_go_and_that_is_told() -> None:
    def program() -> None:
        w = nn.Parameter(torch.ones(2))
        for _ in range(100):
            with contextlib.suppress(BaseException):
                (w**2).sum().backward()
        # The last start is run; those that would have been stopped are not.
        assert w.grad is not None and w.grad[0] == 2 * (100 - MOST_RAISES + 1)

    recording = recorded(program, Options(max_steps=2))
    assert recording.journal is not None
    assert recording.journal.steps == 2
    assert recording.journal.notes == (
        "The program was to end after 2 backward passes, but caught that 20 times; it went on "
        "unwatched.",
    )


def _endless() -> None:
    w = nn.Parameter(torch.ones(2))
    while True:
        (w**2).sum().backward()


@posix
@pytest.mark.parametrize("waiting", ["join", "event"])
def test_a_thread_that_trains_ends_the_whole_program(
    waiting: str, capfd: pytest.CaptureFixture[str]
) -> None:
    before = _state(), signal.getsignal(signal.SIGURG), threading.excepthook

    def program() -> None:
        thread = threading.Thread(target=_endless)
        thread.start()
        if waiting == "join":
            thread.join()
        # Nobody will ever set it.
        threading.Event().wait()

    recorder = Recorder(Options(max_steps=3))
    with pytest.raises(Enough), recorder.watching():
        program()
    journal = recorder.recording(subject="test", ending=Ending("stopped")).journal
    assert journal is not None
    assert (journal.steps, journal.notes) == (3, ())
    assert capfd.readouterr().err == ""
    assert (_state(), signal.getsignal(signal.SIGURG), threading.excepthook) == before


def test_where_the_first_thread_cannot_be_stopped_that_is_told() -> None:
    notes = list[tuple[str, ...]]()

    def watch() -> None:
        # No signal reaches a thread that is not the main one.
        recorder = Recorder(Options(max_steps=3))
        with recorder.watching():
            thread = threading.Thread(target=_endless)
            thread.start()
            thread.join()
        journal = recorder.recording(subject="test", ending=Ending("finished")).journal
        notes.append(journal.notes if journal is not None else ())

    thread = threading.Thread(target=watch)
    thread.start()
    thread.join()
    ((note,),) = notes
    assert note.startswith("After 3 backward passes the thread that made the last one was ended")


def test_without_sources_there_are_none() -> None:
    recording = recorded(fit, Options(sources=False))
    assert recording.graphs["loss"].sources == ()
    assert recording.code == ()


def test_when_nothing_new_comes_no_mode_is_left_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "QUIET", 3)
    modes = list[int]()

    def program() -> None:
        w = nn.Parameter(torch.ones(2))
        with torch.device("cpu"):
            for _ in range(10):
                loss = (w**2).sum()
                loss.backward()
                modes.append(len(_get_current_function_mode_stack()))  # type: ignore[no-untyped-call]

    for options in (Options(), Options(profile=True, gradients=True)):
        modes.clear()
        recorded(program, options)
        # What remains is the program's own: its default device.
        assert modes[0] > 1
        assert modes[-1] == 1


def test_our_own_work_is_no_cut_of_the_programs() -> None:
    recorder = Recorder(Options(profile=True, gradients=True))
    with recorder.watching():
        fit()
    assert [cut.by for cut in recorder.trails.cuts.values()] == ["item"]


def test_a_place_that_comes_late_has_its_lines_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "QUIET", 3)
    closely = list[bool]()

    def program() -> None:
        w = nn.Parameter(torch.ones(2))
        for step in range(20):
            (w**2).sum().backward()
            closely.append(torch._C.is_anomaly_enabled())
            if step >= 12:
                late = (w * 3).sum()
                late.backward()

    recording = recorded(program)
    assert closely[0] and not closely[10]
    expressions = {source.expression for source in recording.graphs["late"].sources}
    assert expressions == {"(w * 3).sum()", "w * 3"}
    assert recording.journal is not None
    # The first graph of the late place had been made unwatched, so the second one is kept.
    assert recording.journal.sites[1].kept == 15


def test_validation_is_averaged_between_starts() -> None:
    def program() -> None:
        w = nn.Parameter(torch.tensor([2.0]))
        for _ in range(2):
            ((w - 1) ** 2).sum().backward()
            with torch.no_grad():
                for target in (0.0, 1.0):
                    valid_loss = F.mse_loss(w, torch.tensor([target]))
                    assert valid_loss.item() >= 0

    (series,) = journal_of(program).validation
    # (2 - 0)² and (2 - 1)².
    assert (series.name, series.steps, series.values) == ("valid_loss", (0, 1), (2.5, 2.5))


@torch.no_grad()  # type: ignore[untyped-decorator, unused-ignore]
def _evaluate(w: Tensor) -> float:
    test_error = ((w - 5) ** 2).mean()
    accuracy = (w > 0).float().mean()
    return float(test_error + accuracy)


def test_validation_by_hand_is_known_by_its_name() -> None:
    def program() -> None:
        w = nn.Parameter(torch.tensor([2.0]))
        (w**2).sum().backward()
        _evaluate(w)

    (series,) = journal_of(program).validation
    assert (series.name, series.values) == ("test_error", (9.0,))


@torch.set_grad_enabled(False)  # type: ignore[untyped-decorator, unused-ignore]
def _evaluate_too(w: Tensor) -> None:
    F.mse_loss(w, torch.zeros(1))


def _by_a_block(w: Tensor) -> None:
    for phase in ("train", "valid"):
        with torch.set_grad_enabled(phase == "train"):
            F.mse_loss(w, torch.zeros(1))


def _by_calls(w: Tensor) -> None:
    torch.set_grad_enabled(False)
    F.mse_loss(w, torch.zeros(1))
    torch.set_grad_enabled(True)
    F.mse_loss(w, torch.ones(1))


@pytest.mark.parametrize("evaluate", [_by_a_block, _by_calls, _evaluate_too])
def test_gradients_that_are_set_off_are_a_validation(evaluate: Callable[[Tensor], None]) -> None:
    modes = list[int]()

    def program() -> None:
        w = nn.Parameter(torch.tensor([2.0]))
        for _ in range(3):
            modes.append(len(_get_current_function_mode_stack()))  # type: ignore[no-untyped-call]
            (w**2).sum().backward()
            evaluate(w)

    before = _state()
    (series,) = journal_of(program).validation
    assert (series.steps, series.values) == ((0, 1, 2), (4.0, 4.0, 4.0))
    assert len(set(modes)) == 1
    assert _state() == before


def test_gradients_that_stay_off_are_watched_to_the_end() -> None:
    def program() -> None:
        torch.set_grad_enabled(False)
        F.mse_loss(torch.ones(2), torch.zeros(2))

    before = _state()
    try:
        (series,) = journal_of(program).validation
    finally:
        torch.set_grad_enabled(True)
    assert series.values == (1.0,)
    assert _state() == before


def test_two_evaluations_in_a_row_are_two() -> None:
    def program() -> None:
        w = nn.Parameter(torch.tensor([2.0]))
        (w**2).sum().backward()
        for target in (0.0, 1.0):
            with torch.no_grad():
                error = 0.0
                for _ in range(3):
                    error += F.mse_loss(w, torch.tensor([target]), reduction="sum").item()

    (series,) = journal_of(program).validation
    assert (series.name, series.steps, series.values) == ("error (sum)", (0, 0), (4.0, 1.0))


def test_a_validation_called_like_a_root_is_told_apart() -> None:
    def program() -> None:
        w = nn.Parameter(torch.tensor([2.0]))
        for _ in range(2):
            loss = F.mse_loss(w, torch.zeros(1))
            loss.backward()
            with torch.no_grad():
                loss = F.mse_loss(w, torch.ones(1))

    (series,) = journal_of(program).validation
    assert series.name == "loss, no gradients"


def test_a_program_without_an_optimizer_has_norms_too() -> None:
    def program() -> None:
        w = torch.tensor([3.0, 4.0], requires_grad=True)
        for _ in range(2):
            (w * torch.tensor([0.6, 0.8])).sum().backward()
            with torch.no_grad():
                w -= w.grad
            w.grad = None

    journal = journal_of(program)
    assert journal.optimizers == ()
    assert [(s.name, s.values) for s in journal.gradient_norms] == [
        ("all leaves", pytest.approx((1.0, 1.0))),
        ("w", pytest.approx((1.0, 1.0))),
    ]
    assert journal.parameter_norms[0].values == pytest.approx((5.0, 4.0))


def test_time_does_not_run_backwards() -> None:
    assert min(journal_of(lambda: fit(40)).seconds.values) >= 0


def test_parameters_that_come_later_have_their_names() -> None:
    def program() -> None:
        for kind in ("base", "adapter"):
            model = nn.ModuleDict({kind: nn.Linear(1, 1)})
            optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
            model[kind](torch.ones(1, 1)).sum().backward()
            optimizer.step()

    names = {series.name for series in journal_of(program).gradient_norms}
    assert {"model.base.weight", "model.adapter.weight"} <= names


def test_blocks_without_gradients_inside_each_other_are_one() -> None:
    def program() -> None:
        w = nn.Parameter(torch.tensor([2.0]))
        (w**2).sum().backward()
        with torch.inference_mode():
            for _ in range(2):
                with torch.no_grad():
                    valid_loss = F.mse_loss(w, torch.zeros(1))
                    valid_loss *= 100

    before = _state()
    (series,) = journal_of(program).validation
    assert series.values == (4.0,)
    assert _state() == before


def test_a_new_place_inside_a_block_without_gradients_leaves_no_mode(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "QUIET", 2)

    def program() -> None:
        w = nn.Parameter(torch.ones(2))
        for _ in range(6):
            (w**2).sum().backward()
        with torch.no_grad(), torch.enable_grad():
            (w**3).sum().backward()
        for _ in range(6):
            (w**2).sum().backward()
        assert len(_get_current_function_mode_stack()) == 0  # type: ignore[no-untyped-call]

    before = _state()
    recorded(program)
    assert _state() == before


def test_a_backward_that_fails_at_once_can_be_read_back() -> None:
    def program() -> None:
        w = nn.Parameter(torch.ones(2))
        y = w * 2
        with pytest.raises(RuntimeError, match="scalar outputs"):
            (y * 1).backward()

    recording = recorded(program)
    assert recording.journal is not None
    assert (recording.journal.steps, list(recording.graphs)) == (0, ["y * 1"])


def test_losses_of_training_are_no_validation() -> None:
    assert journal_of(fit).validation == ()


@pytest.mark.parametrize("reentrant", [True, False])
def test_a_checkpoints_own_backward_is_no_start(reentrant: bool) -> None:
    def program() -> None:
        layer, x = nn.Linear(2, 2), torch.ones(1, 2, requires_grad=True)
        checkpoint(layer, x, use_reentrant=reentrant).sum().backward()

    journal = journal_of(program)
    assert journal.steps == 1


def test_a_model_inside_an_object_has_names() -> None:
    class Trainer:
        def __init__(self) -> None:
            self.net = nn.Linear(2, 1)

        def run(self) -> None:
            loss = self.net(torch.ones(1, 2)).sum()
            loss.backward()

    recording = recorded(Trainer().run)
    assert {leaf.name for leaf in recording.graphs["loss"].leaves} == {"net.weight", "net.bias"}


def test_measures_are_those_of_the_kept_graph() -> None:
    recording = recorded(fit, Options(profile=True, gradients=True))
    graph, measures = recording.graphs["loss"], recording.measures["loss"]
    root = graph.roots[0].node
    assert measures.norm[root] == 1.0
    assert all(seconds is None or seconds > 0 for seconds in measures.forward)
    assert measures.forward[root] is not None
    operations = [node.index for node in graph.operations]
    assert all((measures.backward[index] or 0) > 0 for index in operations)
    assert all(measures.zeros[index] is not None for index in operations)
    assert {measures.nan[index] for index in operations} == {0.0}
    assert measures.cost > 0


def test_broken_gradients_are_counted() -> None:
    def program() -> None:
        w = nn.Parameter(torch.tensor([0.0, 4.0]))
        loss = (w.sqrt() * torch.tensor([0.0, 1.0])).sum()
        loss.backward()

    recording = recorded(program, Options(gradients=True))
    graph, measures = recording.graphs["loss"], recording.measures["loss"]
    leaf = graph.leaves[0].node
    # 0 · ∞ where the square root begins.
    assert measures.nan[leaf] == 0.5
    assert measures.norm[leaf] == pytest.approx(0.25)
    assert measures.backward == ()


# That nobody notices.


def test_results_and_random_numbers_stay_the_same_bits() -> None:
    plain = fit(), torch.rand(3)
    seen = list[tuple[list[float], Tensor]]()
    options = Options(profile=True, gradients=True)
    recorded(lambda: seen.append((fit(), torch.rand(3))), options)
    assert seen[0][0] == plain[0]
    assert torch.equal(seen[0][1], plain[1])


KINDS = (torch.no_grad, torch.inference_mode, torch.set_grad_enabled)


def _state() -> tuple[Any, ...]:
    return (
        torch.Tensor.backward,
        torch.autograd.backward,
        torch.autograd.grad,
        *(getattr(kind, f"__{way}__") for kind in KINDS for way in ("enter", "exit")),
        vars(torch.set_grad_enabled)["__init__"],
        vars(nn.Parameter)["__new__"],
        torch.is_anomaly_enabled,
        torch.set_anomaly_enabled,
        torch.is_anomaly_enabled(),
        torch.is_anomaly_check_nan_enabled(),
        fx_traceback.format_stack,
        len(_get_current_function_mode_stack()),  # type: ignore[no-untyped-call]
        len(optimizers._global_optimizer_post_hooks),
    )


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_all_is_put_back_also_when_the_program_fails(error: type[BaseException]) -> None:
    before, recorder = _state(), Recorder()

    def program() -> None:
        fit(2)
        raise error

    with pytest.raises(error), recorder.watching():
        program()
    assert _state() == before
    assert recorder.recording(subject="test", ending=Ending("raised")).graphs.keys() == {"loss"}


def test_an_error_of_backward_is_the_programs_own() -> None:
    def program() -> None:
        w = nn.Parameter(torch.ones(2))
        with pytest.raises(RuntimeError, match="grad can be implicitly created only for scalar"):
            (w * 2).backward()
        loss = (w**2).sum()
        loss.backward()
        with pytest.raises(RuntimeError, match="a second time"):
            loss.backward()

    assert journal_of(program).steps == 1


def changed_in_place(create_graph: bool) -> None:
    w = nn.Parameter(torch.ones(2))
    y = w.exp()
    y.add_(1)
    y.sum().backward(create_graph=create_graph)


def changed_in_between(create_graph: bool) -> None:
    w = torch.ones(2, requires_grad=True)
    (slope,) = torch.autograd.grad((w**3).exp().sum(), w, create_graph=True)
    with torch.no_grad():
        w.add_(1)
    torch.autograd.backward([slope.sum()], create_graph=create_graph)


class Refuses(torch.autograd.Function):
    """Raises in its backward, after a warning of its own."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x * 2

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:  # type: ignore[override]
        warnings.warn("mine", stacklevel=2)
        raise ValueError("not today")


def refused(create_graph: bool) -> None:
    x = torch.ones(2, requires_grad=True)
    Refuses.apply(x).sum().backward(create_graph=create_graph)


def _said(fail: Callable[[bool], None], create_graph: bool) -> list[str]:
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        before = list(warnings.filters)
        with pytest.raises((RuntimeError, ValueError)) as raised:
            fail(create_graph)
        assert warnings.filters == before
    texts = (str(each.message) for each in warned)
    # Torch says this one once in a process.
    return [str(raised.value), *(text for text in texts if "reference cycle" not in text)]


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("fail", [changed_in_place, changed_in_between, refused])
def test_an_error_in_backward_says_what_it_says_unwatched(
    fail: Callable[[bool], None], create_graph: bool
) -> None:
    said = list[list[str]]()
    recorded(lambda: said.append(_said(fail, create_graph)))
    assert said == [_said(fail, create_graph)]


def test_anomaly_mode_of_the_programs_own_says_what_it_has_to() -> None:
    said = list[list[str]]()

    def program() -> None:
        torch.autograd.set_detect_anomaly(True)
        said.append(_said(changed_in_place, False))

    try:
        recorded(program)
        assert torch.is_anomaly_enabled() and torch.is_anomaly_check_nan_enabled()
    finally:
        torch.autograd.set_detect_anomaly(False)
    (message, warning), *_ = said
    assert "further above shows the operation" in message
    assert "y = w.exp()" in warning


def test_the_programs_own_anomaly_mode_stays_when_nothing_new_comes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "QUIET", 3)
    asked = list[bool]()

    def program() -> None:
        w = nn.Parameter(torch.ones(2))

        def train() -> None:
            for _ in range(8):
                (w**2).sum().backward()
                asked.append(torch.is_anomaly_enabled())

        train()
        (w * 2).sum().backward()
        # Watched closely once more; meanwhile a block begins, in which we look away.
        with pytest.warns(UserWarning, match="Anomaly Detection"), torch.autograd.detect_anomaly():
            train()
            assert torch._C.is_anomaly_enabled()
        assert not torch._C.is_anomaly_enabled()
        torch.autograd.set_detect_anomaly(True)
        (w * 3).sum().backward()
        torch.autograd.set_detect_anomaly(False)
        train()
        assert not torch._C.is_anomaly_enabled()

    recorded(program)
    assert asked == [False] * 8 + [True] * 8 + [False] * 8


def test_the_functions_look_like_torchs() -> None:
    signature = inspect.signature(torch.autograd.backward)
    recorder = Recorder()
    with recorder.watching():
        assert inspect.signature(torch.autograd.backward) == signature
        assert torch.autograd.grad.__name__ == "grad"


@pytest.mark.parametrize("before", [True, False], ids=["before", "inside"])
def test_what_a_program_puts_over_backward_runs_once(
    before: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = list[str]()

    def patch() -> None:
        original = torch.Tensor.backward

        def mine(tensor: Tensor, *args: Any, **kwargs: Any) -> None:
            calls.append("mine")
            original(tensor, *args, **kwargs)  # type: ignore[no-untyped-call]

        torch.Tensor.backward = mine  # type: ignore[method-assign, assignment]

    def program() -> None:
        if not before:
            patch()
        fit(2)

    monkeypatch.setattr(torch.Tensor, "backward", torch.Tensor.backward)
    if before:
        patch()
    journal = journal_of(program, Options(profile=True))
    assert (journal.steps, calls) == (2, ["mine"] * 2)
    # It is not for us to take it away.
    fit(1)
    assert len(calls) == 3


def test_a_function_that_was_kept_does_nothing_more_afterwards() -> None:
    recorder, kept = Recorder(), list[Any]()
    with recorder.watching():
        kept += [torch.autograd.grad, torch.autograd.backward, torch.Tensor.backward]
    before = _state()
    w = nn.Parameter(torch.ones(2))
    (slope,) = kept[0]((w**2).sum(), w)
    kept[1]([(w**3).sum()])
    kept[2]((w * 2).sum())
    assert (slope.tolist(), w.grad is not None and w.grad.tolist()) == ([2.0, 2.0], [5.0, 5.0])
    assert (recorder.steps, recorder.sites.by_place) == (0, {})
    assert _state() == before


def test_modes_are_in_their_places_after_each_start() -> None:
    stacks = list[list[str]]()

    def program() -> None:
        w = nn.Parameter(torch.ones(2))
        w.register_hook(lambda grad: stacks.append(_modes()))
        with torch.device("cpu"):
            for _ in range(2):
                loss = (w**2).sum()
                stacks.append(_modes())
                loss.backward()
                stacks.append(_modes())

    recorded(program, Options(profile=True))
    closely = ["_TimeFunctions", "Trails", "DeviceContext"]
    # Torch takes the program's own off while it is asked.
    assert stacks == [closely, [], closely] * 2


def _modes() -> list[str]:
    return [type(mode).__name__ for mode in _get_current_function_mode_stack()]  # type: ignore[no-untyped-call]


def _halved(x: Tensor) -> Tensor:
    with torch.no_grad():
        half = x / 2
    return half * x


def test_torchscript_reads_a_function_without_gradients() -> None:
    scripted = list[Any]()

    def program() -> None:
        # What was scripted once is remembered.
        torch.jit._state._clear_class_state()  # type: ignore[no-untyped-call]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            scripted.append(torch.jit.script(_halved))
        w = nn.Parameter(torch.tensor([4.0]))
        loss = scripted[0](w).sum()
        loss.backward()
        assert w.grad is not None and w.grad.tolist() == [2.0]

    recorded(program)
    assert "prim::Enter" in str(scripted[0].graph)


def test_dynamo_traces_a_function_without_gradients_in_one_piece() -> None:
    graphs = list[list[str]]()

    def backend(module: Any, inputs: Any) -> Any:
        graphs.append([str(node.target) for node in module.graph.nodes])
        return module.forward

    def program() -> None:
        torch._dynamo.reset()
        w = nn.Parameter(torch.tensor([4.0]))
        halved = torch.compile(_halved, backend=backend, fullgraph=True)
        halved(w).sum().backward()
        assert w.grad is not None and w.grad.tolist() == [2.0]

    program()
    recorded(program)
    torch._dynamo.reset()
    assert len(graphs) == 2
    # A function mode makes of an operator the method behind it.
    assert len(graphs[0]) == len(graphs[1])


def test_dynamo_traces_none_of_our_functions() -> None:
    traced = list[dict[str, int]]()

    def scaled(x: Tensor) -> Tensor:
        # Where dynamo stops, Python calls what stands for torch's own.
        scale = nn.Parameter(torch.ones(2))
        return (x * scale).sum()

    def program() -> None:
        torch._dynamo.reset()
        torch._dynamo.utils.counters.clear()
        torch.compile(scaled, backend="eager")(torch.ones(2)).backward()
        traced.append(dict(torch._dynamo.utils.counters["frames"]))

    program()
    recorded(program, Options(profile=True))
    torch._dynamo.reset()
    assert traced[0] == traced[1]
    assert traced[0]["total"] > 1


def test_no_tensor_and_no_optimizer_is_kept_alive() -> None:
    references = list[weakref.ref[Any]]()

    def program() -> None:
        model = nn.Linear(2, 1)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        loss = model(torch.ones(1, 2)).sum()
        loss.backward()
        optimizer.step()
        references.extend(map(weakref.ref, (model, model.weight, optimizer, loss)))

    recorder = Recorder()
    with recorder.watching():
        program()
        gc.collect()
        assert [reference() for reference in references] == [None] * 4


def test_a_default_device_that_is_set_meanwhile_stays() -> None:
    recorder = Recorder()
    try:
        with recorder.watching():
            torch.set_default_device("meta")
        assert torch.ones(1).is_meta
    finally:
        torch.set_default_device(None)
    assert not torch.ones(1).is_meta


def test_other_threads_may_train_too() -> None:
    def program() -> None:
        threads = [threading.Thread(target=fit, args=(40,)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    before = _state()
    journal = journal_of(program)
    assert journal.sites[0].calls == 80
    assert _state() == before


def test_compiled_code_runs_and_is_opaque() -> None:
    def program() -> None:
        w = nn.Parameter(torch.ones(3))
        double = torch.compile(lambda x: (x * 2).sin(), backend="aot_eager")
        loss = double(w).sum()
        loss.backward()

    graph = recorded(program).graphs["loss"]
    assert next(node.name for node in graph.operations) == "CompiledFunctionBackward"


def test_sparse_gradients_and_complex_parameters_are_survived() -> None:
    def program() -> None:
        table = nn.Embedding(4, 2, sparse=True)
        turn = nn.Parameter(torch.ones(2, dtype=torch.complex64))
        optimizer = torch.optim.SGD([*table.parameters(), turn], lr=0.1)
        loss = table(torch.tensor([1])).sum() + (turn * turn).abs().sum()
        loss.backward()
        optimizer.step()

    assert journal_of(program).updates == 1


class OwnRate(torch.optim.SGD):
    """Finds its learning rate itself, as some optimizers do."""

    def __init__(self, params: Any) -> None:
        super().__init__(params, lr=0.1)
        self.param_groups[0]["lr"] = None

    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        return None


def test_odd_optimizers_and_parameters_are_survived() -> None:
    def program() -> None:
        model = nn.ModuleDict({"used": nn.Linear(1, 1), "lazy": nn.LazyLinear(2)})
        optimizer = OwnRate(model.parameters())
        model["used"](torch.ones(1, 1)).sum().backward()
        optimizer.step()

    journal = journal_of(program)
    assert journal.updates == 1
    assert str(journal.learning_rates[0].values[0]) == "nan"


def test_tensors_without_numbers_are_survived() -> None:
    def program() -> None:
        with FakeTensorMode():
            w = nn.Parameter(torch.ones(3))
            loss = (w**2).sum()
            loss.backward()
        w = nn.Parameter(torch.ones(2))
        (w**2).sum().backward()
        with torch.no_grad():
            F.mse_loss(torch.ones(3, device="meta"), torch.ones(3, device="meta"))
        samples = torch.ones(4, 2)
        slopes = torch.func.vmap(torch.func.grad(lambda x: (x**2).sum()))(samples)
        assert torch.equal(slopes, 2 * samples)

    assert journal_of(program).sites[0].loss.values == ()


def test_equal_code_of_two_files_is_two_places() -> None:
    text = "def run(w):\n    loss = (w * 2).sum()\n    loss.backward()\n"

    def program() -> None:
        w = nn.Parameter(torch.ones(2))
        for name in ("ours.py", "theirs.py"):
            space: dict[str, Any] = {}
            exec(compile(text, name, "exec"), space)
            space["run"](w)

    sites = journal_of(program).sites
    assert [(site.calls, site.source and site.source.file) for site in sites] == [
        (1, "ours.py"),
        (1, "theirs.py"),
    ]


# Long series.


def test_a_long_series_keeps_its_ends_and_extremes() -> None:
    series = Thinned("loss")
    for step in range(100_000):
        series.add(step, 1e6 if step == 54_321 else -7.0 if step == 77_777 else step % 10)
    found = series.series
    assert len(found.steps) <= MOST_POINTS
    points = dict(zip(found.steps, found.values, strict=True))
    assert points[54_321] == 1e6
    assert points[77_777] == -7.0
    assert {0, 99_999} <= points.keys()
    assert list(found.steps) == sorted(found.steps)


def test_what_is_no_number_is_kept() -> None:
    points = [(step, float("nan") if step == 500 else 1.0) for step in range(1000)]
    kept = thinned(points, 100)
    assert len(kept) <= 100
    assert 500 in dict(kept)
    assert thinned(points[:50], 100) == points[:50]
