"""The command line: what it writes, what it says, and the code it ends with."""

from __future__ import annotations

import errno
import os
import webbrowser
from pathlib import Path

import pytest
from processes import (
    PICTURES,
    ROOTS,
    WITHOUT_ENGINES,
    WITHOUT_TORCH,
    files_in,
    python,
)
from recordings import hostile, lesson

from graphview import files
from graphview.cli import BUG, COULD_NOT, FINE, run
from graphview.model.store import read_recording, to_json

# Each test in an empty working directory.
pytestmark = pytest.mark.usefixtures("here")


def _said(capsys: pytest.CaptureFixture[str]) -> str:
    """The one line on standard error; nothing may stand on standard output."""
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.endswith("\n")
    assert len(captured.err.splitlines()) == 1
    return captured.err.removesuffix("\n")


MISTAKES: dict[str, tuple[list[str], str]] = {
    "no command": ([], "Missing command."),
    "unknown command": (["frobnicate"], "No such command 'frobnicate'."),
    "unknown option": (["report", "--bogus"], "No such option '--bogus'."),
    "almost an option": (
        ["report", "--epoch", "3"],
        "(Did you mean one of: '--epochs', '--step'?) See",
    ),
    "option without value": (["report", "-o"], "requires an argument."),
    "unknown subject": (["report", "a", "b"], "there is no a; give a script (train.py), a note"),
    "unknown device": (["record", "--device", "gpu"], "device 'gpu' is unknown; choose auto, cpu"),
    "impossible device": (["record", "--device", "meta"], "cannot train the lesson"),
    "epochs 0": (["report", "--epochs", "0"], "0 is not in the range 1<=x<=1000000."),
    "epochs -1": (["record", "--epochs", "-1"], "-1 is not in the range 1<=x<=1000000."),
    "epochs 1000001": (["record", "--epochs", "1000001"], "is not in the range"),
    "epochs x": (["report", "--epochs", "x"], "'x' is not a valid integer"),
    "epochs 1.5": (["report", "--epochs", "1.5"], "'1.5' is not a valid integer"),
    "unknown theme": (
        ["render", "--theme", "blue"],
        "'blue' is not one of 'auto', 'light', 'dark', 'print'.",
    ),
    "missing folder": (["record", "-o", "no/r.json"], "there is no folder no; create it first."),
    "output is a folder": (["report", "-o", "."], ". is a folder; give the name of a file"),
    "long name": (["render", "-o", "n" * 300], "could not be written: File name too long."),
    "missing recording": (["report", "no.json"], "no.json cannot be read: No such file"),
    "recording is a folder": (["render", "."], ". cannot be read"),
}


@pytest.mark.parametrize(("arguments", "said"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_answered_by_one_sentence(
    here: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert run(arguments) == COULD_NOT
    line = _said(capsys)
    assert line.startswith("graphview: ")
    assert line.endswith(".")
    assert said in line
    assert not files_in(here)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["render", "--root", "lost"], "no root 'lost' in linear regression; its roots are yhat,"),
        (
            ["render", "--engine", "neato"],
            "no layout engine 'neato'; choose one of auto, wasm, dot",
        ),
        (
            ["report", "--engine", "neato"],
            "no layout engine 'neato'; choose one of auto, wasm, dot",
        ),
        (["report", "--svg-dir", "file/below"], "the folder file/below cannot be made"),
        (["report", "--svg-dir", "file"], "the folder file cannot be made"),
        (["report", "-o", "file/below"], "there is no folder file"),
    ],
    ids=" ".join,
)
def test_a_mistake_with_a_recording_is_answered_by_one_sentence(
    here: Path,
    capsys: pytest.CaptureFixture[str],
    recording: str,
    arguments: list[str],
    said: str,
) -> None:
    (here / "file").write_text("old")
    assert run([*arguments, recording]) == COULD_NOT
    assert said in _said(capsys)
    assert files_in(here) == ["file"]
    assert (here / "file").read_text() == "old"


@pytest.mark.parametrize("command", ["report", "render"])
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x89PNG\r\n\x1a\n", "is not JSON"),
        (b'{"a": 1}', "is no graphview recording: it has no 'schema'."),
        (b'{"schema": 99}', "has schema 99, and this graphview reads schema 2; record it again"),
        (b'{"schema": 2, "subject": 3}', "is nothing that graphview wrote: Expected `str`"),
    ],
    ids=["garbage", "other JSON", "other schema", "other type"],
)
def test_what_is_no_recording_is_refused(
    here: Path, capsys: pytest.CaptureFixture[str], command: str, content: bytes, said: str
) -> None:
    Path("it.json").write_bytes(content)
    assert run([command, "it.json"]) == COULD_NOT
    assert f"graphview: it.json {said}" in _said(capsys)
    assert files_in(here) == ["it.json"]


@pytest.mark.parametrize("command", ["report", "render", "record"])
def test_a_gpu_that_is_not_there_is_said(
    here: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    command: str,
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert run([command, "--device", "cuda"]) == COULD_NOT
    assert "there is no device 'cuda' here; this machine has cpu" in _said(capsys)
    assert not files_in(here)


@pytest.mark.parametrize("command", ["report", "render", "record"])
def test_a_closed_folder_is_said_before_the_work(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    # For root no folder is closed, and tests may run as root.
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    monkeypatch.setattr("graphview.lesson.record.record_lesson", _must_not_run)
    assert run([command]) == COULD_NOT
    assert "you may not write to the folder" in _said(capsys)


def _must_not_run(*_: object, **__: object) -> None:
    pytest.fail("the work began")


def test_a_full_disk_leaves_the_old_file(
    here: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    recording: str,
) -> None:
    def full(handle: int, mode: str) -> None:
        os.close(handle)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    (here / "page.html").write_text("old")
    monkeypatch.setattr(files.os, "fdopen", full)
    assert run(["report", recording, "-o", "page.html"]) == COULD_NOT
    assert "page.html could not be written: No space left on device." in _said(capsys)
    assert files_in(here) == ["page.html"]
    assert (here / "page.html").read_text() == "old"


def test_a_bug_is_told_from_a_mistake(
    here: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    recording: str,
) -> None:
    def broken(*_: object) -> str:
        raise ZeroDivisionError("our own")

    monkeypatch.setattr("graphview.report.page.page", broken)
    assert run(["report", recording]) == BUG
    *trace, last = capsys.readouterr().err.splitlines()
    assert trace[0].startswith("Traceback")
    assert trace[-1] == "ZeroDivisionError: our own"
    assert last == "graphview: this is a bug of graphview; please report it with the lines above."
    assert not files_in(here)


def test_an_error_from_a_file_is_one_clean_line(capsys: pytest.CaptureFixture[str]) -> None:
    name = "\x1b[2Jlost\nsecond line"
    Path(name).write_bytes(b"{}")
    assert run(["report", name]) == COULD_NOT
    assert "\x1b" not in _said(capsys)


def test_what_was_written_is_one_clean_line(
    recording: str, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "\x1b[31mred\nsecond line\u202e.json"
    assert run(["render", recording, "-o", name]) == FINE
    assert _said(capsys) == "Wrote ?[31mred second line?.json"
    assert Path(name).stat().st_size


def test_record_writes_a_recording(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["record", "--epochs", "3", "--device", "cpu"]) == FINE
    assert _said(capsys) == "Wrote recording.json"
    assert files_in(here) == ["recording.json"]
    made, known = read_recording(Path("recording.json")), lesson(epochs=3)
    assert made.graphs == known.graphs
    assert made.run is not None
    assert known.run is not None
    assert made.run.parameters == known.run.parameters


def test_report_writes_a_page(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report", "--epochs", "1", "--device", "cpu"]) == FINE
    assert _said(capsys) == "Wrote graphview-report.html"
    assert files_in(here) == ["graphview-report.html"]
    assert Path("graphview-report.html").read_bytes().startswith(b"<!doctype html>")


@pytest.mark.parametrize("root", ROOTS)
def test_render_writes_a_picture(
    here: Path, capsys: pytest.CaptureFixture[str], recording: str, root: str
) -> None:
    assert run(["render", recording, "--root", root]) == FINE
    assert _said(capsys) == f"Wrote {root}.svg"
    assert files_in(here) == [f"{root}.svg"]
    assert f"Autograd graph of {root}" in Path(f"{root}.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("command", "start"),
    [("report", "<!doctype html>"), ("render", "<?xml"), ("record", '{\n "subject"')],
)
def test_a_dash_writes_to_standard_output_alone(
    here: Path, capsys: pytest.CaptureFixture[str], recording: str, command: str, start: str
) -> None:
    source = ["--epochs", "1", "--device", "cpu"] if command == "record" else [recording]
    assert run([command, *source, "-o", "-"]) == FINE
    captured = capsys.readouterr()
    assert captured.out.startswith(start)
    assert captured.err == ""
    assert not files_in(here)


def test_a_picture_is_the_same_in_a_file_and_on_standard_output(
    capsys: pytest.CaptureFixture[str], recording: str
) -> None:
    assert run(["render", recording]) == run(["render", recording, "-o", "-"]) == FINE
    assert capsys.readouterr().out == Path("loss.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize(("theme", "dark"), [("light", False), ("dark", False), ("auto", True)])
def test_a_theme_is_chosen(
    capsys: pytest.CaptureFixture[str], recording: str, theme: str, dark: bool
) -> None:
    assert run(["render", recording, "--theme", theme, "-o", "-"]) == FINE
    drawn = capsys.readouterr().out
    assert ("prefers-color-scheme" in drawn) == dark
    assert ('fill="#1f4f86"' in drawn) == (theme == "dark")


def test_pictures_are_written_beside_the_page(
    here: Path, capsys: pytest.CaptureFixture[str], recording: str
) -> None:
    assert run(["report", recording, "--svg-dir", "new/deep"]) == FINE
    pictures = [str(Path("new", "deep", f"{name}.svg")) for name in PICTURES]
    assert files_in(here) == sorted([*pictures, "graphview-report.html"])
    said = capsys.readouterr().err.splitlines()
    assert said == [f"Wrote {picture}" for picture in (*pictures, "graphview-report.html")]
    assert run(["render", recording]) == FINE
    assert Path("loss.svg").read_bytes() == Path("new", "deep", "loss.svg").read_bytes()


def test_names_from_a_recording_stay_in_their_folder(tmp_path: Path, here: Path) -> None:
    file = tmp_path / "hostile.json"
    file.write_bytes(to_json(hostile()).replace(b"&amp;&lt;b&gt;<!--", b"../../../escaped"))
    assert "../../../escaped" in read_recording(file).graphs
    assert run(["report", str(file), "--svg-dir", "new"]) == FINE
    assert len(files_in(here / "new")) == len(hostile().graphs)
    assert "%2E.%2F..%2F..%2Fescaped.svg" in files_in(here / "new")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["here", "hostile.json"]


def test_open_shows_the_page(monkeypatch: pytest.MonkeyPatch, recording: str) -> None:
    shown: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda address: bool(shown.append(address)) or True)
    assert run(["report", recording, "--open"]) == FINE
    assert shown == [Path("graphview-report.html").resolve().as_uri()]


def test_without_a_browser_open_says_so(
    monkeypatch: pytest.MonkeyPatch, recording: str, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(webbrowser, "open", lambda address: False)
    assert run(["report", recording, "--open"]) == FINE
    assert capsys.readouterr().err.splitlines()[-1] == (
        "There is no browser to show it; open graphview-report.html yourself."
    )


def test_a_recording_needs_no_torch(here: Path, tmp_path: Path) -> None:
    assert run(["record", "--epochs", "1", "--device", "cpu", "-o", "made.json"]) == FINE
    assert run(["render", "--device", "cpu", "-o", "live.svg"]) == FINE
    page = python(WITHOUT_TORCH, "report", "made.json", "--svg-dir", "new")
    picture = python(WITHOUT_TORCH, "render", "made.json")
    assert (page.returncode, picture.returncode) == (FINE, FINE), page.stderr + picture.stderr
    live = Path("live.svg").read_bytes()
    assert Path("loss.svg").read_bytes() == live
    assert Path("new", "loss.svg").read_bytes() == live
    assert "AccumulateGrad" in Path("graphview-report.html").read_text(encoding="utf-8")


def test_the_lesson_needs_torch() -> None:
    done = python(WITHOUT_TORCH, "record")
    assert done.returncode == COULD_NOT
    assert done.stderr == (
        "graphview: the lesson needs torch, which cannot be imported here; "
        "install it, or give a recording.\n"
    )


@pytest.mark.parametrize(
    ("arguments", "kept"),
    [
        (["report"], [f"{name}.dot" for name in PICTURES]),
        (["report", "--svg-dir", "new"], [f"new/{name}.dot" for name in PICTURES]),
        (["render"], ["loss.dot"]),
        (["render", "-o", "-"], []),
        (["render", "--engine", "dot"], ["loss.dot"]),
    ],
    ids=["report", "report --svg-dir", "render", "render -o -", "render --engine dot"],
)
def test_without_an_engine_the_graphs_are_kept(
    here: Path, recording: str, arguments: list[str], kept: list[str]
) -> None:
    done = python(WITHOUT_ENGINES, *arguments, recording, PATH="")
    assert done.returncode == COULD_NOT
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "install" in done.stderr
    assert files_in(here) == sorted(str(Path(name)) for name in kept)
    for name in kept:
        assert str(Path(name)) in done.stderr
        assert Path(name).read_text(encoding="utf-8").startswith("digraph {")


def test_a_graph_that_is_kept_takes_no_other_files_name(here: Path, recording: str) -> None:
    Path("loss.dot").write_text("mine")
    Path("loss-2.dot").symlink_to("nowhere.dot")
    done = python(WITHOUT_ENGINES, "render", recording, PATH="")
    assert done.returncode == COULD_NOT
    assert "loss-3.dot" in done.stderr
    assert Path("loss.dot").read_text() == "mine"
    assert Path("loss-3.dot").read_text(encoding="utf-8").startswith("digraph {")
    assert not Path("nowhere.dot").exists()


def test_training_options_are_refused_with_a_recording(
    recording: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["report", recording, "--epochs", "5"]) == 2
    assert capsys.readouterr().err == (
        "graphview: --epochs has no effect on a recording, which was made before; "
        "leave one of the two out. See 'graphview report --help'.\n"
    )


@pytest.mark.parametrize("command", ["report", "render"])
def test_a_recording_is_not_written_over(
    command: str, recording: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = Path(recording).read_bytes()
    assert run([command, recording, "-o", recording]) == COULD_NOT
    assert "is the recording itself; name another file with -o." in _said(capsys)
    assert Path(recording).read_bytes() == before


def test_links_in_a_circle_are_said_before_the_work(
    here: Path, recording: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "loop").symlink_to("loop")
    assert run(["render", recording, "-o", "loop"]) == COULD_NOT
    assert _said(capsys).startswith("graphview: loop c")
