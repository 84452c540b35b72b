"""Every example, and the README's Python, run as they stand."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


def run(code: list[str], folder: Path) -> str:
    environment = os.environ | {"PYTHONWARNINGS": "error", "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, *code],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return done.stdout


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_example_runs(example: Path, tmp_path: Path) -> None:
    assert run([str(example)], tmp_path)


def test_own_model_names_the_line_of_each_operation(tmp_path: Path) -> None:
    printed = run([str(ROOT / "examples" / "own_model.py")], tmp_path)
    assert "<Graph of loss: 8 operations, 4 leaves>" in printed
    line = r"MeanBackward0 +mean +line 14: \(\(prediction - y\) \*\* 2\)\.mean\(\)"
    assert re.search(line, printed)
    assert "leaves: 2.bias, 0.bias, 0.weight, 2.weight" in printed


def test_readme_python_says_what_it_prints(tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    printed = run(["-c", code], tmp_path).splitlines()
    promised = re.findall(r"print\(graph\)  # (.*)", code)
    assert printed[0] == promised[0]
    assert printed[1:] == [
        "PowBackward0 pow.Tensor_Scalar (3) float32 cpu",
        "SumBackward0 sum scalar float32 cpu",
    ]
