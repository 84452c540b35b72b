"""`--device` -> a torch device that exists on this machine."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

import torch

from graphview.errors import DeviceError

CPUINFO = Path("/proc/cpuinfo")
CHOICES, WITH_META = "auto, cpu, cuda, cuda:N or mps", "auto, cpu, cuda, cuda:N, mps or meta"


def resolve_device(name: str, *, meta: bool = False) -> torch.device:
    """Find the device; `auto` takes CUDA, then Apple's GPU, then the CPU.

    `meta`, which has shapes and no numbers, is a choice only where it is said to be one. Errors:
    DeviceError with the devices that there are.
    """
    if meta and name == "meta":
        return torch.device(name)
    choices = WITH_META if meta else CHOICES
    if name == "auto":
        return torch.device(next(iter(_accelerators()), "cpu"))
    try:
        device = torch.device(name)
    except RuntimeError:
        raise DeviceError(f"device {name!r} is unknown; choose {choices}.") from None
    if device.type not in ("cpu", "cuda", "mps"):
        cannot = "is none to call a function on" if meta else "cannot train the lesson"
        raise DeviceError(f"device {name!r} {cannot}; choose {choices}.")
    if not _exists(device):
        raise DeviceError(f"there is no device {name!r} here; this machine has {_available()}.")
    return device


def _accelerators() -> list[str]:
    found = [f"cuda:{i}" for i in range(_cuda_count())]
    return found + (["mps"] if torch.backends.mps.is_available() else [])


def _cuda_count() -> int:
    return torch.cuda.device_count() if torch.cuda.is_available() else 0


def _exists(device: torch.device) -> bool:
    if device.type == "cuda":
        return (device.index or 0) < _cuda_count()
    if device.type == "mps":
        return (device.index or 0) == 0 and torch.backends.mps.is_available()
    return device.index in (None, 0)


def _available() -> str:
    return ", ".join(["cpu", *_accelerators()])


def device_name(device: torch.device) -> str:
    """What the maker calls it: `NVIDIA H200`; for a CPU the processor's name where it is known."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    if device.type == "meta":
        return "shapes without numbers"
    return processor_name()


def processor_name() -> str:
    """The processor's name from Linux or macOS, else its architecture."""
    if CPUINFO.is_file():
        for line in CPUINFO.read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return _apple_name() or platform.processor() or platform.machine()


def _apple_name() -> str:
    if sys.platform != "darwin":
        return ""
    command = ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip()
