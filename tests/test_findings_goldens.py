"""Findings made by hand, in every format, as they were once read and found good.

After an intended change: GRAPHVIEW_UPDATE_GOLDENS=1 pytest tests/test_findings_goldens.py, then
read the difference in tests/data/findings.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from findings import CHECKED, FOLDER, GOLDENS, golden, written

UPDATE = bool(os.environ.get("GRAPHVIEW_UPDATE_GOLDENS"))
SEEDED = """
import sys
from findings import GOLDENS, written
for each in GOLDENS:
    sys.stdout.buffer.write(written(*each).encode())
"""


@pytest.mark.parametrize(("name", "format"), GOLDENS)
def test_reads_as_it_did(name: str, format: str) -> None:
    text = written(name, format)
    if UPDATE:
        golden(name, format).write_bytes(text.encode())
    assert text.encode() == golden(name, format).read_bytes()


def test_no_golden_is_left_over() -> None:
    assert {path.name for path in FOLDER.glob("*.txt")} == {golden(*each).name for each in GOLDENS}


def test_the_same_bytes_whatever_the_hashes_are() -> None:
    expected = "".join(written(*each) for each in GOLDENS).encode()
    for seed in ("1", "2"):
        environment = {
            **os.environ,
            "PYTHONHASHSEED": seed,
            "PYTHONPATH": os.pathsep.join(sys.path),
        }
        done = subprocess.run(
            [sys.executable, "-c", SEEDED], capture_output=True, env=environment, check=True
        )
        assert done.stdout == expected


def test_there_is_a_golden_of_each_kind() -> None:
    assert set(CHECKED) == {"nothing", "everything", "several", "hostile", "nowhere"}
