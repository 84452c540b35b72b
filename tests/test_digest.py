"""A digest is equal for equal graphs, in every process, and differs when anything counts."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from models import SUBJECTS, leaf
from torch import Tensor

from graphview.autograd import capture, capture_live, watch_nodes
from graphview.model.digest import digest

PRINT = """
import torch
from models import SUBJECTS
from graphview.autograd import capture_live
from graphview.model.digest import digest
for name, make in SUBJECTS.items():
    subject = make()
    print(name, digest(capture_live(subject.target, params=subject.params).graph))
"""


def test_digests_are_equal_in_processes_with_different_hash_seeds(
    capsys: pytest.CaptureFixture[str],
) -> None:
    here = Path(__file__).parent
    paths = os.pathsep.join([str(here), str(here.parent)])
    # This process, whose seed is drawn by chance, is the other one.
    process = subprocess.Popen(
        [sys.executable, "-c", PRINT],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONHASHSEED": "4711", "PYTHONPATH": paths},
        text=True,
    )
    exec(PRINT, {})
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(SUBJECTS)
    assert process.communicate()[0].splitlines() == lines
    assert process.returncode == 0


# No scalar to start from, or gone through already.
NO_BACKWARD = {
    "nested", "jagged", "several roots", "meta", "after backward", "lists after backward", "chain",
}  # fmt: skip


@pytest.mark.parametrize("name", [name for name in SUBJECTS if name not in NO_BACKWARD])
def test_a_digest_is_the_same_before_and_after_backward(name: str) -> None:
    target, params = SUBJECTS[name]()
    before = digest(capture_live(target, params=params).graph)
    (target[-1] if isinstance(target, list) else target).backward()
    assert digest(capture_live(target, params=params).graph) == before


def test_a_digest_is_that_of_the_graph_not_of_the_objects() -> None:
    first, second = (SUBJECTS["transformer"]() for _ in range(2))
    digests = [digest(capture_live(s.target, params=s.params).graph) for s in (first, second)]
    assert digests[0] == digests[1]
    assert len(digests[0]) == 64


def test_a_digest_leaves_out_source_lines() -> None:
    with watch_nodes():
        watched = leaf(2).exp()
    plain = leaf(2).exp()
    assert digest(capture({"y": watched})) == digest(capture({"y": plain}))


BASE: Callable[[Tensor, Tensor], Tensor] = lambda x, w: F.softmax(x * w, dim=-1).sum()  # noqa: E731


def digest_of(
    build: Callable[[Tensor, Tensor], Tensor] = BASE,
    *,
    shape: tuple[int, ...] = (2, 3),
    dtype: torch.dtype = torch.float32,
    device: str = "cpu",
    names: tuple[str, str] = ("x", "w"),
    root: str = "loss",
    frozen: bool = False,
) -> str:
    x = torch.ones(shape, dtype=dtype, device=device, requires_grad=True)
    w = torch.ones(shape, dtype=dtype, device=device, requires_grad=not frozen)
    target = {root: build(x, w)}
    params = {names[0]: x, names[1]: w}
    return digest(capture_live(target, params=params).graph)


CHANGES: dict[str, Callable[[], str]] = {
    "an operation": lambda: digest_of(lambda x, w: F.softmax(x + w, dim=-1).sum()),
    "an attribute": lambda: digest_of(lambda x, w: F.softmax(x * w, dim=1).sum()),
    "an edge": lambda: digest_of(lambda x, _: F.softmax(x * x, dim=-1).sum()),
    "the order of edges": lambda: digest_of(lambda x, w: F.softmax(w * x, dim=-1).sum()),
    "an output's number": lambda: digest_of(lambda x, w: (x * w).unbind()[1].sum()),
    "a shape": lambda: digest_of(shape=(3, 2)),
    "a dtype": lambda: digest_of(dtype=torch.float64),
    "a device": lambda: digest_of(device="meta"),
    "a leaf's name": lambda: digest_of(names=("x", "weight")),
    "the root's name": lambda: digest_of(root="objective"),
    "a frozen parameter": lambda: digest_of(frozen=True),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_digest_differs_by(change: str) -> None:
    assert digest_of() == digest_of()
    assert CHANGES[change]() != digest_of()


def test_a_digest_differs_by_the_output_that_an_edge_takes() -> None:
    first = digest_of(lambda x, w: (x * w).unbind()[0].sum())
    second = digest_of(lambda x, w: (x * w).unbind()[1].sum())
    assert first != second
