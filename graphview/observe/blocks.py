"""Watch where a program turns gradients off: the line of the block in which they are."""

from __future__ import annotations

import functools
import linecache
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from inspect import unwrap
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import torch
import torch.utils._contextlib

from graphview.autograd.untraced import untraced_deeply
from graphview.model.graph import Source
from graphview.observe.places import Places
from graphview.observe.replacing import replaced

DECORATOR: str = torch.utils._contextlib.__file__
# Torch's own blocks call what the program may call by itself.
TORCHS_BLOCKS: str = torch.autograd.grad_mode.__file__
SETTING: Any = torch.set_grad_enabled
KINDS: tuple[Any, ...] = (torch.no_grad, torch.inference_mode, torch.enable_grad, SETTING)
WATCHES = str(Path(__file__).parent)
MOST_DECORATORS = 10


@dataclass(frozen=True, slots=True)
class Block:
    """What turned gradients off: `no_grad`, `inference_mode` or `set_grad_enabled`, and where.

    `source` is the line of the `with` or of the call, or that of the decorator of a function.
    """

    by: str
    source: Source


@dataclass(slots=True)
class _Level:
    """A block that is open, or all that is around any; `off` is what turned gradients off there."""

    block: object = None
    off: Block | None = None


class Blocks:
    """The blocks that are open, in each thread."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self._threads = threading.local()

    def around(self) -> Block | None:
        """What turned gradients off, to be asked where they are; None where nobody saw it.

        Inside a custom Function no block of the program's did.
        """
        return self._levels[-1].off

    @property
    def _levels(self) -> list[_Level]:
        levels: list[_Level] | None = getattr(self._threads, "levels", None)
        if levels is None:
            levels = self._threads.levels = [_Level()]
        return levels

    @untraced_deeply
    def enter(self, block: object, frame: FrameType, *, was_off: bool) -> None:
        """A block has been entered; of several inside each other the outermost counts."""
        levels, off = self._levels, None
        if gradients_are_off():
            off = levels[-1].off if was_off else self._block(block, frame)
        levels.append(_Level(block, off))

    @untraced_deeply
    def leave(self, block: object) -> None:
        """A block has been left, and with it what was entered inside and never left."""
        levels = self._levels
        place = next((i for i, level in enumerate(levels) if level.block is block), len(levels))
        del levels[place:]
        if not gradients_are_off():
            levels[-1].off = None

    @untraced_deeply
    def turn(self, block: object, frame: FrameType, *, was_off: bool) -> None:
        """Gradients have been turned on or off for what follows in the block around."""
        if not gradients_are_off():
            self._levels[-1].off = None
        elif not was_off:
            self._levels[-1].off = self._block(block, frame)

    def _block(self, block: object, frame: FrameType) -> Block | None:
        by, caller = type(block).__name__, outside(frame)
        if caller is not None and caller.f_code.co_filename == DECORATOR:
            source = self._decorator(caller, by)
        else:
            source = self.places.of(caller)
        return None if source is None else Block(by, source)

    def _decorator(self, caller: FrameType, by: str) -> Source | None:
        """Where the function that torch's decorator calls was decorated."""
        code: CodeType | None = getattr(unwrap(caller.f_locals["func"]), "__code__", None)
        if code is None:
            return None
        # No instruction of the function is there.
        return self.places.at(code, len(code.co_code), _line_of_decorator(code, by))


@contextmanager
def watch_blocks(blocks: Blocks) -> Iterator[None]:
    """Tell `blocks` where gradients are turned off and on; torch's classes are put back."""
    with ExitStack() as places:
        for kind in KINDS:
            places.enter_context(replaced(kind, "__enter__", _entering(kind, blocks)))
            places.enter_context(replaced(kind, "__exit__", _leaving(kind, blocks)))
        places.enter_context(replaced(SETTING, "__init__", _setting(blocks)))
        yield


@untraced_deeply
def gradients_are_off() -> bool:
    # Unseen by a mode of the program's.
    with torch._C.DisableTorchFunction():
        return not torch.is_grad_enabled()


# All three look like torch's own, whose source torch.jit reads.


def _entering(kind: Any, blocks: Blocks) -> Callable[..., Any]:
    enter = kind.__enter__

    @functools.wraps(enter)
    def __enter__(block: Any) -> Any:
        # `set_grad_enabled(False)` turns them off when it is made.
        was_off = not block.prev if kind is SETTING else gradients_are_off()
        result = enter(block)
        blocks.enter(block, sys._getframe(1), was_off=was_off)
        return result

    return __enter__


def _leaving(kind: Any, blocks: Blocks) -> Callable[..., Any]:
    leave = kind.__exit__

    @functools.wraps(leave)
    def __exit__(block: Any, *error: Any) -> Any:
        result = leave(block, *error)
        blocks.leave(block)
        return result

    return __exit__


def _setting(blocks: Blocks) -> Callable[..., Any]:
    init = SETTING.__init__

    @functools.wraps(init)
    def __init__(block: Any, mode: bool) -> None:
        init(block, mode)
        frame = outside(sys._getframe(1))
        if frame is not None and frame.f_code.co_filename != TORCHS_BLOCKS:
            blocks.turn(block, frame, was_off=not block.prev)

    return __init__


def outside(frame: FrameType | None) -> FrameType | None:
    """The innermost frame that is not of a watch: of several who watch, each calls the next."""
    while frame is not None and frame.f_code.co_filename.startswith(WATCHES):
        frame = frame.f_back
    return frame


def _line_of_decorator(code: CodeType, by: str) -> int:
    """The line of a function's decorator that has this name, else of its first one."""
    first = code.co_firstlineno
    lines = range(first, first + MOST_DECORATORS)
    named = (line for line in lines if _decorates(linecache.getline(code.co_filename, line), by))
    return next(named, first)


def _decorates(text: str, by: str) -> bool:
    return text.lstrip().startswith("@") and by in text
