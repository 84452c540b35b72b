"""`graphview check --baseline`: what is written, what is found, what is removed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from graphview.autograd import capture
from graphview.cli import COULD_NOT, FINE, run
from graphview.model.graph import Graph
from graphview.model.missing import Missing
from graphview.model.recording import Environment, Recording
from graphview.model.store import to_json

pytestmark = pytest.mark.usefixtures("here")

FINDINGS = 1
ENVIRONMENT = Environment("0", "3.11", "Linux", "2.13.0+cpu", "cpu", "CPU")
CHECK = ["check", "recording.json", "--baseline", "graphs"]
CONTRACT = 'schema = 1\n[targets.net]\nsubject = "net.py:loss"\n'
KEPT = Path("graphs/net/loss.json")


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.up, self.down = nn.Linear(2, 3), nn.Linear(3, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.down(self.up(x).relu())


def loss(change: str = "") -> Graph:
    net = Net()
    if change == "frozen":
        net.up.requires_grad_(False)
    x = torch.ones(4, 2)
    value = net(x).mean() if change != "sum" else net(x).sum()
    return capture({"loss": value}, params=net)


def record(graph: Graph, name: str = "loss", **more: object) -> None:
    recording = Recording("net.py:loss", {name: graph}, {}, ENVIRONMENT)
    Path("recording.json").write_bytes(to_json(replace(recording, **more)))


@pytest.fixture(autouse=True)
def _kept(here: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A contract, a recording, and its baseline."""
    monkeypatch.delenv("CI", raising=False)
    Path("graphview.toml").write_text(CONTRACT)
    record(loss())
    assert run([*CHECK, "--baseline-update"]) == FINE
    yield


def test_a_baseline_reads_well_and_has_no_ids_addresses_or_paths():
    kept = json.loads(KEPT.read_text())
    assert list(kept) == ["baseline", "torch", "device", "roots", "leaves", "modules", "bodies"]
    assert (kept["torch"], kept["device"]) == ("2.13.0", "cpu")
    assert kept["leaves"] == {
        "down.bias": "(1,) float32",
        "down.weight": "(1, 3) float32",
        "up.bias": "(3,) float32",
        "up.weight": "(3, 2) float32",
    }
    [body] = kept["bodies"].values()
    assert body[1] == [
        "addmm",
        {"self": "@:up.bias", "mat1": None, "mat2": "t"},
        "(4, 3) float32",
    ]
    for never in ("0x", str(Path.home()), ".py"):
        assert never not in KEPT.read_text()


def test_the_same_graph_passes_and_nothing_is_written(capsys: pytest.CaptureFixture[str]):
    before = KEPT.stat().st_mtime_ns
    assert run(CHECK) == run([*CHECK, "--baseline-update=all"]) == FINE
    assert KEPT.stat().st_mtime_ns == before
    assert "Wrote" not in capsys.readouterr().err.partition("Wrote graphs")[2]


def test_a_changed_graph_fails_with_what_changed(capsys: pytest.CaptureFixture[str]):
    record(loss("sum"))
    assert run([*CHECK, "--format", "concise"]) == FINDINGS
    assert "GV166 `mean` became `sum` [net/loss]" in capsys.readouterr().out


def test_what_was_seen_of_a_lost_leaf_is_told(capsys: pytest.CaptureFixture[str]):
    why = Missing("up.weight", "parameter", loss().leaves[0].tensor, "frozen")
    record(loss("frozen"), missing=(why,))
    assert run(CHECK) == FINDINGS
    told = capsys.readouterr().out
    assert "GV160 unreached  net/loss" in told
    assert "`up` no longer reaches loss: requires_grad is False" in told
    assert "call requires_grad_(True)" in " ".join(told.split())


def test_new_writes_what_is_missing_and_all_what_differs(capsys: pytest.CaptureFixture[str]):
    before = KEPT.read_text()
    record(loss("sum"))
    assert run([*CHECK, "--baseline-update=new"]) == FINE
    assert KEPT.read_text() == before
    assert run([*CHECK, "--baseline-update=all"]) == FINE
    assert KEPT.read_text() != before
    assert "Wrote graphs/net/loss.json" in capsys.readouterr().err
    assert run(CHECK) == FINE


def test_a_missing_baseline_is_told_and_an_unused_one_too(
    capsys: pytest.CaptureFixture[str],
):
    record(loss(), "total")
    assert run([*CHECK, "--format", "concise"]) == FINDINGS
    told = capsys.readouterr().out
    assert "GV150 there is no baseline total.json in net" in told
    assert "GV151 graphs/net/loss.json belongs to no graph that net has now" in told
    assert run([*CHECK, "--baseline-update=all"]) == FINE
    assert sorted(path.name for path in KEPT.parent.iterdir()) == ["total.json"]
    assert "Removed graphs/net/loss.json" in capsys.readouterr().err


def test_another_torch_makes_warnings_of_what_it_may_do_otherwise(
    capsys: pytest.CaptureFixture[str],
):
    other = replace(ENVIRONMENT, torch="2.5.1")
    record(loss("sum"), environment=other)
    assert run([*CHECK, "--format", "concise"]) == FINE
    told = capsys.readouterr().out
    assert "GV152" in told and "GV166 warning: `mean` became `sum`" in told
    record(loss("frozen"), environment=other)
    assert run(CHECK) == FINDINGS


@pytest.mark.parametrize("value", ["true", "1", "yes"])
def test_in_ci_nothing_is_updated(
    value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("CI", value)
    assert run([*CHECK, "--baseline-update"]) == COULD_NOT
    assert "--baseline-update is refused in CI" in capsys.readouterr().err
    assert run(CHECK) == FINE


MISTAKES = {
    "not JSON": (b"<<<<<<< HEAD", "is no baseline of graphview"),
    "another schema": (b"", "is a baseline of schema 9"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_damaged_baseline_is_one_sentence(mistake: str, capsys: pytest.CaptureFixture[str]):
    text, told = MISTAKES[mistake]
    KEPT.write_bytes(text or KEPT.read_bytes().replace(b'"baseline": 1', b'"baseline": 9'))
    capsys.readouterr()
    assert run(CHECK) == COULD_NOT
    said = capsys.readouterr().err
    assert said.startswith("graphview: graphs/net/loss.json ") and told in said
    assert len(said.splitlines()) == 1


def test_an_update_needs_a_folder(capsys: pytest.CaptureFixture[str]):
    assert run(["check", "recording.json", "--baseline-update"]) == COULD_NOT
    assert "--baseline-update needs --baseline DIR" in capsys.readouterr().err


@pytest.mark.parametrize("target", ["..", ".", ""])
def test_a_target_never_leads_out_of_the_folder(target: str):
    """Whatever it is called, what lies beside its baselines stays."""
    Path("graphs/other.json").write_text("mine")
    Path("package.json").write_text("mine")
    Path("graphview.toml").write_text(CONTRACT.replace("[targets.net]", f'[targets."{target}"]'))
    assert run([*CHECK, "--baseline-update=all"]) == FINE
    assert Path("package.json").read_text() == Path("graphs/other.json").read_text() == "mine"
    assert {path.parent.parent for path in Path("graphs").rglob("loss.json")} == {Path("graphs")}


def test_what_is_no_baseline_is_not_unused():
    (KEPT.parent / "notes.json").write_text('{"mine": 1}')
    (KEPT.parent / "folder.json").mkdir()
    assert run(CHECK) == run([*CHECK, "--baseline-update=all"]) == FINE
    assert (KEPT.parent / "notes.json").exists()


def test_a_graph_that_is_made_no_more_is_an_error_unless_that_is_off(
    capsys: pytest.CaptureFixture[str],
):
    record(loss(), name="total")
    assert run([*CHECK, "--baseline-update"]) == FINDINGS
    assert "GV151 baseline-unused" in capsys.readouterr().out
    assert run([*CHECK, "--ignore", "GV151"]) == FINE
    Path("graphview.toml").write_text(
        CONTRACT.replace("[targets", "[rules]\nGV151 = 'warn'\n[targets")
    )
    assert run(CHECK) == FINE
