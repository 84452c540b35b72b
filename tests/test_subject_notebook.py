"""A notebook's code cells run as Jupyter runs them; what cannot be run here is named."""

from __future__ import annotations

import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any

import pytest

from graphview.errors import SubjectError
from graphview.subject.ending import Ran
from graphview.subject.magics import plain
from graphview.subject.notebook import run_notebook

# Each test in an empty working directory.
pytestmark = pytest.mark.usefixtures("here")


def written(*cells: str | list[str] | dict[str, Any], **others: Any) -> Path:
    plain_cells = [
        each
        if isinstance(each, dict)
        else {"cell_type": "code", "metadata": {}, "outputs": [], "source": each}
        for each in cells
    ]
    path = Path("lesson.ipynb")
    path.write_text(json.dumps({"nbformat": 4, "metadata": {}, "cells": plain_cells} | others))
    return path


def ran(*cells: str | list[str] | dict[str, Any]) -> Ran:
    return run_notebook(written(*cells), [])


def test_cells_share_one_main(capsys: pytest.CaptureFixture[str]) -> None:
    left = ran(
        ["import sys\n", "a = 1"],
        {"cell_type": "markdown", "source": "# no code: ("},
        "",
        "a += 1\nclass Net: pass\nmain = sys.modules['__main__'].a, Net.__module__",
    )
    assert left.ending.kind == "finished"
    assert (left.variables["a"], left.variables["main"]) == (2, (2, "__main__"))
    assert "__file__" not in left.variables
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("'text'", "'text'\n"),
        ("1 + 1  # two", "2\n"),
        ("1 + 1;  # two", ""),
        ("None", ""),
        ("x = 3", ""),
        ("1\n2", "2\n"),
        ("print('a')", "a\n"),
        ("for i in range(2):\n    i", ""),
        ("display('a', 2)", "'a'\n2\n"),
        ("';'", "';'\n"),
    ],
)
def test_the_last_expression_is_shown(
    capsys: pytest.CaptureFixture[str], cell: str, shown: str
) -> None:
    assert ran(cell).ending.kind == "finished"
    assert capsys.readouterr().out == shown


def test_a_notebook_runs_in_its_own_folder(here: Path) -> None:
    folder = here / "notebooks"
    folder.mkdir()
    (folder / "helper.py").write_text("value = 5\n")
    written("import os, helper\nfolder = os.getcwd()").rename(folder / "lesson.ipynb")
    left = run_notebook(Path("notebooks/lesson.ipynb"), [])
    assert left.ending.kind == "finished"
    assert Path(left.variables["folder"]) == folder
    assert Path.cwd() == here
    del sys.modules["helper"]


def test_an_exception_shows_the_cells_text(capsys: pytest.CaptureFixture[str]) -> None:
    failure = ran("def f(x):\n    return 1 / x", "", "f(1)\nf(0)").ending.failure
    assert failure is not None
    assert (failure.type, failure.line) == ("ZeroDivisionError", 2)
    lines = [line for line in failure.traceback.splitlines() if "^" not in line and "~" not in line]
    assert lines == [
        "Traceback (most recent call last):",
        '  File "lesson.ipynb[3]", line 2, in <module>',
        "    f(0)",
        '  File "lesson.ipynb[1]", line 2, in f',
        "    return 1 / x",
        "ZeroDivisionError: division by zero",
    ]
    assert capsys.readouterr().err.rstrip("\n") == failure.traceback


def test_a_future_holds_in_the_cells_behind_it() -> None:
    left = ran("from __future__ import annotations", "def f(x: unknown) -> None: ...")
    assert left.ending.kind == "finished"
    assert left.variables["f"].__annotations__["x"] == "unknown"
    assert ran("def f(x: unknown) -> None: ...").ending.kind == "raised"


def test_plots_stay_off_the_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    cell = "import os, warnings\nbackend = os.environ.get('MPLBACKEND')"
    monkeypatch.setenv("MPLBACKEND", "qtagg")
    monkeypatch.delitem(sys.modules, "matplotlib", raising=False)
    assert ran(cell).variables["backend"] == "Agg"
    assert os.environ["MPLBACKEND"] == "qtagg"
    monkeypatch.delenv("MPLBACKEND")
    warn = "\nwarnings.warn('FigureCanvasAgg is non-interactive, and thus cannot be shown')"
    assert ran(cell + warn).ending.kind == "finished"
    assert "MPLBACKEND" not in os.environ
    # Whoever has matplotlib already has chosen.
    monkeypatch.setitem(sys.modules, "matplotlib", traceback)
    assert ran(cell).variables["backend"] is None


def test_what_cannot_be_run_is_skipped_and_named() -> None:
    left = ran(
        "%matplotlib inline\n!pip install \\\n  torch\nx = 1\nx?",
        "%%bash\nrm -rf /",
        "if x:\n    %load_ext graphview\nfiles = !ls\ny = x % 2",
        "%%time\n%config a.b = 'c'\nz = y + 1",
    )
    assert left.ending.kind == "finished"
    assert (left.variables["y"], left.variables["z"]) == (1, 2)
    assert "files" not in left.variables
    assert left.notes == (
        "Skipped `%matplotlib inline` in cell 1.",
        "Skipped `!pip install \\ torch` in cell 1.",
        "Skipped `x?` in cell 1.",
        "Skipped `%%bash` in cell 2.",
        "Skipped `%load_ext graphview` in cell 3.",
        "Skipped `files = !ls` in cell 3.",
        "Skipped `%config a.b = 'c'` in cell 4.",
    )


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("%time f(x)", "f(x)"),
        ("for i in y:\n    %timeit -n 10 -r3 f(x)", "for i in y:\n    f(x)"),
        ("%timeit -x.sum()", "-x.sum()"),
        ("%%timeit -n 3\nf(x)\n", "# %%timeit -n 3\nf(x)\n"),
        ("%%graphview loss\nf(x)", "# %%graphview loss\nf(x)"),
        ("\n%%capture out\nf(x)", "# %%capture out\n\nf(x)"),
    ],
)
def test_what_is_timed_runs_once(cell: str, code: str) -> None:
    assert plain(cell) == (code, ())


@pytest.mark.parametrize(
    "cell",
    [
        "y = (x\n  % z)",
        "y = x \\\n  % z",
        's = """\n%matplotlib inline\n!ls\nwhat?\n"""',
        "s = '''a\"\n%b'''  # it's\ny = 1",
        "d = {\n  'a': '%d',\n  # (\n}\n",
        "a['k'] = '%s' % x",
        "a['=!k'] = b['=%s'] != 3",
        "f(a='!', b='?')",
        "s = 'it\\'s'\n",
        "x = y if z else w  # really?",
        "assert a != b\n",
    ],
)
def test_python_is_left_alone(cell: str) -> None:
    assert plain(cell) == (cell, ())


def test_lines_stay_where_they_are() -> None:
    cell = "\n!ls \\\n  -l\nif 1:\n    %pdb\n  \n    x?\na = 1"
    code, skipped = plain(cell)
    assert code.split("\n")[-1] == "a = 1"
    assert code.count("\n") == cell.count("\n")
    assert skipped == ("!ls \\ -l", "%pdb", "x?")
    compile(code, "cell", "exec")


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("await f()", "cell 1 of lesson.ipynb has an `await` outside of any function"),
        ("x = 1\nasync with f: pass", "cell 1 of lesson.ipynb has an `await` outside"),
        ("x = 1\nx = (", "cell 1 of lesson.ipynb line 2 is no Python: '(' was never closed."),
        ("x = 1\x00", "cell 1 of lesson.ipynb is no Python: source code string cannot contain"),
    ],
)
def test_a_cell_that_is_no_python_is_said_before_anything_runs(cell: str, said: str) -> None:
    with pytest.raises(SubjectError) as caught:
        ran(cell, "open('ran', 'w')")
    assert str(caught.value).startswith(said)
    assert not Path("ran").exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "lesson.ipynb is no notebook: it is not JSON ("),
        ("[]", "lesson.ipynb is no notebook: it is no object of JSON."),
        ("[" * 100_000, "lesson.ipynb is no notebook: it is not JSON ("),
        (
            '{"nbformat": 3, "worksheets": []}',
            "lesson.ipynb is a notebook of format 3, and graphview reads format 4; convert it",
        ),
        ("{}", "lesson.ipynb is a notebook of format unknown, and graphview reads format 4;"),
        (
            '{"nbformat": 4, "cells": [{"cell_type": "markdown", "source": "x"}]}',
            "lesson.ipynb has no code cells, so there is nothing to run.",
        ),
        ('{"nbformat": 4, "cells": 3}', "lesson.ipynb is no notebook: its cells are no list"),
        (
            '{"nbformat": 4, "cells": [], "metadata": {"kernelspec": {"language": "R"}}}',
            "lesson.ipynb is a notebook of R, and graphview runs Python.",
        ),
        (
            '{"nbformat": 4, "cells": [], "metadata": {"language_info": {"name": "julia"}}}',
            "lesson.ipynb is a notebook of julia, and graphview runs Python.",
        ),
    ],
)
def test_what_is_no_notebook_of_python_is_said(content: str, said: str) -> None:
    Path("lesson.ipynb").write_text(content)
    with pytest.raises(SubjectError) as caught:
        run_notebook(Path("lesson.ipynb"), [])
    assert str(caught.value).startswith(said)
