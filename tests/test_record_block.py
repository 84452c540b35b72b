"""`with graphview.record()` inside a program of one's own."""

from __future__ import annotations

import sys
import threading
import traceback
from pathlib import Path
from typing import Any

import pytest
import torch
from processes import posix
from torch import nn

import graphview
from graphview.errors import SubjectError
from graphview.model.store import recording_from_json
from graphview.observe.recorder import Options, Recorder
from graphview.observe.stopping import Enough

# Files are called as they are seen from the working directory, or from where they are imported.
pytestmark = pytest.mark.usefixtures("here")
STEPS = 4


def train(steps: int = STEPS) -> list[float]:
    """A linear regression, from the same start each time; its losses."""
    torch.manual_seed(0)
    model, x = nn.Linear(2, 1), torch.randn(8, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = ((model(x) - 1) ** 2).mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def test_the_recording_is_there_after_the_block() -> None:
    with graphview.record() as block:
        losses = train()
    recording = block.recording
    assert recording.journal is not None
    assert recording.journal.ending.kind == "finished"
    assert recording.journal.steps == STEPS
    assert recording.journal.sites[0].loss.values == pytest.approx(losses)
    assert repr(recording) == "<Recording of test_record_block.py: loss, 4 steps>"
    assert repr(block) == repr(recording)


def test_training_goes_as_it_goes_without() -> None:
    expected, drawn = train(), torch.randn(3)
    with graphview.record(profile=True, gradients=True):
        losses = train()
    assert losses == expected
    assert torch.equal(torch.randn(3), drawn)


def test_each_node_has_its_line() -> None:
    with graphview.record() as block:
        train(1)
    graph = block.recording.graphs["loss"]
    assert {Path(source.file).name for source in graph.sources} == {"test_record_block.py"}
    assert "((model(x) - 1) ** 2).mean()" in {source.expression for source in graph.sources}


def test_without_sources_no_node_has_a_line() -> None:
    with graphview.record(sources=False) as block:
        train()
    assert block.recording.graphs["loss"].sources == ()


def test_the_graph_of_another_step_can_be_kept() -> None:
    with graphview.record(step=2) as block:
        train()
    journal = block.recording.journal
    assert journal is not None
    assert journal.sites[0].kept == 2


def test_what_is_asked_for_is_measured() -> None:
    with graphview.record(profile=True, gradients=True) as block:
        train()
    measures = block.recording.measures["loss"]
    nodes = len(block.recording.graphs["loss"].nodes)
    assert len(measures.backward) == len(measures.norm) == nodes


def test_after_max_steps_the_rest_of_the_block_is_left_out() -> None:
    reached = False
    with graphview.record(max_steps=2) as block:
        train()
        reached = True
    assert not reached
    journal = block.recording.journal
    assert journal is not None
    assert (journal.steps, journal.ending.kind) == (2, "stopped")
    assert repr(block.recording).endswith("loss, 2 steps, stopped>")


def test_the_subject_can_be_named() -> None:
    with graphview.record(subject="my training") as block:
        train(1)
    assert block.recording.subject == "my training"


def test_an_exception_goes_on_and_is_recorded() -> None:
    with pytest.raises(ZeroDivisionError) as raised, graphview.record() as block:
        train(2)
        print(1 / 0)
    files = [
        Path(frame.filename).name for frame in traceback.extract_tb(raised.value.__traceback__)
    ]
    assert files == ["test_record_block.py"]
    journal = block.recording.journal
    assert journal is not None
    assert (journal.steps, journal.ending.kind) == (2, "raised")
    failure = journal.ending.failure
    assert failure is not None
    assert (failure.type, failure.message) == ("ZeroDivisionError", "division by zero")
    assert failure.line == raised.traceback[0].lineno + 1
    assert "print(1 / 0)" in failure.traceback


def test_a_recorded_traceback_names_no_folder_of_this_machine() -> None:
    with pytest.raises(ValueError, match="second"), graphview.record() as block:
        try:
            nn.Linear(2, 1)(torch.ones(3, 3))
        except RuntimeError as error:
            raise ValueError("second") from error
    journal = block.recording.journal
    assert journal is not None and journal.ending.failure is not None
    text = journal.ending.failure.traceback
    assert 'test_record_block.py", line' in text
    assert 'File "torch/nn/modules/linear.py"' in text
    assert str(Path(__file__).parent) not in text and sys.prefix not in text


@pytest.mark.parametrize(
    ("raised", "kind", "code"),
    [
        (SystemExit(3), "exited", 3),
        (SystemExit(), "exited", 0),
        (SystemExit("no data"), "exited", 1),
        (KeyboardInterrupt(), "interrupted", None),
    ],
    ids=repr,
)
def test_other_ways_to_leave_are_told(raised: BaseException, kind: str, code: int | None) -> None:
    with pytest.raises(type(raised)), graphview.record() as block:
        raise raised
    journal = block.recording.journal
    assert journal is not None
    assert (journal.ending.kind, journal.ending.code) == (kind, code)


def test_a_block_without_backward_gives_a_recording() -> None:
    with graphview.record() as block:
        pass
    assert block.recording.graphs == {}
    assert repr(block.recording) == "<Recording of test_record_block.py: no graph, 0 steps>"


def test_the_recording_is_not_there_during_the_block() -> None:
    with graphview.record() as block:
        assert repr(block) == "<Block of test_record_block.py, being recorded>"
        with pytest.raises(SubjectError, match="ask for it after the block"):
            print(block.recording)


def test_a_block_within_a_block_is_refused_and_the_outer_one_goes_on() -> None:
    with graphview.record() as block:
        with pytest.raises(SubjectError, match="another block") as refused, graphview.record():
            pytest.fail("the inner block ran")
        train(2)
    assert str(refused.value).count(".") == 3
    assert block.recording.journal is not None
    assert block.recording.journal.steps == 2


def test_a_block_in_another_thread_is_refused_while_one_runs() -> None:
    found: list[BaseException] = []

    def work() -> None:
        try:
            with graphview.record():
                train(1)
        except SubjectError as error:
            found.append(error)

    with graphview.record():
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert len(found) == 1


def test_a_block_of_a_program_that_is_recorded_is_seen_by_both() -> None:
    recorder = Recorder(Options())
    with recorder.watching():
        train(1)
        with graphview.record() as block:
            train(2)
    assert block.recording.journal is not None
    assert (recorder.steps, block.recording.journal.steps) == (3, 2)


def test_who_has_seen_enough_of_the_program_ends_the_block_too() -> None:
    recorder = Recorder(Options(max_steps=2))
    with pytest.raises(Enough), recorder.watching(), graphview.record() as block:
        train()
    assert block.recording.journal is not None
    assert block.recording.journal.ending.kind == "stopped"


def test_one_block_after_another_is_fine() -> None:
    steps = []
    for count in (1, 3):
        with graphview.record() as block:
            train(count)
        assert block.recording.journal is not None
        steps.append(block.recording.journal.steps)
    assert steps == [1, 3]


def test_torch_is_as_before_afterwards() -> None:
    before = torch.autograd.backward, torch.autograd.grad, torch.is_anomaly_enabled()
    with pytest.raises(ZeroDivisionError), graphview.record():
        train(1)
        print(1 / 0)
    assert (torch.autograd.backward, torch.autograd.grad, torch.is_anomaly_enabled()) == before


@pytest.mark.parametrize(
    "wrong",
    [{"step": -1}, {"step": "1"}, {"step": True}, {"max_steps": 0}, {"max_steps": 1.5}],
    ids=str,
)
def test_a_wrong_number_of_steps_is_one_sentence(wrong: dict[str, Any]) -> None:
    with pytest.raises(SubjectError, match=r"^(max_)?steps? is .*; give [01] or more"):
        graphview.record(**wrong)


def test_an_exception_is_recorded_from_the_users_first_frame_on() -> None:
    with pytest.raises(ZeroDivisionError), graphview.record() as block:
        print(1 / 0)
    journal = block.recording.journal
    assert journal is not None and journal.ending.failure is not None
    first = journal.ending.failure.traceback.splitlines()[1]
    assert "test_record_block.py" in first


@posix
def test_after_max_steps_of_a_thread_the_rest_of_the_block_is_left_out() -> None:
    reached = False
    with graphview.record(max_steps=2) as block:
        thread = threading.Thread(target=train, args=(10_000,))
        thread.start()
        thread.join()
        reached = True
    assert not reached
    journal = block.recording.journal
    assert journal is not None
    assert (journal.steps, journal.ending.kind) == (2, "stopped")


def test_a_recording_goes_to_json_and_to_a_page(here: Path) -> None:
    with graphview.record() as block:
        train()
    recording = block.recording
    assert recording_from_json(recording.to_json()) == recording
    recording.report("page.html")
    text = (here / "page.html").read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    assert "test_record_block.py" in text
