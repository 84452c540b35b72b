"""`graphview init`: the contract that it writes is kept by what it was written from."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import handmade
import programs
import pytest
import recordings
from hypothesis import given
from hypothesis import strategies as st
from processes import PLAIN, files_in, python

from graphview.check.contract import Target
from graphview.check.run import check
from graphview.check.starter import pattern_of, patterns_of, starter, written
from graphview.check.toml import read_contract
from graphview.cli import COULD_NOT, FINE, run
from graphview.errors import ContractError
from graphview.model.finding import Checked
from graphview.model.graph import Graph
from graphview.model.recording import Recording
from graphview.model.store import to_json

pytestmark = pytest.mark.usefixtures("here")

PROGRAM = """\
import torch
class Block(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = torch.nn.Linear(4, 4)
    def forward(self, x):
        return torch.relu(self.fc(x))
model = torch.nn.Sequential(*[Block() for _ in range(8)], torch.nn.Linear(4, 1))
loss = model(torch.rand(3, 4)).mean()
loss.backward()
"""
MADE = {
    "lesson": lambda: recordings.lesson(epochs=3),
    "gpu": recordings.on_gpu,
    "batches": recordings.of_batches,
    **programs.PROGRAMS,
}


def _checked(text: str, recording: Recording, folder: Path) -> Checked:
    file = folder / "graphview.toml"
    file.write_text(text, encoding="utf-8")
    contract = read_contract(file)
    assert len(contract.targets) == 1
    return check(contract.targets[0], recording, contract)


@pytest.mark.parametrize("name", MADE)
def test_a_recording_keeps_the_contract_that_is_written_from_it(tmp_path: Path, name: str) -> None:
    recording = MADE[name]()
    if not recording.graphs:
        with pytest.raises(ContractError, match="has no graph"):
            starter(Target("t"), recording)
        return
    checked = _checked(starter(Target("t"), recording), recording, tmp_path)
    assert checked.clauses
    assert not checked.findings


TEXTS = st.text(max_size=6) | st.sampled_from(
    ["*", "[a]", "?", "a.0.b", "a b", '"', "\\", "\udcff"]
)


@st.composite
def renamed(draw: st.DrawFn) -> Graph:
    """A graph whose root and leaves may be called anything, or nothing."""
    graph = draw(handmade.graphs())
    names = draw(st.lists(TEXTS, min_size=99, max_size=99, unique=True))
    leaves = [replace(leaf, name=names[n] or None) for n, leaf in enumerate(graph.leaves)]
    roots = [replace(root, name=names[50 + n]) for n, root in enumerate(graph.roots)]
    return replace(graph, leaves=tuple(leaves), roots=tuple(roots))


@given(st.dictionaries(TEXTS, renamed(), min_size=1, max_size=3), TEXTS)
def test_any_graphs_keep_the_contract_that_is_written_from_them(
    tmp_path_factory: pytest.TempPathFactory, graphs: dict[str, Graph], target: str
) -> None:
    recording = programs.recording(graphs, None)
    asked = Target(pattern_of(target))
    checked = _checked(starter(asked, recording), recording, tmp_path_factory.mktemp("starter"))
    assert not checked.findings
    assert checked.clauses


def test_every_key_is_asked_of_a_small_graph(tmp_path: Path) -> None:
    text = starter(Target("t", "train.py", None, 3, ("--x", 'a"b'), 2), programs.healthy())
    graph = tomllib.loads(text)["targets"]["t"]["graphs"]["loss"]
    assert set(graph) >= {
        "leaves",
        "parameters",
        "operations",
        "casts",
        "devices",
        "max-nodes",
        "max-depth",
        "max-saved",
        "opaque",
        "custom-functions",
        "shapes",
    }
    target = read_contract(_written(tmp_path, text)).targets[0]
    assert (target.subject, target.seed, target.max_steps) == ("train.py", 3, 2)
    assert target.arguments == ("--x", 'a"b')


def _written(folder: Path, text: str) -> Path:
    file = folder / "graphview.toml"
    file.write_text(text)
    return file


def test_a_change_breaks_the_contract(tmp_path: Path) -> None:
    recording = programs.healthy()
    graph = recording.graphs["loss"]
    text = starter(Target("t"), recording)
    fewer = replace(recording, graphs={"loss": replace(graph, leaves=graph.leaves[1:])})
    root = replace(graph.roots[0], name="other")
    renamed = replace(recording, graphs={"other": replace(graph, roots=(root,))})
    assert _checked(text, fewer, tmp_path).findings
    assert _checked(text, renamed, tmp_path).findings


def test_a_name_stands_for_itself() -> None:
    assert pattern_of("ws[0].weight") == "ws[0].weight"
    assert pattern_of("a*[0]?") == "a[*][[]0][?]"
    assert pattern_of("caf\udce9") == "caf?"


def test_many_leaves_are_told_by_their_kind() -> None:
    names = [f"blocks.{n}.{each}" for n in range(9) for each in ("weight", "bias")]
    assert patterns_of([*names, "head.weight", "x.[0]"]) == [
        "blocks.*.weight",
        "blocks.*.bias",
        "head.weight",
        "x.[0]",
    ]


VALUES: Any = st.recursive(
    st.text(st.characters(codec="utf-8")) | st.integers(-(2**63), 2**63 - 1),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
    max_leaves=5,
)


@given(VALUES)
def test_values_are_written_as_toml(value: Any) -> None:
    assert tomllib.loads(f"key = {written(value)}") == {"key": value}


def test_nothing_of_the_machine_is_told() -> None:
    recording = recordings.on_gpu()
    text = starter(Target("lesson"), recording)
    environment = recording.environment
    for secret in (environment.device_name, environment.torch, environment.recorded_at, "cuda:0"):
        assert secret not in text


def test_what_is_written_is_kept_when_it_is_checked() -> None:
    Path("src").mkdir()
    Path("ci").mkdir()
    Path("src/train.py").write_text(PROGRAM)
    done = python(PLAIN, "init", "src/train.py", "-o", "ci/graphview.toml")
    assert (done.returncode, done.stdout) == (FINE, "")
    assert done.stderr == "Running train (../src/train.py)\nWrote ci/graphview.toml\n"
    text = Path("ci/graphview.toml").read_text()
    graph = tomllib.loads(text)["targets"]["train"]["graphs"]["loss"]
    assert set(graph["leaves"]) == {
        "model.*.fc.weight",
        "model.*.fc.bias",
        "model.8.weight",
        "model.8.bias",
    }
    assert str(Path.cwd()) not in text
    done = python(PLAIN, "check", "-c", "ci/graphview.toml")
    assert done.returncode == FINE
    Path("src/train.py").write_text(PROGRAM.replace("self.fc(x)", "self.fc(x.detach())"))
    done = python(PLAIN, "check", "-c", "ci/graphview.toml", "--format", "concise")
    assert done.returncode == 1
    assert "GV106" in done.stdout
    assert "detach at ../src/train.py:7" in done.stdout


def test_a_recording_may_be_the_subject(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "saved.json").write_bytes(to_json(programs.healthy()))
    assert run(["init", "saved.json"]) == FINE
    assert capsys.readouterr() == ("", "Wrote graphview.toml\n")
    assert run(["check"]) == FINE


def test_standard_output_may_have_it(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "saved.json").write_bytes(to_json(programs.healthy()))
    assert run(["init", "saved.json", "-o", "-"]) == FINE
    assert tomllib.loads(capsys.readouterr().out)["targets"]["saved"]["subject"] == "saved.json"
    assert files_in(here) == ["saved.json"]


def test_a_file_that_is_there_is_written_over_only_by_force(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "saved.json").write_bytes(to_json(programs.healthy()))
    (here / "graphview.toml").write_text("mine")
    assert run(["init", "saved.json"]) == COULD_NOT
    assert capsys.readouterr() == (
        "",
        "graphview: graphview.toml is there already; give --force to write over it.\n",
    )
    assert (here / "graphview.toml").read_text() == "mine"
    assert run(["init", "saved.json", "--force"]) == FINE
    assert "mine" not in (here / "graphview.toml").read_text()


REFUSED: dict[str, tuple[list[str], str]] = {
    "pyproject.toml": (
        ["-o", "pyproject.toml", "--force"],
        "pyproject.toml is more than a contract; write another file, and copy from it.",
    ),
    "no subject": (["no.json"], "no.json cannot be read: No such file or directory; give a file"),
    "no folder": (["-o", "no/graphview.toml"], "there is no folder no; create it first."),
    "a device for a script": (
        ["train.py", "--device", "cpu"],
        "device has no effect on a script; leave it out. See 'graphview init --help'.",
    ),
    "steps of the lesson": (
        ["--max-steps", "2"],
        "max-steps has no effect on the lesson; leave it out. See 'graphview init --help'.",
    ),
    "arguments of a function": (
        ["train.py:f", "x"],
        "arguments have no effect on a function; leave it out. See 'graphview init --help'.",
    ),
    "over the subject": (
        ["train.py", "-o", "train.py", "--force"],
        "train.py is the script itself",
    ),
}


@pytest.mark.parametrize(("arguments", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_written_is_said_before_anything_runs(
    here: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    (here / "train.py").write_text("raise AssertionError\n")
    assert run(["init", *arguments]) == COULD_NOT
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("graphview: ")
    assert said in err
    assert len(err.splitlines()) == 1
    assert files_in(here) == ["train.py"]
