"""Leave the caller's random numbers as they were."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


@contextmanager
def keep_random_state(device: torch.device) -> Iterator[None]:
    """Inside the block seeds may be set; torch's and NumPy's generators are then put back."""
    kind, of_numpy = device.type if device.type != "cpu" else "cuda", np.random.get_state()
    try:
        with torch.random.fork_rng(devices=_in_use(device), device_type=kind):
            yield
    finally:
        np.random.set_state(of_numpy)


def _in_use(device: torch.device) -> list[int]:
    if device.type == "mps":
        return [0]
    # A seed reaches every GPU, also when the work is done on the CPU.
    started: bool = torch.cuda.is_initialized()  # type: ignore[no-untyped-call]
    reached = device.type == "cuda" or started
    return list(range(torch.cuda.device_count())) if reached else []
