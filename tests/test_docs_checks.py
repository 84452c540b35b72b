"""docs/checks.md, docs/ci.md, the hook and the action: what they show is true and runs."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import document_checks
import programs
import pytest
import yaml
from processes import posix

from graphview.check.contract import Target
from graphview.check.rules import KEYS, RULES
from graphview.check.toml import read_contract
from graphview.cli import COULD_NOT, FINE, run
from graphview.commands.check import FINDINGS
from graphview.model.recording import Recording
from graphview.model.store import to_json
from graphview.subject.find import Subject
from graphview.subject.record import record_subject

ROOT = Path(__file__).parent.parent
CHECKS, CI = ((ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("checks.md", "ci.md"))
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
MODEL = """\
import torch
def loss():
    w = torch.ones(3, requires_grad=True)
    return (w * w).sum()
"""
SAVED = 'schema = 1\n[targets.{0}]\nsubject = "saved.json"\n[targets.{0}.graphs.loss]\n{1}\n'


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^ *```{language}\n(.*?)```", text, flags=re.DOTALL | re.MULTILINE)


def test_the_tables_are_those_of_the_rules() -> None:
    """Mend it with: python tools/document_checks.py"""
    assert document_checks.filled(CHECKS) == CHECKS


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.KEY)
def test_every_line_of_the_table_can_stand_in_a_contract(here: Path, rule: Any) -> None:
    assert f"`{rule.EXAMPLE}`" in CHECKS
    path = here / "graphview.toml"
    path.write_text(f"schema = 1\n[targets.t.graphs.loss]\n{rule.EXAMPLE}\n")
    ((graph,),) = (target.graphs for target in read_contract(path).targets)
    assert [asked.rule.KEY for asked in graph.asked] == [rule.KEY]


@pytest.mark.parametrize("text", blocks(CHECKS, "toml"))
def test_every_contract_in_the_reference_can_be_read(here: Path, text: str) -> None:
    path = here / "graphview.toml"
    path.write_text(text if "schema" in text else f"schema = 1\n{text}")
    assert read_contract(path).targets


def test_the_reference_shows_every_key() -> None:
    shown = [tomllib.loads(text) for text in blocks(CHECKS, "toml")]
    graphs = [text["targets"]["gpt"].get("graphs", {}).get("loss", {}) for text in shown]
    assert set().union(*graphs) - {"on"} == set(KEYS)


def _in_this_process(target: Target, subject: Subject | None, folder: Path) -> Recording:
    assert subject is not None
    with contextlib.redirect_stdout(io.StringIO()), contextlib.chdir(folder):
        return record_subject(subject)


def _git(*arguments: str) -> None:
    who = ["-c", "user.name=n", "-c", "user.email=a@b.c"]
    subprocess.run(["git", *who, *arguments], check=True, capture_output=True)


def test_the_commands_of_the_reference_run(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A process for each of them would take seconds.
    monkeypatch.setattr("graphview.commands.running.recording_of", _in_this_process)
    monkeypatch.delenv("CI", raising=False)
    (here / "model.py").write_text(MODEL)
    for name in ("old.json", "new.json"):
        (here / name).write_bytes(to_json(programs.healthy()))
    _git("init", "-b", "main")
    _git("add", "model.py")
    _git("commit", "-m", "A model")
    commands = "".join(blocks(CHECKS, "sh")).splitlines()
    codes = {command: run(shlex.split(command)[1:]) for command in commands}
    assert codes == dict.fromkeys(commands, FINE)
    assert len(commands) > 6
    assert (here / "graphs" / "loss" / "loss.json").exists()
    assert (here / "diff.svg").exists()


def test_the_job_of_gitlab_writes_its_reports(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graphview.commands.running.recording_of", _in_this_process)
    (here / "model.py").write_text(MODEL)
    assert run(["init", "model.py:loss", "-o", "graphview.toml"]) == FINE
    monkeypatch.delenv("CI", raising=False)
    assert run(["check", "--baseline", "graphs", "--baseline-update"]) == FINE
    monkeypatch.setenv("CI", "true")
    (gitlab,) = [text for text in blocks(CI, "yaml") if "gitlab" in text]
    job = yaml.safe_load(gitlab)["graphs"]
    _, command = job["script"]
    assert run(shlex.split(command)[1:]) == FINE
    for file in job["artifacts"]["reports"].values():
        assert (here / file).stat().st_size


def test_the_hook_of_the_document_is_that_of_the_repository() -> None:
    (shown,) = [yaml.safe_load(text) for text in blocks(CI, "yaml") if "repos:" in text]
    (kept,) = HOOKS
    assert [hook["id"] for hook in shown["repos"][0]["hooks"]] == [kept["id"]]
    # In the environment that has torch; and not for each commit, for it runs the models.
    assert (kept["language"], kept["stages"]) == ("system", ["pre-push"])
    assert (kept["pass_filenames"], kept["always_run"]) == (False, True)


@posix
def test_the_hook_runs_its_entry(here: Path) -> None:
    (kept,) = HOOKS
    assert run(shlex.split(kept["entry"])[1:]) == COULD_NOT
    (here / "saved.json").write_bytes(to_json(programs.healthy()))
    (here / "graphview.toml").write_text(SAVED.format("t", "max-nodes = 1"))
    assert run(shlex.split(kept["entry"])[1:]) == FINDINGS


def test_the_document_uses_inputs_that_the_action_has() -> None:
    used = [name for text in blocks(CI, "yaml") for name in _inputs_used(yaml.safe_load(text))]
    assert used
    assert set(used) <= set(ACTION["inputs"])


def _inputs_used(workflow: Any) -> list[str]:
    steps = workflow if isinstance(workflow, list) else []
    ours = [step for step in steps if "graphview" in step.get("uses", "")]
    return [key for step in ours for key in step["with"]]


def test_the_table_has_every_input_of_the_action() -> None:
    assert re.findall(r"^\| `([a-z]+)` \|", CI, flags=re.MULTILINE) == list(ACTION["inputs"])


def _step(name: str, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a step of the action as GitHub's runner does: each input as what `more` has, or empty."""
    (step,) = [step for step in ACTION["runs"]["steps"] if step["name"] == name]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    given = {key: more.get(key, "") for key in step["env"]} | {"PATH": path, "CI": "true"}
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=folder,
        env={**os.environ, **given, **more},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@posix
def test_the_actions_step_annotates_and_summarizes(here: Path) -> None:
    (here / "saved.json").write_bytes(to_json(programs.healthy()))
    (here / "own.toml").write_text(SAVED.format("long", "max-nodes = 1"))
    files = {"JUNIT": "a b.xml", "SARIF": "c.sarif", "GITHUB_STEP_SUMMARY": "summary.md"}
    done = _step("Check graphs", here, CONFIG="own.toml", TARGETS="lo*\nlong", **files)
    assert done.returncode == FINDINGS, done.stderr
    assert done.stdout.startswith("::error ")
    assert "GV113" in (here / "summary.md").read_text()
    assert ElementTree.parse(here / "a b.xml").getroot().tag == "testsuites"
    assert (here / "c.sarif").exists()
    done = _step("Check graphs", here, CONFIG="own.toml", TARGETS="short")
    assert "no target called 'short'" in done.stderr


@posix
def test_the_action_does_not_install_torch(here: Path) -> None:
    (here / "torch.py").write_text("raise ImportError")
    done = _step("Install graphview", here, RUNNER_TEMP=str(here), PYTHONPATH=str(here))
    assert done.returncode == 2
    assert done.stdout == (
        "::error::graphview runs your models: install torch in a step before this one.\n"
    )


def test_every_input_is_passed_on_by_the_environment_alone() -> None:
    """What an input has must not be read as code by the shell."""
    runs = [step["run"] for step in ACTION["runs"]["steps"]]
    assert not [text for text in runs if "${{" in text]
    passed = "".join(str(step) for step in ACTION["runs"]["steps"])
    assert [name for name in ACTION["inputs"] if f"inputs.{name} " not in passed] == []
