"""Keeping torch.compile, which traces whatever runs below it, out of our own functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import torch

Function = TypeVar("Function", bound=Callable[..., Any])


def untraced(function: Function) -> Function:
    """Run it as plain Python; what it calls may be traced."""
    return _skipped(function, deeply=False)


def untraced_deeply(function: Function) -> Function:
    """Run it and all that it calls as plain Python."""
    return _skipped(function, deeply=True)


def _skipped(function: Function, *, deeply: bool) -> Function:
    # Private to torch, and without it our functions would only be traced for nothing. Its public
    # way would import all of torch.compile.
    frames: Any = torch._C._dynamo.eval_frame
    mark = getattr(frames, "set_code_exec_strategy", None)
    if mark is not None:
        skip, usual = frames._FrameAction.SKIP, frames._FrameAction.DEFAULT
        strategy = frames._FrameExecStrategy(skip, skip if deeply else usual)
        mark(function.__code__, strategy)
    return function
