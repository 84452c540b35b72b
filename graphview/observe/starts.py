"""Watch every start of backward, at whatever place of the user's code it is."""

from __future__ import annotations

import functools
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from types import CodeType, FrameType
from typing import Any, NamedTuple

import torch
from torch._guards import TracingContext

from graphview.autograd.sources import user_frame
from graphview.model.journal import Call
from graphview.observe.replacing import replaced


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
    The functions are put back on leaving; what the program keeps of ours then does nothing more,
    and what it has put over ours stays.
    """
    # One for each who watches, since a watched program may watch a part of itself.
    watch = _Watch()
    with ExitStack() as places:
        for owner, name, call in STARTING:
            ours = _watched(getattr(owner, name), call, around, watch)
            places.enter_context(replaced(owner, name, ours))
        try:
            yield
        finally:
            watch.on = False


@dataclass(slots=True)
class _Watch:
    """Whether the watch is still on, and in which threads a start is running."""

    on: bool = True
    running: threading.local = field(default_factory=threading.local)

    def leaves_alone(self) -> bool:
        task: int = torch._C._current_graph_task_id()
        # What torch.compile traces is not the program's own start.
        tracing = torch.compiler.is_compiling() or TracingContext.try_get() is not None
        return task != -1 or tracing or getattr(self.running, "inside", False)


def _watched(original: Any, call: Call, around: Around, watch: _Watch) -> Any:
    @functools.wraps(original)
    def started(*args: Any, **kwargs: Any) -> Any:
        if not watch.on:
            return original(*args, **kwargs)
        first = args[0] if args else kwargs.get("tensors", kwargs.get("outputs"))
        roots, frame = _roots(first), user_frame(sys._getframe(1))
        if watch.leaves_alone() or not roots or frame is None:
            return original(*args, **kwargs)
        # With a function mode on, torch calls its own function once more: by its name, so ours.
        watch.running.inside = True
        try:
            asked = args[1] if call == "grad" and len(args) > 1 else kwargs.get("inputs")
            with around(Start(call, roots, frame, _roots(asked))):
                return original(*args, **kwargs)
        finally:
            watch.running.inside = False

    return started


def _roots(given: Any) -> list[torch.Tensor]:
    if isinstance(given, torch.Tensor):
        return [given]
    items = given if isinstance(given, Sequence) else ()
    return [item for item in items if isinstance(item, torch.Tensor)]
