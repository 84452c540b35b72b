"""The contracts in examples/contracts: each holds, and says what is wrong once its model is."""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass
from pathlib import Path

import pytest
import recordings

from graphview.check.run import check
from graphview.check.toml import read_contract
from graphview.cli import FINE, run
from graphview.model.finding import Checked, Finding
from graphview.model.recording import Recording
from graphview.observe.recorder import Options
from graphview.subject.find import find_subject
from graphview.subject.record import record_subject

EXAMPLES = Path(__file__).parent.parent / "examples"
CONTRACTS = EXAMPLES / "contracts"
# The lesson as a program, for it is no file that could be changed.
LESSON = """\
import torch

x = torch.rand(80, 1)
y = 1 + 2 * x
a = torch.randn(1, requires_grad=True)
b = torch.randn(1, requires_grad=True)
yhat = a + b * x
error = y - yhat
loss = (error**2).mean()
loss.backward()
"""


@dataclass(frozen=True)
class Change:
    """A line of a program that becomes another one, what is found then, and at which line.

    `codes` begins with that of the first finding. `line` is a part of that line, which is the
    changed one where it is left out.
    """

    old: str
    new: str
    codes: str
    line: str = ""


CHANGES = {
    "lesson": Change(
        "a = torch.randn(1, requires_grad=True)",
        "a = torch.randn(1, requires_grad=True).to(torch.float64)",
        "GV102 GV103 GV110 GV111",
    ),
    "gpt": Change(
        "return x + self.mlp(self.mlp_norm(x))",
        "return x + self.mlp(self.mlp_norm(x).detach())",
        "GV106 GV109",
    ),
    "lora": Change(
        "self.base = base.requires_grad_(False)",
        "self.base = base",
        "GV105 GV103",
        "return self.base(x)",
    ),
    "gan": Change(
        "    discriminator.requires_grad_(False)\n",
        "",
        "GV105 GV103 GV119",
        "generator_loss = criterion(discriminator(fake), genuine)",
    ),
}


def held(name: str, recording: Recording) -> Checked:
    contract = read_contract(CONTRACTS / f"{name}.toml")
    (target,) = contract.targets
    return check(target, recording, contract)


def recorded(name: str, folder: Path, program: str) -> Recording:
    """What the target of a contract does, after its program was changed."""
    (target,) = read_contract(CONTRACTS / f"{name}.toml").targets
    file, _, function = (target.subject or f"{name}.py").partition(":")
    path = folder / Path(file).name
    path.write_text(program, encoding="utf-8")
    subject = find_subject(f"{path}:{function}" if function else str(path))
    options = Options(max_steps=target.max_steps)
    with contextlib.redirect_stdout(io.StringIO()):
        return record_subject(subject, options=options)


def text_of(name: str) -> str:
    return LESSON if name == "lesson" else (EXAMPLES / f"{name}.py").read_text(encoding="utf-8")


def codes(findings: tuple[Finding, ...]) -> set[str]:
    return {each.code for finding in findings for each in finding.each()}


def test_every_contract_is_tried() -> None:
    assert {file.stem for file in CONTRACTS.glob("*.toml")} == set(CHANGES)


@pytest.mark.parametrize("name", CHANGES)
def test_a_contract_holds(name: str, tmp_path: Path) -> None:
    checked = held(name, recorded(name, tmp_path, text_of(name)))
    assert not checked.findings
    assert len({clause.key for clause in checked.clauses}) > 3


def test_the_contract_of_the_lesson_holds_for_the_lesson() -> None:
    assert not held("lesson", recordings.lesson(epochs=3)).findings


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_found_at_its_line(name: str, tmp_path: Path) -> None:
    change, text = CHANGES[name], text_of(name)
    assert text.count(change.old) == 1
    changed = text.replace(change.old, change.new)
    findings = held(name, recorded(name, tmp_path, changed)).findings
    assert codes(findings) == set(change.codes.split())
    assert findings[0].code == change.codes.split()[0]
    worst = findings[0].source
    assert worst is not None
    assert (change.line or change.new) in changed.splitlines()[worst.line - 1]


def test_a_contract_is_checked_by_its_file() -> None:
    assert run(["check", "-c", str(CONTRACTS / "gpt.toml")]) == FINE
