"""What a program finds around it when it runs, and what is put back when it has ended."""

from __future__ import annotations

import os
import signal
import sys
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

# Of these there must be one, whatever lies beside a program.
SHARED = {"__main__", "graphview", "torch", "numpy"}
STREAMS = ("stdin", "stdout", "stderr", "excepthook", "displayhook")


@contextmanager
def stage(arguments: Sequence[str], folder: Path | None, main: ModuleType | None) -> Iterator[None]:
    """Set `sys.argv`, the first folder of `sys.path` and, where given, `__main__`.

    Afterwards these, the working folder, the standard streams, the filters of warnings, the
    handling of signals and the timers that send them are as they were before.
    """
    argv, path, modules = sys.argv, sys.path, sys.modules
    streams = {name: getattr(sys, name) for name in STREAMS}
    before, working = modules.get("__main__"), _working_folder()
    with _own_signals(), _own_modules(folder), warnings.catch_warnings():
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


@contextmanager
def _own_modules(folder: Path | None) -> Iterator[None]:
    """Let a module beside the program win over one of the same name that we have imported.

    Under python it would be found first, since nothing but the interpreter's own is there before.
    """
    names = set() if folder is None else _names_in(folder)
    hidden = {name: sys.modules[name] for name in list(sys.modules) if name.split(".")[0] in names}
    for name in hidden:
        del sys.modules[name]
    try:
        yield
    finally:
        for name in [name for name in sys.modules if name.split(".")[0] in names]:
            del sys.modules[name]
        sys.modules.update(hidden)


def _names_in(folder: Path) -> set[str]:
    """The modules of a folder that share their name with another one that is imported."""
    files = {path.stem for path in folder.glob("*.py")}
    files |= {path.parent.name for path in folder.glob("*/__init__.py")}
    return {name for name in files - SHARED if _is_another(sys.modules.get(name), folder)}


def _is_another(module: ModuleType | None, folder: Path) -> bool:
    origin = getattr(getattr(module, "__spec__", None), "origin", None)
    # What is frozen or built in was there before any program.
    if origin in (None, "frozen", "built-in"):
        return False
    return not Path(origin).is_relative_to(folder)


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
    before = {number: signal.getsignal(number) for number in signal.valid_signals()}
    for number in (signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
        if callable(before[number]):
            # Ours, which removes temporary files; there are none yet.
            signal.signal(number, signal.SIG_DFL)
    try:
        yield
    finally:
        _stop_timers()
        for number, handler in before.items():
            # None: of somebody who is no Python.
            if handler is not None and signal.getsignal(number) != handler:
                signal.signal(number, handler)


def _stop_timers() -> None:
    """An alarm that was left on would end us, and has nobody to wake any more."""
    for name in ("ITIMER_REAL", "ITIMER_VIRTUAL", "ITIMER_PROF"):
        if hasattr(signal, name):
            signal.setitimer(getattr(signal, name), 0)
