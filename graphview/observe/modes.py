"""Taking one of torch's function modes off the stack, wherever in it it is."""

from __future__ import annotations

from torch.overrides import (
    TorchFunctionMode,
    _get_current_function_mode_stack,
    _pop_mode,
    _push_mode,
)


def remove_mode(mode: TorchFunctionMode) -> None:
    """Take the mode off; modes that were entered after it (a default device) stay, in order."""
    if all(each is not mode for each in _get_current_function_mode_stack()):  # type: ignore[no-untyped-call]
        return
    above = []
    while (top := _pop_mode()) is not mode:  # type: ignore[no-untyped-call]
        above.append(top)
    for each in reversed(above):
        _push_mode(each)  # type: ignore[no-untyped-call]
