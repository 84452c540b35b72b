"""A process outlives the freeing of a long graph that was captured."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import torch, graphview
y = torch.ones(1, requires_grad=True)
for _ in range(150_000):
    y = y * 2
print(len(graphview.capture({"y": y}).nodes))
del y
print("alive")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a stack cannot grow so far")
def test_a_chain_of_150_000_operations_is_captured_and_freed() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True)
    assert (done.returncode, done.stdout.split()) == (0, ["150001", "alive"])
