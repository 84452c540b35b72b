"""Leave the caller's random numbers as they were."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def keep_random_state(device: torch.device) -> Iterator[None]:
    """Inside the block seeds may be set; afterwards torch's generators are back where they were."""
    if device.type == "cpu":
        with torch.random.fork_rng(devices=[]):
            yield
    else:
        index = device.index or 0
        with torch.random.fork_rng(devices=[index], device_type=device.type):
            yield
