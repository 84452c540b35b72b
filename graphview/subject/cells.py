"""A notebook's file -> its code cells, compiled and ready to run."""

from __future__ import annotations
import __future__

import ast
import io
import json
import tokenize
from inspect import CO_COROUTINE
from pathlib import Path
from types import CodeType
from typing import Any, NamedTuple

from graphview.errors import SubjectError
from graphview.subject.magics import plain
from graphview.subject.script import no_python

FORMAT = 4
FUTURES = sum(getattr(__future__, name).compiler_flag for name in __future__.all_feature_names)
# So that an await is found and told, rather than being a syntax error.
AWAIT = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
SILENT = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.ENDMARKER}


class Cell(NamedTuple):
    """A code cell: its statements, and its last expression where that is to be shown."""

    file: str
    source: str
    body: CodeType
    last: CodeType | None


def read_cells(path: Path) -> tuple[list[Cell], list[str]]:
    """The code cells, and sentences on what was left out of them.

    Errors: SubjectError for a file that is no notebook of Python, and for cells that are no Python.
    """
    cells, notes, flags = [], list[str](), 0
    for number, source in enumerate(_sources(path), 1):
        code, skipped = plain(source)
        cell, flags = _compiled(path.name, number, code, flags)
        cells.append(cell)
        notes += [f"Skipped `{line}` in cell {number}." for line in skipped]
    if not cells:
        raise SubjectError(f"{path.name} has no code cells, so there is nothing to run.")
    return cells, notes


def _sources(path: Path) -> list[str]:
    """The text of each code cell."""
    notebook = _parsed(path)
    language = _language(notebook.get("metadata"))
    if language.lower() not in ("python", "ipython"):
        raise SubjectError(f"{path.name} is a notebook of {language}, and graphview runs Python.")
    cells = notebook["cells"]
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise SubjectError(_no_notebook(path, "its cells are no list of objects"))
    return [_text(cell.get("source", "")) for cell in cells if cell.get("cell_type") == "code"]


def _parsed(path: Path) -> dict[str, Any]:
    try:
        notebook = json.loads(path.read_bytes())
    except OSError as error:
        raise SubjectError(f"{path} cannot be read: {error.strerror or error}.") from error
    except (ValueError, RecursionError) as error:
        raise SubjectError(_no_notebook(path, f"it is not JSON ({error})")) from error
    if not isinstance(notebook, dict):
        raise SubjectError(_no_notebook(path, "it is no object of JSON"))
    if "cells" not in notebook or notebook.get("nbformat") != FORMAT:
        found = notebook.get("nbformat", "unknown")
        raise SubjectError(
            f"{path.name} is a notebook of format {found}, and graphview reads format {FORMAT}; "
            "convert it with `jupyter nbconvert --to notebook`."
        )
    return notebook


def _no_notebook(path: Path, reason: str) -> str:
    return f"{path.name} is no notebook: {reason}."


def _language(metadata: Any) -> str:
    """The kernel's language; Python where the notebook does not say."""
    for part, key in (("kernelspec", "language"), ("language_info", "name")):
        entry = metadata.get(part) if isinstance(metadata, dict) else None
        if isinstance(entry, dict) and isinstance(entry.get(key), str):
            return str(entry[key])
    return "python"


def _text(source: Any) -> str:
    text = "".join(map(str, source)) if isinstance(source, list) else str(source)
    return text if text.endswith("\n") or not text else f"{text}\n"


def _compiled(notebook: str, number: int, source: str, flags: int) -> tuple[Cell, int]:
    """A cell, and the `__future__` flags that hold from there on."""
    file, name = f"{notebook}[{number}]", f"cell {number} of {notebook}"
    try:
        body, last = _code(file, source, flags)
    except SyntaxError as error:
        raise SubjectError(no_python(name, error)) from error
    except ValueError as error:
        raise SubjectError(f"{name} is no Python: {error}.") from error
    if any(code is not None and code.co_flags & CO_COROUTINE for code in (body, last)):
        raise SubjectError(
            f"{name} has an `await` outside of any function, which graphview does not run; "
            "put it into a function and call that with asyncio.run."
        )
    return Cell(file, source, body, last), flags | body.co_flags & FUTURES


def _code(file: str, source: str, flags: int) -> tuple[CodeType, CodeType | None]:
    tree = compile(source, file, "exec", flags | AWAIT | ast.PyCF_ONLY_AST, dont_inherit=True)
    end = tree.body[-1] if tree.body else None
    if not isinstance(end, ast.Expr) or _ends_with_semicolon(source):
        return compile(tree, file, "exec", flags | AWAIT, dont_inherit=True), None
    tree.body.pop()
    body = compile(tree, file, "exec", flags | AWAIT, dont_inherit=True)
    flags |= body.co_flags & FUTURES
    last = ast.Expression(end.value)
    return body, compile(last, file, "eval", flags | AWAIT, dont_inherit=True)


def _ends_with_semicolon(source: str) -> bool:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    told = [token.string for token in tokens if token.type not in SILENT]
    return bool(told) and told[-1] == ";"
