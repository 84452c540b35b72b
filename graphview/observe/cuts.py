"""All that is watched to know where gradients are cut."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from graphview.observe.blocks import watch_blocks
from graphview.observe.modes import remove_mode
from graphview.observe.parameters import watch_parameters
from graphview.observe.trails import Trails


@contextmanager
def watch_cuts(trails: Trails) -> Iterator[None]:
    """Let `trails` see what runs in the block; modes that are entered there may stay on."""
    with watch_parameters(trails), watch_blocks(trails.blocks):
        trails.active = True
        trails.__enter__()  # type: ignore[no-untyped-call]
        try:
            yield
        finally:
            trails.active = False
            remove_mode(trails)
