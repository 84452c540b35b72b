"""Running the code cells of a notebook, one after the other, in one `__main__`."""

from __future__ import annotations

import builtins
import linecache
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from graphview.subject.cells import Cell, read_cells
from graphview.subject.ending import Ran, run_to_end
from graphview.subject.stage import stage

BACKEND = "MPLBACKEND"
NOT_SHOWN = "FigureCanvasAgg is non-interactive"


def run_notebook(path: Path, arguments: Sequence[str]) -> Ran:
    """Run the notebook's code cells as `__main__`, in the notebook's folder.

    Plots are kept off the screen. Errors: SubjectError, before anything has run, for a file that
    is no notebook of Python, and for cells that are no Python.
    """
    cells, notes = read_cells(path)
    main, folder = _main_module(), path.resolve().parent
    for cell in cells:
        # Tracebacks and graph sources read the lines from here; without a time they are kept.
        lines = cell.source.splitlines(keepends=True)
        linecache.cache[cell.file] = (len(cell.source), None, lines, cell.file)
    with stage([str(path), *arguments], folder, main), _plots_off_the_screen():
        os.chdir(folder)
        ending = run_to_end(lambda: _run(cells, vars(main)), own=f"{path.name}[")
    return Ran(ending, vars(main), tuple(notes))


def _run(cells: Sequence[Cell], variables: dict[str, Any]) -> None:
    for cell in cells:
        exec(cell.body, variables)
        if cell.last is not None:
            _display(eval(cell.last, variables))


def _display(*values: object, **options: object) -> None:
    for value in values:
        if value is not None:
            print(repr(value))


def _main_module() -> ModuleType:
    main = ModuleType("__main__")
    vars(main).update(__builtins__=builtins, __spec__=None, display=_display)
    return main


@contextmanager
def _plots_off_the_screen() -> Iterator[None]:
    if "matplotlib" in sys.modules:
        yield
        return
    before = os.environ.get(BACKEND)
    os.environ[BACKEND] = "Agg"
    try:
        with warnings.catch_warnings():
            # What `plt.show()` has to say of it.
            warnings.filterwarnings("ignore", message=NOT_SHOWN)
            yield
    finally:
        if before is None:
            os.environ.pop(BACKEND, None)
        else:
            os.environ[BACKEND] = before
