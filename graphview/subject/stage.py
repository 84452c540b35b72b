"""What a program finds around it when it runs, and what is put back when it has ended."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

STREAMS = ("stdin", "stdout", "stderr", "excepthook", "displayhook")


@contextmanager
def stage(arguments: Sequence[str], folder: Path | None, main: ModuleType | None) -> Iterator[None]:
    """Set `sys.argv`, the first folder of `sys.path` and, where given, `__main__`.

    Afterwards these, the working folder, the standard streams and the handling of signals are as
    they were before.
    """
    argv, path, modules = sys.argv, sys.path, sys.modules
    streams = {name: getattr(sys, name) for name in STREAMS}
    before, working = modules.get("__main__"), _working_folder()
    with _own_signals():
        try:
            sys.argv, sys.path = list(arguments), _path(folder)
            if main is not None:
                modules["__main__"] = main
            yield
        finally:
            sys.argv, sys.path = argv, path
            if before is not None:
                modules["__main__"] = before
            for name, value in streams.items():
                setattr(sys, name, value)
            _go_back(working)


def _go_back(working: Path | None) -> None:
    # The program may have deleted it; whoever writes there says so.
    if working is not None and working.is_dir():
        os.chdir(working)


def _path(folder: Path | None) -> list[str]:
    """`folder` instead of where the command itself lies; python -P wants neither."""
    if folder is None or sys.flags.safe_path:
        return list(sys.path)
    return [str(folder), *sys.path[1:]]


def _working_folder() -> Path | None:
    try:
        return Path.cwd()
    except FileNotFoundError:
        return None


@contextmanager
def _own_signals() -> Iterator[None]:
    """Ctrl-C and termination reach the program as they would without us."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in numbers}
    if callable(before[signal.SIGTERM]):
        # Ours, which removes temporary files; there are none yet.
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        yield
    finally:
        for number, handler in before.items():
            if handler is not None:
                signal.signal(number, handler)
