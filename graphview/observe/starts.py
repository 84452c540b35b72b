"""Watch every start of backward, at whatever place of the user's code it is."""

from __future__ import annotations

import functools
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from types import CodeType, FrameType
from typing import Any, NamedTuple

import torch
from torch._guards import TracingContext

from graphview.autograd.sources import user_frame
from graphview.model.journal import Call


class Start(NamedTuple):
    """One start: from which tensors, by which frame of the user's. Hold it only briefly."""

    call: Call
    roots: Sequence[torch.Tensor]
    frame: FrameType
    inputs: Sequence[torch.Tensor] = ()

    @property
    def place(self) -> tuple[str, CodeType, int]:
        """The same for each start from one place in the code.

        Code of two files that is the same letter for letter is equal, so the file counts too.
        """
        code = self.frame.f_code
        return code.co_filename, code, self.frame.f_lasti


# The method too, though it calls the function: while a function mode is on, it does so from inside
# that mode's handler, where no mode can be taken off.
STARTING: list[tuple[Any, str, Call]] = [
    (torch.Tensor, "backward", "backward"),
    (torch.autograd, "backward", "backward"),
    (torch.autograd, "grad", "grad"),
]
Around = Callable[[Start], AbstractContextManager[None]]


@contextmanager
def watch_starts(around: Around) -> Iterator[None]:
    """Enter `around` for each `Tensor.backward`, `autograd.backward` and `autograd.grad`.

    Those that torch itself starts inside a running backward (reentrant checkpoints) are left alone.
    The functions are put back on leaving.
    """
    # One for each who watches, since a watched program may watch a part of itself.
    running = threading.local()
    before = [(owner, name, getattr(owner, name)) for owner, name, _ in STARTING]
    for (owner, name, original), (_, _, call) in zip(before, STARTING, strict=True):
        setattr(owner, name, _watched(original, call, around, running))
    try:
        yield
    finally:
        for owner, name, original in before:
            setattr(owner, name, original)


def _watched(original: Any, call: Call, around: Around, running: threading.local) -> Any:
    @functools.wraps(original)
    def started(*args: Any, **kwargs: Any) -> Any:
        first = args[0] if args else kwargs.get("tensors", kwargs.get("outputs"))
        roots, frame = _roots(first), user_frame(sys._getframe(1))
        if _is_inside(running) or not roots or frame is None:
            return original(*args, **kwargs)
        # With a function mode on, torch calls its own function once more: by its name, so ours.
        running.inside = True
        try:
            asked = args[1] if call == "grad" and len(args) > 1 else kwargs.get("inputs")
            with around(Start(call, roots, frame, _roots(asked))):
                return original(*args, **kwargs)
        finally:
            running.inside = False

    return started


def _is_inside(running: threading.local) -> bool:
    task: int = torch._C._current_graph_task_id()
    # What torch.compile traces is not the program's own start.
    tracing = torch.compiler.is_compiling() or TracingContext.try_get() is not None
    return task != -1 or tracing or getattr(running, "inside", False)


def _roots(given: Any) -> list[torch.Tensor]:
    if isinstance(given, torch.Tensor):
        return [given]
    items = given if isinstance(given, Sequence) else ()
    return [item for item in items if isinstance(item, torch.Tensor)]
