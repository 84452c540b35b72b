"""Watch nodes being made, and stamp each with the code and the modules that made it.

torch's anomaly mode calls `torch.fx.traceback.format_stack` for every node it creates; while we
watch, a cheap function of ours stands there. That is private to torch, so entering tries it on
one node, and where it does not fire a `TorchFunctionMode` stamps the nodes instead (it misses
custom Functions and other threads).
"""

from __future__ import annotations

import os
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import torch
import torch.fx.traceback as fx_traceback
from torch.autograd.graph import Node as Function
from torch.overrides import TorchFunctionMode

from graphview.autograd.untraced import untraced, untraced_deeply

ANOMALY_KEY, OWN_KEY = "traceback_", "graphview"
CALL_KEY = ".graphview"
# The outer of the two functions behind a call has few variables, and reading them is what costs.
MODULE_CALL = torch.nn.Module._wrapped_call_impl.__code__
# Code that was never in a file: the interpreter's own, and what torch.fx generates.
GENERATED = ("<frozen", "<eval_with_key>")


def _inside(*folders: Path) -> tuple[str, ...]:
    # Code objects have the path by which they were imported, which may lead over a link.
    return tuple(f"{path}{os.sep}" for folder in folders for path in (folder, folder.resolve()))


TORCH = _inside(Path(torch.__file__).parent)
PYTHON = _inside(Path(os.__file__).parent)
PACKAGE = Path(__file__).parents[1]
OURS, LESSON = _inside(PACKAGE), _inside(PACKAGE / "lesson")


class ModuleCall:
    """One call of a module, inside the call `parent`; it keeps nothing alive."""

    __slots__ = ("kind", "module", "parent")

    def __init__(self, module: torch.nn.Module, parent: ModuleCall | None) -> None:
        self.module, self.kind, self.parent = weakref.ref(module), type(module).__name__, parent


class Stamp(list[str]):
    """Where a node was made, and in which call of a module.

    A list of text, because anomaly mode prints it as a traceback.
    """

    __slots__ = ("call", "code", "lasti", "line")
    call: ModuleCall | None
    code: CodeType | None
    lasti: int
    line: int


@cache
def is_user_code(filename: str) -> bool:
    """Whether a frame belongs to the user: not torch, not Python's own library, not graphview.

    The lesson is a subject like the user's own code.
    """
    if filename.startswith((*TORCH, *GENERATED)):
        return False
    if filename.startswith(OURS):
        return filename.startswith(LESSON)
    return not filename.startswith(PYTHON) or "site-packages" in filename


def user_frame(frame: FrameType | None) -> FrameType | None:
    """The innermost frame of the user's from `frame` outwards."""
    while frame is not None and not is_user_code(frame.f_code.co_filename):
        frame = frame.f_back
    return frame


def take_stamp(frame: FrameType | None) -> Stamp:
    """Describe the innermost user frame from `frame` outwards, and the module call around it."""
    stamp = Stamp()
    stamp.call, stamp.code, stamp.lasti, stamp.line = None, None, 0, 0
    while frame is not None and (stamp.code is None or stamp.call is None):
        code = frame.f_code
        if stamp.code is None and is_user_code(code.co_filename):
            stamp.code, stamp.lasti, stamp.line = code, frame.f_lasti, frame.f_lineno
            stamp.append(f'  File "{code.co_filename}", line {frame.f_lineno}, in {code.co_name}\n')
        if stamp.call is None and code is MODULE_CALL:
            stamp.call = _call_of(frame)
        frame = frame.f_back
    return stamp


def _call_of(frame: FrameType | None) -> ModuleCall | None:
    """The call that runs in the innermost frame of a module's call, from `frame` outwards.

    It is noted among the frame's variables, under what is no identifier: the frame is there as long
    as the call is, and no other call has it.
    """
    unknown: list[dict[str, Any]] = []
    call: ModuleCall | None = None
    while frame is not None:
        if frame.f_code is MODULE_CALL:
            variables = frame.f_locals
            call = variables.get(CALL_KEY)
            if call is not None:
                break
            unknown.append(variables)
        frame = frame.f_back
    for variables in reversed(unknown):
        call = variables[CALL_KEY] = ModuleCall(variables["self"], call)
    return call


def stamp_of(function: Function) -> Stamp | None:
    """The stamp that watching left on a node; None for a node made unwatched."""
    metadata: Any = function.metadata  # torch annotates it as a method
    for key in (OWN_KEY, ANOMALY_KEY):
        stamp = metadata.get(key)
        if isinstance(stamp, Stamp):
            return stamp
    return None


@contextmanager
def watch_nodes() -> Iterator[None]:
    """Stamp every autograd node that is made inside the block; all is put back on leaving."""
    with _anomaly_hook():
        fires = _hook_fires()
        if fires:
            yield
    if not fires:
        with _StampResults():
            yield


class _Anomaly:
    """Anomaly mode with our hook in it, on while anybody watches, whoever ends first."""

    def __init__(self) -> None:
        self.lock, self.watching = threading.Lock(), 0
        self.original: Any = None
        self.before = (False, False)

    def enter(self) -> None:
        with self.lock:
            self.watching += 1
            if self.watching == 1:
                self.original = fx_traceback.format_stack
                enabled = torch.is_anomaly_enabled()
                self.before = enabled, torch.is_anomaly_check_nan_enabled()
                fx_traceback.format_stack = self.stamp
                # check_nan stays as the user had it; off, the mode costs little and is silent.
                torch.set_anomaly_enabled(True, enabled and self.before[1])

    def leave(self) -> None:
        with self.lock:
            self.watching -= 1
            if self.watching == 0:
                torch.set_anomaly_enabled(*self.before)
                fx_traceback.format_stack = self.original

    @untraced_deeply
    def stamp(self) -> Stamp:
        stamp = take_stamp(sys._getframe(1))
        if torch.is_anomaly_check_nan_enabled():
            # The user's own anomaly mode is on: its message needs the whole stack.
            stamp[:] = [entry for entry in self.original() if __file__ not in entry]
        return stamp


_ANOMALY = _Anomaly()


@contextmanager
def _anomaly_hook() -> Iterator[None]:
    _ANOMALY.enter()
    try:
        yield
    finally:
        _ANOMALY.leave()


def _hook_fires() -> bool:
    with torch.inference_mode(False), torch.enable_grad():
        probe = torch.empty(0, requires_grad=True).clone()
    return probe.grad_fn is not None and stamp_of(probe.grad_fn) is not None


class _StampResults(TorchFunctionMode):
    """The public way: after each torch function, stamp the nodes that it made."""

    @untraced
    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        first = torch._C._autograd._get_sequence_nr()
        result = func(*args, **(kwargs or {}))
        stamp: Stamp | None = None
        for function in _new_nodes(result, first):
            stamp = stamp or take_stamp(sys._getframe(1))
            function.metadata[OWN_KEY] = stamp
        return result


def _new_nodes(result: Any, first: int) -> Iterator[Any]:
    """The nodes behind a result that are not yet stamped, and not older than number `first`."""
    items = result if isinstance(result, tuple | list) else (result,)
    stack: list[Any] = [
        t.grad_fn for t in items if isinstance(t, torch.Tensor) and t.grad_fn is not None
    ]
    while stack:
        function = stack.pop()
        if function._sequence_nr() >= first and OWN_KEY not in function.metadata:
            yield function
            stack += [producer for producer, _ in function.next_functions if producer is not None]
