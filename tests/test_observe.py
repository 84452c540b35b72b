"""Device, time, memory and environment of a recording."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import pytest
import torch

from graphview.commands.subject import _without_folder
from graphview.observe import environment as module
from graphview.observe.device import device_name
from graphview.observe.environment import environment
from graphview.observe.memory import Peak, process_peak
from graphview.observe.timing import Stopwatch

FILE = str(Path(os.sep, "home", "me", "page.html"))
CPU = torch.device("cpu")


def test_the_environment_is_that_of_this_process() -> None:
    seen = environment(CPU, command="graphview report")
    assert (seen.torch, seen.python) == (str(torch.__version__), platform.python_version())
    assert (seen.device, seen.device_name) == ("cpu", device_name(CPU))
    assert (seen.cuda, seen.cudnn) == (None, None)
    assert seen.packages["torchviz"] == "0.0.3"
    assert seen.command == "graphview report"


def test_a_missing_cudnn_is_not_the_word_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.cudnn, "version", lambda: None)
    assert module._cudnn() is None


@pytest.mark.parametrize(
    ("argument", "shown"),
    [
        (FILE, "page.html"),
        (f"--output={FILE}", "--output=page.html"),
        ("page.html", "page.html"),
        ("-", "-"),
        ("--epochs=5", "--epochs=5"),
    ],
)
def test_a_recorded_command_names_no_folder(argument: str, shown: str) -> None:
    assert _without_folder(argument) == shown


def test_the_peak_is_the_processs_on_a_cpu() -> None:
    with Peak(CPU) as peak:
        held = torch.ones(8 << 20)
    assert peak.of == "whole process"
    assert peak.bytes is not None
    assert held.nbytes < peak.bytes <= (process_peak() or 0)


def test_a_paused_stopwatch_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("time.perf_counter", lambda: now[0])
    watch = Stopwatch(CPU)
    watch.start()
    now[0] += 2
    watch.pause()
    now[0] += 30
    watch.resume()
    now[0] += 1
    assert watch.stop() == pytest.approx(3)
