"""The examples that test_example_reports.py does not record, and the README's Python."""

from __future__ import annotations

import json
import os
import re
import runpy
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).parent.parent
# These only define what `graphview render FILE:NAME` calls, and print nothing.
FUNCTIONS = ("gpt.py", "model.py")
# Runs the cells in IPython as Jupyter would, and stops at the first that fails.
CELLS = """
import json, sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
for source in json.loads(sys.argv[1]):
    shell.run_cell(source).raise_error()
"""


def run(code: list[str], folder: Path, more: Mapping[str, str] | None = None) -> str:
    environment = os.environ | {"PYTHONWARNINGS": "error", "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, *code],
        cwd=folder,
        env=environment | dict(more or {}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return done.stdout


@pytest.mark.parametrize("example", FUNCTIONS)
def test_example_of_functions_does_nothing_by_itself(
    example: str, here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    runpy.run_path(str(ROOT / "examples" / example), run_name="__main__")
    assert capfd.readouterr() == ("", "")
    assert not any(here.iterdir())


def test_example_gpt_has_the_size_that_is_asked_for() -> None:
    gpt = runpy.run_path(str(ROOT / "examples" / "gpt.py"))["GPT"]
    sizes = {"width": 32, "heads": 2, "vocabulary": 50, "length": 8}
    one, three = (gpt(layers=layers, **sizes) for layers in (1, 3))
    assert (len(one.blocks), len(three.blocks)) == (1, 3)
    assert one(torch.zeros(2, 5, dtype=torch.long)).shape == (2, 5, 50)


def test_notebook_runs_in_ipython(tmp_path: Path) -> None:
    notebook = json.loads((ROOT / "examples" / "notebook.ipynb").read_text(encoding="utf-8"))
    cells = ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    environment = {"IPYTHONDIR": str(tmp_path / "ipython"), "PATH": path}
    printed = run(["-c", CELLS, json.dumps(cells)], tmp_path, environment)
    assert re.search(r"^Python 3\.", printed, flags=re.MULTILINE)
    assert "Wall time" in printed
    assert re.search(r"^y = \d\.\d\d \+ \d\.\d\d x$", printed, flags=re.MULTILINE)


def test_own_model_names_the_line_of_each_operation(tmp_path: Path) -> None:
    printed = run([str(ROOT / "examples" / "own_model.py")], tmp_path)
    assert "<Graph of loss: 8 operations, 4 leaves>" in printed
    line = r"MeanBackward0 +mean +line 14: \(\(prediction - y\) \*\* 2\)\.mean\(\)"
    assert re.search(line, printed)
    assert "leaves: 2.bias, 0.bias, 0.weight, 2.weight" in printed
    assert not any(tmp_path.iterdir())


def test_readme_python_says_what_it_prints(tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    printed = run(["-c", code], tmp_path).splitlines()
    promised = re.findall(r"print\(graph\)  # (.*)", code)
    assert printed[0] == promised[0]
    assert printed[1:] == [
        "PowBackward0 pow.Tensor_Scalar (3,) float32 cpu",
        "SumBackward0 sum () float32 cpu",
    ]
