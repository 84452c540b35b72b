"""The command line on programs of other people: what is written, said, and the exit code."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import textwrap
import traceback
from collections.abc import Sequence
from pathlib import Path

import pytest
from processes import PLAIN, files_in, posix, python

from graphview.cli import BUG, COULD_NOT, FINE, INTERRUPTED, run
from graphview.errors import EngineUnavailable
from graphview.model.journal import Journal
from graphview.model.recording import Recording
from graphview.model.store import read_recording, recording_from_json

# Each test in an empty working directory.
pytestmark = pytest.mark.usefixtures("here")

# Draws from every source of random numbers, trains, and ends as it is told.
TRAIN = """
import argparse, random, sys
import numpy, torch
from torch import nn

def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--fail", action="store_true")
    parser.add_argument("--code", type=int, default=0)
    args = parser.parse_args()
    for seed in (random.seed, numpy.random.seed, torch.manual_seed):
        seed(args.epochs)
    model = nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for epoch in range(args.epochs):
        loss = (model(torch.randn(4, 3)) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(epoch, loss.item(), random.random(), numpy.random.rand(), torch.rand(1).item())
    if args.fail:
        raise ValueError("no more data.")
    print(sys.argv, sys.path[0])
    sys.exit(args.code)

if __name__ == "__main__":
    main()
"""


@pytest.fixture
def train(here: Path) -> Path:
    return script(TRAIN)


def script(text: str, name: str = "train.py") -> Path:
    path = Path(name)
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return path


@pytest.fixture
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    def layout(dot: str, **options: object) -> None:
        raise EngineUnavailable("no layout engine is installed.")

    monkeypatch.setattr("graphview.draw.engines.layout", layout)


@pytest.mark.usefixtures("no_engine")
def test_where_nothing_can_be_drawn_the_recording_is_kept(
    train: Path, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("recording.json").write_text("of another day")
    assert run(["report", "train.py", "-o", "page.html"]) == COULD_NOT
    assert last_line(capsys) == (
        "graphview: no layout engine is installed. The graph is kept in loss.dot. What was "
        "recorded is kept in recording-2.json, from which graphview can go on."
    )
    assert files_in(here) == ["loss.dot", "recording-2.json", "recording.json", "train.py"]
    assert journal("recording-2.json").steps == 2
    assert Path("recording.json").read_text() == "of another day"
    # What was recorded before is there already.
    assert run(["report", "recording-2.json", "-o", "page.html"]) == COULD_NOT
    assert "loss-2.dot." in last_line(capsys)
    assert len(files_in(here)) == 5


def test_a_bug_of_ours_loses_no_recording(
    train: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def page(*arguments: object) -> str:
        raise ZeroDivisionError

    monkeypatch.setattr("graphview.report.page.page", page)
    assert run(["report", "train.py"]) == BUG
    assert "Wrote recording.json\n" in capsys.readouterr().err
    assert journal().steps == 2


def kept(name: str = "recording.json") -> Recording:
    return read_recording(Path(name))


def journal(name: str = "recording.json") -> Journal:
    found = kept(name).journal
    assert found is not None
    return found


def last_line(capture: pytest.CaptureFixture[str]) -> str:
    return capture.readouterr().err.splitlines()[-1]


def test_a_program_does_what_it_does_without_graphview(
    train: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--epochs", "3", "--code", "7"]
    alone = subprocess.run(
        [sys.executable, "train.py", *arguments], capture_output=True, text=True, check=False
    )
    assert run(["record", "train.py", "--profile", "--gradients", "--", *arguments]) == 7
    assert alone.returncode == 7
    ours = capfd.readouterr()
    assert ours.out == alone.stdout
    assert ours.err == alone.stderr + "Wrote recording.json\n"
    assert (journal().ending.kind, journal().ending.code) == ("exited", 7)
    assert journal().steps == 3
    assert kept().subject == "train.py"
    assert list(kept().graphs) == list(kept().measures) == ["loss"]
    assert kept().graphs["loss"].sources[0].file == "train.py"


def test_a_program_may_exit_with_0(train: Path) -> None:
    assert run(["render", "train.py"]) == FINE
    assert files_in(Path()) == ["loss.svg", "train.py"]


@pytest.mark.parametrize(
    ("command", "written"),
    [("record", "recording.json"), ("report", "graphview-report.html"), ("render", "loss.svg")],
)
def test_a_program_that_raises_has_left_all_that_was_seen(
    train: Path, capfd: pytest.CaptureFixture[str], command: str, written: str
) -> None:
    assert run([command, "train.py", "--", "--fail"]) == COULD_NOT
    lines = capfd.readouterr().err.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[1].endswith('train.py", line 28, in <module>')
    assert lines[-3:] == [
        "ValueError: no more data.",
        f"Wrote {written}",
        "graphview: train.py failed in line 23 with ValueError: no more data; "
        "what it did until then was recorded.",
    ]
    assert Path(written).stat().st_size > 1000
    if command == "record":
        assert journal().steps == 2
        # Reading it later is no failure.
        assert run(["render", written]) == FINE


@posix
def test_an_interrupted_program_has_left_all_that_was_seen() -> None:
    script("""
        import signal, torch
        # Started in the background of a shell, a process inherits that Ctrl-C is ignored.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        w = torch.ones(1, requires_grad=True)
        while True:
            (w * 2).sum().backward()
            print("training", flush=True)
        """)
    with subprocess.Popen(
        [sys.executable, "-c", PLAIN, "record", "train.py"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"training\n"
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == INTERRUPTED
    assert err.decode().splitlines() == [
        "Wrote recording.json",
        "graphview: train.py was interrupted; what it did until then was recorded.",
    ]
    assert journal().ending.kind == "interrupted"
    assert len(kept().graphs) == 1


@posix
def test_with_a_dash_standard_output_holds_the_recording_alone() -> None:
    script("""
        import atexit, os, sys, torch
        atexit.register(print, "at the end")
        asked = input("who? ")
        print(asked * 1_000_000)
        sys.stdout.flush()
        os.system("echo from a child")
        loss = torch.ones(2, requires_grad=True).sum()
        loss.backward()
        """)
    done = subprocess.run(
        [sys.executable, "-c", PLAIN, "record", "train.py", "-o", "-"],
        input="0123456789\n",
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == FINE, done.stderr[-500:]
    assert list(recording_from_json(done.stdout.encode()).graphs) == ["loss"]
    assert done.stderr == "who? " + "0123456789" * 1_000_000 + "\nfrom a child\nat the end\n"


@pytest.mark.parametrize("command", ["record", "render"])
def test_a_dash_works_where_standard_output_is_no_file(
    train: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert run([command, "train.py", "-o", "-", "--", "--epochs", "1"]) == FINE
    captured = capsys.readouterr()
    assert captured.out.startswith({"record": '{\n "subject"', "render": "<?xml"}[command])
    assert captured.err.splitlines()[-1].startswith("['train.py', '--epochs', '1']")


WITHOUT = "print('nothing to see')\n"


@pytest.mark.parametrize("command", ["report", "render"])
def test_without_backward_there_is_nothing_to_show(
    capsys: pytest.CaptureFixture[str], command: str
) -> None:
    script(WITHOUT)
    assert run([command, "train.py"]) == COULD_NOT
    captured = capsys.readouterr()
    assert captured.out == "nothing to see\n"
    assert captured.err == (
        "graphview: train.py never started backward, so there is no graph; call backward() on a "
        "loss in it, or give a function that returns one (file.py:name).\n"
    )
    assert files_in(Path()) == ["train.py"]


@pytest.mark.parametrize(("code", "said"), [("3", 3), ("", 0), ("'bad'", 1)])
def test_a_function_that_ends_the_program_is_told(
    capsys: pytest.CaptureFixture[str], code: str, said: int
) -> None:
    script(f"import sys\n\ndef make():\n    sys.exit({code})\n")
    assert run(["render", "train.py:make"]) == COULD_NOT
    assert last_line(capsys) == (
        f"graphview: train.py:make ended the program with exit code {said} instead of returning, "
        "so there is no graph; leave the exit out, and return the loss."
    )


def test_without_backward_there_is_something_to_record(
    capsys: pytest.CaptureFixture[str],
) -> None:
    script(WITHOUT)
    assert run(["record", "train.py"]) == FINE
    assert (journal().steps, kept().graphs) == (0, {})
    assert run(["render", "recording.json"]) == COULD_NOT
    assert "no root 'loss' in train.py; its roots are none." in last_line(capsys)


def test_a_view_that_torch_forbids_to_use_is_none_of_what_is_left() -> None:
    script(
        """
        import torch

        w = torch.ones(4, requires_grad=True)
        with torch.no_grad():
            first = w[0]
            first.add_(1)
        loss = (w * 2).sum()
        """
    )
    assert run(["record", "train.py"]) == FINE
    assert set(kept().graphs) == {"loss"}


def test_without_backward_what_the_variables_hold_is_shown() -> None:
    script("""
        import torch
        w = torch.ones(3, requires_grad=True)
        yhat = w * 2
        total = yhat.sum()
        """)
    assert run(["record", "train.py"]) == FINE
    assert list(kept().graphs) == ["yhat", "total"]
    assert [leaf.name for leaf in kept().graphs["total"].leaves] == ["w"]
    assert kept().about.startswith("train.py never started backward.")
    # No loss: the last one.
    assert run(["render", "recording.json"]) == run(["render", "train.py"]) == FINE
    assert files_in(Path()) == ["recording.json", "total.svg", "train.py"]


def test_a_program_that_raises_before_backward_leaves_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    script("import no_such_package\n")
    assert run(["report", "train.py"]) == COULD_NOT
    lines = capsys.readouterr().err.splitlines()
    assert lines[-2:] == [
        "ModuleNotFoundError: No module named 'no_such_package'",
        "graphview: train.py failed in line 1 with ModuleNotFoundError: No module named "
        "'no_such_package'; until then there was no graph.",
    ]
    assert files_in(Path()) == ["train.py"]


def test_a_loss_without_a_graph_is_told_as_python_tells_it(
    capfd: pytest.CaptureFixture[str],
) -> None:
    path = script("""
        import torch
        w = torch.ones(2, requires_grad=True)
        loss = (w.detach() * 2).sum()
        loss.backward()
        """).absolute()
    with pytest.raises(RuntimeError) as raised:
        exec(compile(path.read_bytes(), path, "exec"), {})
    # From the script's own frame on, as where nobody else runs it.
    alone = "".join(traceback.format_exception(raised.value.with_traceback(raised.tb.tb_next)))
    # There is no graph, and a reason for that.
    assert run(["report", "train.py"]) == COULD_NOT
    assert capfd.readouterr().err.startswith(f"{alone}Wrote graphview-report.html\n")
    assert run(["render", "train.py"]) == COULD_NOT
    assert last_line(capfd).endswith("does not have a grad_fn; until then there was no graph.")


def test_a_step_that_never_came_is_said(train: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["render", "train.py", "--step", "9"]) == COULD_NOT
    assert last_line(capsys) == (
        "graphview: train.py started backward, and no graph of it was kept; "
        "choose a smaller --step."
    )


def test_results_are_written_where_the_command_was_given(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script("""
        import os, torch
        os.mkdir("elsewhere")
        os.chdir("elsewhere")
        loss = torch.ones(2, requires_grad=True).sum()
        loss.backward()
        """)
    assert run(["render", "train.py"]) == FINE
    assert capsys.readouterr().err == "Wrote loss.svg\n"
    (here / "elsewhere").rmdir()
    assert run(["record", "train.py", "-o", "r.json"]) == FINE
    assert files_in(here) == ["loss.svg", "r.json", "train.py"]


MISTAKES: dict[str, tuple[list[str], str]] = {
    "missing": (["report", "no.py"], "there is no no.py; give a script (train.py), a notebook"),
    "no folder": (["record", "train.py", "-o", "no/r.json"], "there is no folder no;"),
    "folder as output": (["render", "train.py", "-o", "."], ". is a folder;"),
    "syntax": (["record", "broken.py"], "broken.py line 1 is no Python: '(' was never closed."),
    "epochs": (
        ["report", "train.py", "--epochs", "3"],
        "--epochs has no effect on a script, which has its own options behind --, as in: gr",
    ),
    "device": (["record", "train.py", "--device", "cpu"], "--device has no effect on a script,"),
    "step of the lesson": (["report", "--step", "1"], "--step has no effect on the lesson,"),
    "profile of the lesson": (["render", "--profile"], "--profile has no effect on the lesson,"),
    "no sources": (["report", "r.json", "--no-sources"], "--no-sources has no effect on a rec"),
    "max steps": (["render", "r.json", "--max-steps", "1"], "--max-steps has no effect on a rec"),
    "profile of a function": (
        ["record", "f.py:make", "--profile"],
        "--profile has no effect on a function, which is called once; leave one of the two",
    ),
    "step -1": (["record", "train.py", "--step", "-1"], "-1 is not in the range x>=0."),
    "arguments of a function": (
        ["record", "f.py:make", "--", "x"],
        "Got unexpected extra argument (x): only scripts and notebooks take arguments.",
    ),
    "arguments of a recording": (["report", "r.json", "x"], "Got unexpected extra argument (x)"),
    "record a recording": (["record", "r.json"], "r.json is a recording already; give it to"),
    "device of a function": (
        ["record", "f.py:make", "--device", "tpu"],
        "device 'tpu' is unknown; choose auto, cpu, cuda, cuda:N, mps or meta.",
    ),
    "script as output": (
        ["render", "train.py", "-o", "train.py"],
        "train.py is the script itself;",
    ),
    "function as output": (
        ["record", "f.py:make", "-o", "f.py"],
        "f.py is the file of the function",
    ),
    "no tensor": (["record", "f.py:make"], "f.py:make returned None, in which there is no tensor"),
}


@pytest.mark.parametrize(("arguments", "said"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_answered_by_one_sentence_before_anything_runs(
    here: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    script("open('ran', 'w')\n")
    script("x = (\n", "broken.py")
    script("def make(): ...\n", "f.py")
    script("{}", "r.json")
    before = files_in(here)
    assert run(arguments) == COULD_NOT
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1
    assert said in captured.err
    assert files_in(here) == before


def test_a_program_can_be_stopped_and_a_later_step_kept(train: Path) -> None:
    arguments = ["--step", "2", "--max-steps", "4", "--no-sources"]
    assert run(["record", "train.py", *arguments, "--", "--epochs", "9", "--code", "5"]) == FINE
    assert (journal().ending.kind, journal().steps) == ("stopped", 4)
    assert journal().sites[0].kept == 2
    assert kept().graphs["loss"].sources == ()


def test_a_program_may_have_a_help_of_its_own(
    train: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["record", "train.py", "--", "--help"]) == FINE
    assert capsys.readouterr().out.startswith("usage: train.py [-h] [--epochs EPOCHS]")


FUNCTION = """
import torch
from torch import nn

def make():
    model = nn.Sequential(nn.Linear(3, 2), nn.ReLU())
    yhat = model(torch.ones(2, 3))
    return yhat, yhat.mean()

def deep():
    x = torch.ones(1, requires_grad=True)
    for _ in range(1600):
        x = x + 1
    return x

def fail():
    raise ValueError("no data")
"""


def test_a_function_is_drawn_and_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    script(FUNCTION, "f.py")
    assert run(["render", "f.py:make", "--root", "yhat", "--device", "meta"]) == FINE
    assert run(["render", "f:make"]) == run(["report", "f.py:make"]) == FINE
    assert files_in(Path()) == ["f.py", "graphview-report.html", "make%5B1%5D.svg", "yhat.svg"]
    assert "Autograd graph of yhat" in Path("yhat.svg").read_text(encoding="utf-8")
    capsys.readouterr()
    assert run(["render", "f.py:make", "--root", "loss"]) == COULD_NOT
    assert "no root 'loss' in f.py:make; its roots are yhat, make[1]." in last_line(capsys)


def test_a_function_that_raises_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    script(FUNCTION, "f.py")
    assert run(["render", "f.py:fail"]) == COULD_NOT
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[-1].startswith("graphview: f.py:fail failed in line 17 with ValueError: no data;")
    assert files_in(Path()) == ["f.py"]


def test_a_graph_too_large_for_make_dot_is_folded(
    capsys: pytest.CaptureFixture[str],
) -> None:
    script(FUNCTION, "f.py")
    assert run(["record", "f.py:deep"]) == FINE
    assert len(kept().graphs["x"].nodes) == 1601
    capsys.readouterr()
    assert run(["render", "recording.json"]) == FINE
    assert last_line(capsys) == "Wrote x.svg"
    assert Path("x.svg").stat().st_size < 200_000


def test_a_notebook_becomes_a_page(capsys: pytest.CaptureFixture[str]) -> None:
    cells: Sequence[str] = (
        "%matplotlib inline\nimport torch\nw = torch.ones(2, requires_grad=True)",
        "loss = (w * 3).sum()\nloss.backward()\nloss",
    )
    code = [{"cell_type": "code", "source": cell} for cell in cells]
    Path("lesson.ipynb").write_text(json.dumps({"nbformat": 4, "cells": code}))
    assert run(["report", "lesson.ipynb"]) == run(["record", "lesson.ipynb"]) == FINE
    assert Path("graphview-report.html").read_bytes().startswith(b"<!doctype html>")
    assert journal().notes == ("Skipped `%matplotlib inline` in cell 1.",)
    (source,) = {source.file for source in kept().graphs["loss"].sources}
    assert source == "lesson.ipynb[2]"
    assert "tensor(6., grad_fn=<SumBackward0>)" in capsys.readouterr().out


@posix
def test_a_program_with_workers_and_forks_is_recorded_once(
    capfd: pytest.CaptureFixture[str],
) -> None:
    script("""
        import os, sys, warnings
        import torch
        from torch.utils.data import DataLoader, TensorDataset
        # That pytest has threads, which a script has not.
        warnings.simplefilter("ignore", DeprecationWarning)
        w = torch.ones(1, requires_grad=True)
        pid = os.fork()
        workers = 2 if pid else 0
        for (batch,) in DataLoader(TensorDataset(torch.ones(4, 1)), 2, num_workers=workers):
            loss = (w * batch).sum()
            loss.backward()
        if not pid:
            sys.exit(9)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        """)
    assert run(["record", "train.py"]) == FINE
    captured = capfd.readouterr()
    assert captured.out == "9\n"
    assert captured.err == "Wrote recording.json\n"
    assert journal().steps == 2


def test_a_program_needs_torch_to_be_recorded(train: Path) -> None:
    done = python(f"import sys; sys.modules.update(torch=None); {PLAIN}", "record", "train.py")
    assert done.returncode == COULD_NOT
    assert done.stderr == (
        "graphview: to record train.py graphview needs torch, which cannot be imported here; "
        "install it, or give a recording.\n"
    )


def test_no_command_says_where_a_file_lies(here: Path) -> None:
    script(TRAIN, "deep.py")
    assert run(["record", str(here / "deep.py"), "--", "--fail"]) == COULD_NOT
    assert str(here).encode() not in Path("recording.json").read_bytes()


def test_a_file_named_like_a_module_of_ours_is_the_programs_alone(here: Path) -> None:
    (here / "statistics.py").write_text("answer = 42\n", encoding="utf-8")
    script("""
        import torch
        from statistics import answer
        (torch.ones(1, requires_grad=True) * answer).sum().backward()
        """)
    # Not with -m, which looks into the working folder first itself.
    own = str(Path(sys.executable).with_name("graphview"))
    command = [own, "report", "train.py", "-o", "page.html"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "Wrote page.html\n")
