"""Baselines that torch 2.5.1 wrote: what they keep is the same in every later version."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import pytest
import torch

from graphview.check.baselines import Baselines
from graphview.check.contract import Contract, Target
from graphview.check.run import check
from graphview.subject.find import find_subject
from graphview.subject.record import record_subject

ROOT = Path(__file__).parent.parent
# `graphview check --baseline DIR --baseline-update`, with torch 2.5.1+cu124 on the CPU.
KEPT = ROOT / "tests" / "data" / "torch-2.5.1"


@pytest.mark.parametrize("name", ["gpt", "model"])
def test_another_torch_finds_the_graphs_as_they_were(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT / "examples")
    target = Target(name)
    torch.manual_seed(0)
    with contextlib.redirect_stdout(io.StringIO()):
        recording = record_subject(find_subject(f"{name}.py:loss"))
    baselines = Baselines(KEPT)
    checked = check(target, recording, Contract("graphview.toml", (target,), {}), baselines)
    assert {path.stem for path in baselines.met} == set(recording.graphs)
    assert [each.message for each in checked.findings if each.code != "GV152"] == []
