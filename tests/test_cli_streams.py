"""The command line among signals, pipes, full disks and terminals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from processes import (
    PLAIN,
    TELLING,
    files_in,
    posix,
    python,
)

from graphview.cli import COULD_NOT, FINE, INTERRUPTED, run
from graphview.model.store import read_recording

# Each test in an empty working directory.
pytestmark = pytest.mark.usefixtures("here")


@posix
@pytest.mark.parametrize(
    ("command", "number", "code", "said"),
    [
        (
            "report",
            signal.SIGINT,
            INTERRUPTED,
            "graphview: interrupted; no file was left half written.\n",
        ),
        ("record", signal.SIGTERM, 128 + signal.SIGTERM, ""),
    ],
    ids=["report SIGINT", "record SIGTERM"],
)
def test_an_interrupted_training_leaves_nothing(
    here: Path, command: str, number: signal.Signals, code: int, said: str
) -> None:
    arguments = [command, "--epochs", "1000000", "--device", "cpu", "-o", "out"]
    (here / "out").write_text("old")
    with _started(TELLING, *arguments) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"training\n"
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert process.returncode == code
    assert (out, err.decode()) == (b"", said)
    assert files_in(here) == ["out"]
    assert (here / "out").read_text() == "old"


WRITING = """
import sys, time
from graphview import files
from graphview.cli import main

def pour(content, stream):
    stream.write(b"half")
    stream.flush()
    print("writing", flush=True)
    time.sleep(60)

files._pour = pour
main(sys.argv[1:])
"""


@posix
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_what_ends_it_while_it_writes_leaves_no_half_file(
    here: Path, recording: str, name: str
) -> None:
    number = getattr(signal, name)
    (here / "out.json").write_text("old")
    with _started(WRITING, "render", recording, "-o", "out.json") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"writing\n"
        process.send_signal(number)
        process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert files_in(here) == ["out.json"]
    assert (here / "out.json").read_text() == "old"


@posix
def test_what_hangs_up_under_nohup_ends_nothing(here: Path, recording: str) -> None:
    ignoring = f"import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN){WRITING}"
    with _started(ignoring.replace("60", "1"), "render", recording, "-o", "out.json") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"writing\n"
        process.send_signal(signal.SIGHUP)
        process.communicate(timeout=60)
    assert process.returncode == FINE
    assert (here / "out.json").read_bytes() == b"half"


def _started(code: str, *arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@posix
@pytest.mark.parametrize(
    "arguments",
    [["render", "-o", "-"], ["report", "-o", "-"], ["--help"], ["--version"], ["report", "--help"]],
    ids=" ".join,
)
def test_a_closed_pipe_is_quiet_success(recording: str, arguments: Sequence[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-c", PLAIN, *arguments, *([recording] if "-o" in arguments else [])],
        stdout=writer,
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (FINE, b"")


@posix
def test_a_reader_that_has_seen_enough_may_leave(recording: str) -> None:
    with _started(PLAIN, "report", recording, "-o", "-") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        # The page is larger than a pipe holds, so the command is still writing.
        assert process.stdout.read(10) == b"<!doctype "
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == FINE


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_standard_output_is_said(recording: str) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-c", PLAIN, "render", recording, "-o", "-"],
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )
    assert done.returncode == COULD_NOT
    assert done.stderr == (
        b"graphview: standard output could not be written: No space left on device.\n"
    )


@posix
def test_a_device_is_written_and_not_replaced(recording: str) -> None:
    done = python(PLAIN, "render", recording, "-o", "/dev/stdout")
    assert done.returncode == FINE
    assert done.stdout.startswith("<?xml")
    assert run(["render", recording, "-o", os.devnull]) == FINE
    assert Path(os.devnull).is_char_device()


@posix
def test_names_that_are_no_unicode_are_taken(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = os.fsdecode(b"\xff")
    arguments = ["record", "--epochs", "1", "--device", "cpu", "-o", f"{name}.json"]
    monkeypatch.setattr(sys, "argv", ["graphview", *arguments])
    assert run(arguments) == FINE
    shown = python(PLAIN, "report", f"{name}.json", "-o", f"{name}.html")
    assert shown.returncode == FINE, shown.stderr
    assert files_in(here) == [f"{name}.html", f"{name}.json"]
    assert "?.json" in read_recording(Path(f"{name}.json")).environment.command


@posix
def test_a_terminal_sees_the_progress_and_then_the_result(here: Path) -> None:
    import pty

    mine, theirs = pty.openpty()
    arguments = ["record", "--epochs", "3", "--device", "cpu"]
    with subprocess.Popen(
        [sys.executable, "-c", PLAIN, *arguments],
        stdout=subprocess.PIPE,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "80"},
    ) as process:
        os.close(theirs)
        shown = _drained(mine)
        assert process.stdout is not None
        assert process.stdout.read() == b""
    os.close(mine)
    assert process.returncode == FINE
    assert b"points that it never saw" in shown
    assert shown.endswith(b"Wrote recording.json\r\n")


def _drained(terminal: int) -> bytes:
    parts = []
    try:
        while part := os.read(terminal, 4096):
            parts.append(part)
    except OSError:
        # Linux's way to say that the other side has closed.
        pass
    return b"".join(parts)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize(
    "arguments", [["explain", "mul"], ["--help"], ["report", "--help"]], ids=" ".join
)
def test_a_full_standard_output_is_said_by_every_command(arguments: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-c", PLAIN, *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )
    assert (done.returncode, done.stderr) == (
        COULD_NOT,
        b"graphview: standard output could not be written: No space left on device.\n",
    )


@posix
def test_what_the_shell_appends_to_stays(recording: str, here: Path) -> None:
    log = here / "log.txt"
    log.write_text("precious\n")
    with log.open("ab") as stream:
        subprocess.run(
            [sys.executable, "-c", PLAIN, "render", recording, "-o", "/dev/stdout"],
            stdout=stream,
            stderr=subprocess.PIPE,
            timeout=60,
            check=True,
        )
    assert log.read_text(encoding="utf-8").startswith("precious\n<?xml")
