"""`--device`: what it names, and what is said where that is not there."""

from __future__ import annotations

import pytest
import torch

from graphview.errors import DeviceError
from graphview.observe.device import resolve_device


@pytest.mark.parametrize(
    ("cuda", "mps", "name", "device"),
    [
        (0, False, "auto", "cpu"),
        (0, False, "cpu", "cpu"),
        (0, False, "cpu:0", "cpu:0"),
        (2, False, "auto", "cuda:0"),
        (2, False, "cuda", "cuda"),
        (2, False, "cuda:1", "cuda:1"),
        (2, False, "cpu", "cpu"),
        (0, True, "auto", "mps"),
        (0, True, "mps", "mps"),
    ],
)
def test_a_device_is_found(
    monkeypatch: pytest.MonkeyPatch, cuda: int, mps: bool, name: str, device: str
) -> None:
    _pretend(monkeypatch, cuda, mps)
    assert resolve_device(name) == torch.device(device)


@pytest.mark.parametrize(
    ("cuda", "name", "said"),
    [
        (0, "cuda", "there is no device 'cuda' here; this machine has cpu."),
        (0, "mps", "there is no device 'mps' here; this machine has cpu."),
        (0, "cpu:1", "there is no device 'cpu:1' here; this machine has cpu."),
        (2, "cuda:2", "no device 'cuda:2' here; this machine has cpu, cuda:0, cuda:1."),
        (0, "gpu", "device 'gpu' is unknown; choose auto, cpu, cuda, cuda:N or mps."),
        (0, "", "device '' is unknown"),
        (0, "cuda:-1", "device 'cuda:-1' is unknown"),
        (0, "cuda:99999999999999999999", "is unknown"),
        (0, "meta", "device 'meta' cannot train the lesson; choose"),
        (0, "xla", "device 'xla' cannot train the lesson; choose"),
    ],
)
def test_a_device_that_is_not_there_is_named(
    monkeypatch: pytest.MonkeyPatch, cuda: int, name: str, said: str
) -> None:
    _pretend(monkeypatch, cuda, mps=False)
    with pytest.raises(DeviceError) as refused:
        resolve_device(name)
    assert said in str(refused.value)


def _pretend(monkeypatch: pytest.MonkeyPatch, cuda: int, mps: bool) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
