"""Standing in for functions of torch for a while."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from graphview.autograd.untraced import untraced


@contextmanager
def replaced(owner: Any, name: str, ours: Callable[..., Any]) -> Iterator[None]:
    """Put `ours` in the place of an attribute of a class or module, and the old one back.

    What the program has meanwhile put over ours stays.
    """
    before = vars(owner)[name]
    # As torch.compile does not trace torch's own.
    untraced(ours)
    new: Any = staticmethod(ours) if isinstance(before, staticmethod) else ours
    setattr(owner, name, new)
    try:
        yield
    finally:
        if vars(owner).get(name) is new:
            setattr(owner, name, before)
