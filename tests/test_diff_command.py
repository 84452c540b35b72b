"""`graphview diff`: two sides, what differs, the picture of both, and the code it ends with."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest
import torch

from graphview.autograd import capture
from graphview.cli import COULD_NOT, FINE, run
from graphview.compare.compared import compare
from graphview.compare.sketch import sketch
from graphview.compare.union import union
from graphview.model.graph import Graph
from graphview.model.recording import Environment, Recording
from graphview.model.store import to_json

pytestmark = pytest.mark.usefixtures("here")

DIFFERENT = 1
ENVIRONMENT = Environment("0", "3.11", "Linux", "2.13.0", "cpu", "CPU")


def graph(change: str = "") -> Graph:
    w, b = torch.ones(3, requires_grad=True), torch.ones(3, requires_grad=True)
    hidden = torch.ones(3) * w + (b.detach() if change == "cut" else b)
    if change == "cast":
        hidden = hidden.double()
    loss = (hidden.exp() if change != "relu" else hidden.relu()).sum()
    return capture({"loss": loss}, params={"w": w, "b": b})


def save(name: str, *changes: str, roots: tuple[str, ...] = ("loss",)) -> str:
    graphs = {root: graph(*changes) for root in roots}
    Path(name).write_bytes(to_json(Recording("net.py", graphs, {}, ENVIRONMENT)))
    return name


def test_the_same_is_the_same(capsys: pytest.CaptureFixture[str]):
    assert run(["diff", save("old.json"), save("new.json")]) == FINE
    assert capsys.readouterr().out == "The graph is the same.\n"


def test_what_differs_is_told_with_was_and_now(capsys: pytest.CaptureFixture[str]):
    assert run(["diff", save("old.json"), save("new.json", "relu")]) == DIFFERENT
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["GV166 operation-replaced  diff/loss", "  `exp` became `relu`"]
    assert "  was       `exp`" in lines and "  now       `relu`" in lines
    assert lines[-1] == "1 difference in 1 graph"


@pytest.mark.parametrize("format", ["json", "sarif", "gitlab"])
def test_formats_for_programs(format: str, capsys: pytest.CaptureFixture[str]):
    assert run(["diff", save("a.json"), save("b.json", "cast"), "--format", format]) == DIFFERENT
    assert "`to_copy` is new, between `add` and `exp`" in json.dumps(
        json.loads(capsys.readouterr().out), ensure_ascii=False
    )


def test_markdown_is_for_a_comment(capsys: pytest.CaptureFixture[str]):
    assert run(["diff", save("a.json"), save("b.json", "cut"), "--format", "markdown"]) == DIFFERENT
    told = capsys.readouterr().out
    assert told.startswith("### graphview: 1 difference in 1 graph\n")
    assert "`b` no longer reaches loss" in told


def test_graphs_of_one_name_are_compared(capsys: pytest.CaptureFixture[str]):
    old = save("old.json", roots=("loss", "error"))
    new = save("new.json", "relu", roots=("loss", "total"))
    assert run(["diff", old, new, "--format", "concise"]) == DIFFERENT
    told = capsys.readouterr().out
    assert "old.json has a graph `error`, new.json has none" in told
    assert "new.json has a graph `total`, old.json has none" in told
    assert "`exp` became `relu` [diff/loss]" in told
    assert run(["diff", old, old, "--root", "error"]) == FINE


MISTAKES = {
    "no such file": (["old.json", "none.json"], "none.json cannot be read"),
    "no such root": (
        ["old.json", "old.json", "--root", "yhat"],
        "neither side has a root 'yhat'; the roots are loss.",
    ),
    "no such subject": (["old.json", "none.py"], "none.py: there is no none.py; give a script"),
    "half of git": (["old.json", "git:HEAD"], "git:HEAD names no file of git's; write git:REF:"),
    "no picture": (["old.json", "old.json", "--picture", "x.bmp"], ".bmp names no format"),
    "no folder": (["old.json", "old.json", "-o", "none/x.txt"], "there is no folder none"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_sentence(mistake: str, capsys: pytest.CaptureFixture[str]):
    arguments, told = MISTAKES[mistake]
    save("old.json")
    assert run(["diff", *arguments]) == COULD_NOT
    said = capsys.readouterr()
    assert said.out == "" and told in said.err
    assert len(said.err.splitlines()) == 1
    assert sorted(path.name for path in Path.cwd().iterdir()) == ["old.json"]


def git(*arguments: str) -> None:
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(["git", *who, *arguments], check=True, capture_output=True)


def test_a_recording_as_git_has_it(capsys: pytest.CaptureFixture[str]):
    Path("inside").mkdir()
    save("inside/now.json")
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "one")
    save("inside/now.json", "relu")
    old, new = "git:HEAD:inside/now.json", "inside/now.json"
    assert run(["diff", old, new]) == DIFFERENT
    assert "`exp` became `relu`" in capsys.readouterr().out
    assert run(["diff", old, old]) == FINE
    assert run(["diff", "git:nowhere:x.json", new]) == COULD_NOT
    assert "git:nowhere:x.json: git knows no commit 'nowhere'; " in capsys.readouterr().err


@pytest.mark.parametrize("change", ["", "cut", "cast", "relu"])
def test_both_graphs_in_one(change: str):
    """Everything of both is there once, after all that it is computed from."""
    old, new = graph(), graph(change)
    sketches = sketch(old), sketch(new)
    both = union(old, new, sketches, compare(*sketches))
    names = {node.name: node for node in both.graph.nodes}
    for node in both.graph.nodes:
        assert all(edge.node is None or edge.node < node.index for edge in node.inputs)
    marks = {name: both.marks.get(node.id) for name, node in names.items()}
    if change == "cast":
        assert marks["+ ToCopyBackward0"] == "came"
    if change == "relu":
        assert (marks["+ ReluBackward0"], marks["\N{MINUS SIGN} ExpBackward0"]) == ("came", "gone")
    if change == "cut":
        [lost] = [leaf for leaf in both.graph.leaves if both.marks.get(leaf.id) == "gone"]
        assert lost.name == "\N{MINUS SIGN} b"
        assert marks["~ AddBackward0"] == "changed"
    assert bool(both.marks) == bool(change)


def test_the_picture_has_signs_as_well_as_colours():
    assert run(["diff", save("a.json"), save("b.json", "relu"), "--picture", "x.svg"]) == DIFFERENT
    tree = ElementTree.parse("x.svg")
    kinds = {each.get("class", "") for each in tree.iter("{http://www.w3.org/2000/svg}g")}
    assert {"gv-node gv-came", "gv-node gv-gone"} <= kinds
    texts = "".join(each.text or "" for each in tree.iter("{http://www.w3.org/2000/svg}text"))
    assert "+ ReluBackward0" in texts and "\N{MINUS SIGN} ExpBackward0" in texts


def test_a_baseline_is_a_side_without_a_picture(capsys: pytest.CaptureFixture[str]):
    from graphview.compare.baseline import to_text

    Path("loss.json").write_text(to_text(sketch(graph()), torch="2.13.0", device="cpu"))
    assert run(["diff", "loss.json", save("new.json", "relu")]) == DIFFERENT
    assert "`exp` became `relu`" in capsys.readouterr().out
    assert run(["diff", "loss.json", "new.json", "--picture", "x.svg"]) == COULD_NOT
    assert "a baseline has none" in capsys.readouterr().err


def test_nothing_is_written_over_what_is_compared(capsys: pytest.CaptureFixture[str]):
    old, new = save("old.json"), save("new.json", "relu")
    before = Path(new).read_bytes()
    assert run(["diff", old, new, "-o", new]) == COULD_NOT
    assert run(["diff", old, new, "-o", "x", "--picture", "x"]) == COULD_NOT
    assert "would overwrite a file" in capsys.readouterr().err
    assert Path(new).read_bytes() == before and not Path("x").exists()


def test_two_recordings_without_graphs_cannot_be_compared(capsys: pytest.CaptureFixture[str]):
    assert run(["diff", save("old.json", roots=()), save("new.json", roots=())]) == COULD_NOT
    assert "has a graph, so there is nothing to compare" in capsys.readouterr().err
