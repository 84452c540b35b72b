"""The `dot` on PATH, as a child process."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
from functools import cache
from pathlib import Path

from graphview.errors import EngineUnavailable, LayoutError, LayoutTimeout

# Generous: the first text that pango measures on a machine builds the font cache.
PROBE_SECONDS = 30.0
CRASHED = 128
NO_WINDOW: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)


def version() -> str:
    """Graphviz's version, as `dot -V` says it; raises EngineUnavailable."""
    return _probe(_find())


def render(dot: bytes, timeout: float, form: str = "svg") -> bytes:
    """UTF-8 DOT text drawn as svg or plain; raises LayoutTimeout after `timeout` seconds."""
    executable = _find()
    found = _probe(executable)
    done = _run([executable, f"-T{form}"], dot, timeout)
    if done.returncode == 0:
        return done.stdout
    if not 0 < done.returncode < CRASHED:
        raise EngineUnavailable(f"`{executable}` crashed on this graph ({_complaint(done)}).")
    raise LayoutError(f"Graphviz {found} (engine dot) refused the graph: {_complaint(done)}.")


def _find() -> str:
    executable = shutil.which("dot")
    # A relative answer comes from the working directory, where anybody may have put a `dot`.
    if executable is None or not Path(executable).is_absolute():
        raise EngineUnavailable(
            "`dot` is not on PATH; install Graphviz from your system's packages "
            "or https://graphviz.org/download."
        )
    return executable


@cache
def _probe(executable: str) -> str:
    """Draw one node, since a `dot` without its plugins is found and cannot draw; its version."""
    try:
        done = _run([executable, "-Tsvg"], b"digraph { a }", PROBE_SECONDS)
        told = _run([executable, "-V"], b"", PROBE_SECONDS)
    except LayoutTimeout:
        raise _broken(executable, f"no answer within {PROBE_SECONDS:g} s") from None
    if done.returncode or b"<svg" not in done.stdout:
        raise _broken(executable, _complaint(done))
    number = re.search(rb"version (\d+(?:\.\d+)+)", told.stderr + told.stdout)
    return number[1].decode() if number else "unknown"


def _broken(executable: str, why: str) -> EngineUnavailable:
    return EngineUnavailable(
        f"`{executable}` cannot draw ({why}); run `dot -c`, or install Graphviz again."
    )


def _run(command: list[str], text: bytes, timeout: float) -> subprocess.CompletedProcess[bytes]:
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(),
            creationflags=NO_WINDOW,
            # A group of its own: when `dot` is a wrapper script, its children end with it.
            process_group=None if sys.platform == "win32" else 0,
        )
    except OSError as problem:
        raise _broken(command[0], str(problem)) from None
    with process:
        out, err = _converse(process, text, timeout)
    return subprocess.CompletedProcess(command, process.returncode, out, err)


def _converse(process: subprocess.Popen[bytes], text: bytes, timeout: float) -> tuple[bytes, bytes]:
    try:
        return process.communicate(text, timeout)
    except subprocess.TimeoutExpired:
        _kill(process)
        raise LayoutTimeout(
            f"Graphviz (engine dot) did not finish within {timeout:g} s; "
            "give it more time, or fold the graph."
        ) from None
    except BaseException:
        _kill(process)
        raise


def _kill(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)


def _environment() -> dict[str, str]:
    environment = {**os.environ, "LC_ALL": "C"}
    # With SERVER_NAME and no GV_FILE_PATH, older Graphviz opens no file that a DOT names.
    environment["SERVER_NAME"] = "graphview"
    environment.pop("GV_FILE_PATH", None)
    return environment


def _complaint(done: subprocess.CompletedProcess[bytes]) -> str:
    """Graphviz's first error, else its first line, else how it ended."""
    lines = [line for line in done.stderr.decode(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("Error")]
    said = next(iter(errors + lines), f"exit status {done.returncode}")
    return re.sub(r"^Error: (<stdin>: )?", "", said).strip().rstrip(".")
