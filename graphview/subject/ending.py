"""Running somebody's program to its end, as the interpreter would, and telling how it ended."""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, NoReturn

from torch.overrides import handle_torch_function

from graphview.autograd.locate import short_path
from graphview.autograd.sources import OURS, is_user_code
from graphview.model.journal import Ending
from graphview.model.step import Failure
from graphview.observe.stopping import Enough

ASK_MODES = handle_torch_function.__code__
# What the interpreter makes of a number that no process can end with.
NO_NUMBER = -1


@dataclass(frozen=True, slots=True)
class Ran:
    """A program that has ended. `variables` keeps what it left behind alive.

    `notes` are sentences on what was done otherwise than asked.
    """

    ending: Ending
    variables: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def run_to_end(work: Callable[[], object], own: str) -> Ending:
    """Do the work, wait for its threads, and say how it ended; nothing of it is raised.

    `own` is how the names of the program's own files start. A child that the program has forked
    ends in here, as the program's child would have.
    """
    process, before = os.getpid(), set(threading.enumerate())
    try:
        ending = _with_threads(_run(work, own), before)
    except KeyboardInterrupt:
        ending = Ending("interrupted")
    if os.getpid() != process:
        _leave(ending)
    return ending


def _run(work: Callable[[], object], own: str) -> Ending:
    try:
        work()
    except Enough:
        return Ending("stopped")
    except SystemExit as error:
        return Ending("exited", _code_of(error))
    except KeyboardInterrupt:
        return Ending("interrupted")
    except BaseException as error:
        return _raised(error, own)
    return Ending("finished")


def _code_of(error: SystemExit) -> int:
    """The exit code; a text goes to standard error, as Python does it."""
    code: object = error.code
    if code is None:
        return 0
    if isinstance(code, int):
        return int(code) if abs(code) < 1 << 31 else NO_NUMBER
    print(code, file=sys.stderr)
    return 1


def _raised(error: BaseException, own: str) -> Ending:
    for each in _chain(error):
        each.__traceback__ = _users(each.__traceback__)
    failure = failure_of(error, own)
    _show(error)
    return Ending("raised", failure=failure)


def failure_of(error: BaseException, own: str = "") -> Failure:
    """An exception as plain data; `own` is how the names of the program's own files start."""
    trace = error.__traceback__
    while trace is not None and not is_user_code(trace.tb_frame.f_code.co_filename):
        trace = trace.tb_next
    told = traceback.TracebackException(type(error), error, trace)
    line = _line(told.stack, own)
    _shorten(told)
    text = "".join(told.format()).rstrip("\n")
    return Failure(type(error).__name__, str(told), line, text)


def _shorten(told: traceback.TracebackException | None) -> None:
    """Write files as a person would: a recording tells nothing of the folders of this machine."""
    if told is None:
        return
    for frame in told.stack:
        # Read the line first; it is looked up by the name of the file.
        frame.line  # noqa: B018
        frame.filename = short_path(frame.filename)
    for other in (told.__cause__, told.__context__, *(told.exceptions or ())):
        _shorten(other)


def _show(error: BaseException) -> None:
    """By the program's own hook, where it has set one."""
    if sys.excepthook is sys.__excepthook__:
        # Before Python 3.13 that one knows nothing of the lines of a notebook.
        traceback.print_exception(error)
        return
    try:
        sys.excepthook(type(error), error, error.__traceback__)
    except Exception:
        print("Error in sys.excepthook:", file=sys.stderr)
        traceback.print_exc()
        print("\nOriginal exception was:", file=sys.stderr)
        traceback.print_exception(error)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error, those that it came of, and those of a group."""
    waiting, seen = [error], set[int]()
    while waiting:
        each = waiting.pop()
        if id(each) not in seen:
            seen.add(id(each))
            yield each
            inner = each.exceptions if isinstance(each, BaseExceptionGroup) else ()
            waiting += [e for e in (each.__cause__, each.__context__, *inner) if e is not None]


def _users(trace: TracebackType | None) -> TracebackType | None:
    """The traceback from the user's first frame on, as it would be had nobody watched."""
    frames: list[TracebackType] = []
    again = False
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_filename.startswith(OURS) and not is_user_code(code.co_filename):
            # Where a mode of ours was asked, torch then calls the same function once more.
            if frames and frames[-1].tb_frame.f_code is ASK_MODES:
                frames.pop()
                again = True
        elif frames or is_user_code(code.co_filename):
            if again and frames and frames[-1].tb_frame.f_code is code:
                frames.pop()
            again = False
            frames.append(trace)
        trace = trace.tb_next
    if not frames:
        # Never raised, or in a library alone.
        return None
    for outer, inner in zip(frames, [*frames[1:], None], strict=True):
        outer.tb_next = inner
    return frames[0]


def _line(stack: traceback.StackSummary, own: str) -> int:
    """The innermost line of the program's own files, else the innermost of all."""
    mine = [frame for frame in stack if own and frame.filename.startswith(own)]
    mine = mine or [frame for frame in stack if is_user_code(frame.filename)]
    lines = [frame.lineno for frame in mine]
    lines = lines or [frame.lineno for frame in stack]
    return (lines[-1] if lines else None) or 0


def _with_threads(ending: Ending, before: set[threading.Thread]) -> Ending:
    """The ending once the threads have ended too; one of them may have made the last step."""
    try:
        _wait_for_threads(before)
    except Enough:
        _wait_for_threads(before)
        return Ending("stopped") if ending.kind == "finished" else ending
    return ending


def _wait_for_threads(before: set[threading.Thread]) -> None:
    """As the interpreter waits, before it ends, for all that are no daemons."""
    me = threading.current_thread()
    pools = sys.modules.get("concurrent.futures.thread")
    if pools is not None:
        # Idle workers of a pool wait to be told that the interpreter ends.
        pools._python_exit()
        pools._shutdown = False  # type: ignore[attr-defined]
    while rest := [
        thread
        for thread in threading.enumerate()
        if thread not in before and thread is not me and not thread.daemon
    ]:
        rest[0].join()


def _leave(ending: Ending) -> NoReturn:
    """End a forked child here: what comes after the program is the parent's."""
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and not stream.closed:
            stream.flush()
    if ending.kind == "interrupted":
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    os._exit({"exited": ending.code or 0, "raised": 1}.get(ending.kind, 0) & 0xFF)
