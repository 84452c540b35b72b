"""Wall time of work that a device may still be doing when Python has moved on."""

from __future__ import annotations

import time

import torch


def synchronize(device: torch.device) -> None:
    """Wait until the device has done all that was asked of it."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


class Stopwatch:
    """Adds up the seconds between start or resume and pause or stop."""

    def __init__(self, device: torch.device) -> None:
        self.device, self.total, self.since = device, 0.0, 0.0

    def start(self) -> None:
        self.total = 0.0
        self.resume()

    def resume(self) -> None:
        synchronize(self.device)
        self.since = time.perf_counter()

    def pause(self) -> None:
        synchronize(self.device)
        self.total += time.perf_counter() - self.since

    def stop(self) -> float:
        self.pause()
        return self.total
