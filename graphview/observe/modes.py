"""Our function modes on torch's stack, wherever in it they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from torch.overrides import (
    TorchFunctionMode,
    _get_current_function_mode_stack,
    _pop_mode,
    _push_mode,
)

Modes = Sequence[TorchFunctionMode]


def remove_mode(mode: TorchFunctionMode) -> None:
    """Take the mode off; modes that were entered after it (a default device) stay, in order."""
    stack = mode_stack()
    _arrange(stack, [each for each in stack if each is not mode])


@contextmanager
def paused(modes: Modes) -> Iterator[None]:
    """Take modes off for the block, those of them that are on, and put them back in their places.

    While a mode is on, torch calls a function of its own (`Tensor.backward`) once more for it, by
    its name: where the program has put something in its place, that would run twice.
    """
    stack = mode_stack() if modes else []
    ours = [(place, mode) for place, mode in enumerate(stack) if _is_among(mode, modes)]
    if not ours:
        yield
        return
    _arrange(stack, [mode for mode in stack if not _is_among(mode, modes)])
    try:
        yield
    finally:
        now = mode_stack()
        wanted = list(now)
        for place, mode in ours:
            wanted.insert(place, mode)
        _arrange(now, wanted)


def mode_stack() -> list[TorchFunctionMode]:
    """The modes of this thread, the outermost first."""
    return list(_get_current_function_mode_stack())  # type: ignore[no-untyped-call]


def _is_among(mode: TorchFunctionMode, modes: Modes) -> bool:
    return any(mode is each for each in modes)


def _arrange(stack: Modes, wanted: Modes) -> None:
    """Change the stack to what is wanted, from the first difference on."""
    same = 0
    while same < min(len(stack), len(wanted)) and stack[same] is wanted[same]:
        same += 1
    for _ in stack[same:]:
        _pop_mode()  # type: ignore[no-untyped-call]
    for mode in wanted[same:]:
        _push_mode(mode)  # type: ignore[no-untyped-call]
