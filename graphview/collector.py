"""Python's garbage collector, kept out of the way for a moment."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """Collect nothing inside the block.

    Describing or folding a graph makes many small objects, none of them garbage; the collector,
    looking through all of them again and again, would take more than half of the time. When the
    block ends they count as old, as if the collector had seen them already.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            _count_as_old()
            gc.enable()


def _count_as_old() -> None:
    """Spare new objects the collection of the young, which would look through each of them."""
    # What somebody froze, before a fork say, must stay so.
    if gc.get_freeze_count() == 0:
        gc.freeze()
        gc.unfreeze()
