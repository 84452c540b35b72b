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


IN_A_THREAD = """
import threading, torch, graphview

def made(nodes):
    y = torch.ones(1, requires_grad=True)
    for _ in range(nodes):
        y = y * 2
    return y

def captured(nodes):
    y = made(nodes)
    try:
        print(len(graphview.capture({"y": y}).nodes))
    except graphview.GraphviewError as error:
        print(error)
    del y

def wide():
    parts = [torch.ones(1, requires_grad=True) * 2 for _ in range(30_000)]
    print(len(graphview.capture({"sum": torch.cat(parts).sum()}).nodes))

for work in (lambda: captured(60_000), lambda: captured(20_000), wide):
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
print("alive")
"""


def test_what_a_threads_stack_has_no_room_to_free_is_refused_there() -> None:
    done = subprocess.run([sys.executable, "-c", IN_A_THREAD], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    refused, *others = done.stdout.splitlines()
    assert refused.startswith("the graph is more than 26,214 operations deep, which this thread's")
    assert others == ["20001", "60002", "alive"]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a stack cannot grow so far")
def test_a_chain_of_150_000_operations_is_captured_and_freed() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True)
    assert (done.returncode, done.stdout.split()) == (0, ["150001", "alive"])
