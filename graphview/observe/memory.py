"""Peak memory of a run: the device's on CUDA, the process's elsewhere."""

from __future__ import annotations

import sys
from types import TracebackType

import torch


class Peak:
    """On leaving the block, `bytes` is the peak and `of` says whose memory that is.

    On CUDA it is that of tensors inside the block; elsewhere only the whole process's peak since
    its start is known; on Windows nothing is.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.bytes: int | None = None
        self.of: str | None = None

    def __enter__(self) -> Peak:
        if self.device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(self.device)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.bytes, self.of = peak_so_far(self.device)


def peak_so_far(device: torch.device) -> tuple[int | None, str | None]:
    """The peak in bytes since its count began, and whose memory that is."""
    if device.type == "cuda":
        return int(torch.cuda.max_memory_allocated(device)), "tensors on the device"
    peak = process_peak()
    return peak, None if peak is None else "whole process"


def process_peak() -> int | None:
    """The largest resident set of this process so far, in bytes; None where nobody counts it."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux counts kibibytes, macOS bytes.
    return peak if sys.platform == "darwin" else peak * 1024
