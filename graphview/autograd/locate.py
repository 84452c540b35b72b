"""A stamp -> `Source`: file, line, exact expression, and the variable it was assigned to."""

from __future__ import annotations

import ast
import itertools
import linecache
import os
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import CodeType
from typing import NamedTuple

from graphview.model.graph import Source

LONGEST_EXPRESSION = 2_000
SEQUENCE = ast.Tuple | ast.List
# What IPython calls a cell in its tracebacks.
CELL = re.compile(r"In\[(\d+)\]|<ipython-input-(\d+)-\w+>")
# The lesson is called graphview/lesson/... wherever it is run from and however it was installed.
OWN_HOME = str(Path(__file__).parents[2])

_read: dict[str, tuple[list[str], dict[Span, str]]] = {}
# The files that were told of, by the path that was told.
_files: dict[str, str] = {}


class Span(NamedTuple):
    """Lines from 1; columns in UTF-8 bytes, as the interpreter counts them."""

    line: int
    end_line: int
    column: int
    end_column: int


def locate(code: CodeType, lasti: int, line: int) -> Source:
    """Read the exact sub-expression from the code object's positions (PEP 657)."""
    span = _span(code, lasti)
    # The file may have been edited and run again in this process.
    linecache.checkcache(code.co_filename)
    lines = linecache.getlines(code.co_filename)
    if span is None or span.end_line > len(lines):
        return _source(code, Span(line, line, -1, -1), None)
    return _source(code, span, _cut(lines, span))


def assigned_to(code: CodeType, lasti: int) -> str | None:
    """What the statement around an expression assigns to: `total` of `total += f(x).item()`."""
    span = _span(code, lasti)
    if span is None:
        return None
    around = [
        (whole, name)
        for whole, name in _targets(code.co_filename).items()
        if (whole.line, whole.column) <= (span.line, span.column)
        and (whole.end_line, whole.end_column) >= (span.end_line, span.end_column)
    ]
    # The innermost one starts last.
    return max(around, key=lambda pair: (pair[0].line, pair[0].column))[1] if around else None


def lines_of(file: str) -> list[str]:
    """The lines of a file as a `Source` names it, without their ends; none where it is gone."""
    return [line.rstrip("\r\n") for line in linecache.getlines(_files.get(file, file))]


def _source(code: CodeType, span: Span, expression: str | None) -> Source:
    known, file = expression is not None, short_path(code.co_filename)
    _files[file] = code.co_filename
    return Source(
        file=file,
        line=span.line,
        end_line=span.end_line,
        column=_characters(code, span.line, span.column) if known else None,
        end_column=_characters(code, span.end_line, span.end_column) if known else None,
        function=code.co_name,
        expression=expression,
        variable=_targets(code.co_filename).get(span),
    )


def _span(code: CodeType, lasti: int) -> Span | None:
    line, end_line, column, end_column = next(
        itertools.islice(code.co_positions(), lasti // 2, None), (None,) * 4
    )
    if line is None or end_line is None or column is None or end_column is None:
        # Run with -X no_debug_ranges, or code made without positions.
        return None
    return Span(line, end_line, column, end_column)


def _cut(lines: list[str], span: Span) -> str:
    chosen = [text.encode() for text in lines[span.line - 1 : span.end_line]]
    chosen[-1] = chosen[-1][: span.end_column]
    chosen[0] = chosen[0][span.column :]
    return b"".join(chosen).decode(errors="replace")[:LONGEST_EXPRESSION]


def _characters(code: CodeType, line: int, offset: int) -> int:
    text = linecache.getline(code.co_filename, line).encode()
    return len(text[:offset].decode(errors="replace"))


def _targets(filename: str) -> dict[Span, str]:
    """For each assigned expression of a file, the name that it is assigned to."""
    lines = linecache.getlines(filename)
    known = _read.get(filename)
    if known is None or known[0] is not lines:
        known = _read[filename] = lines, _parse("".join(lines))
    return known[1]


def _parse(text: str) -> dict[Span, str]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        # A notebook cell with magics, or a template that isn't Python as it stands.
        return {}
    return {_span_of(value): _written(target) for target, value in _assignments(tree)}


def _assignments(tree: ast.AST) -> Iterator[tuple[ast.expr, ast.expr | ast.stmt]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            yield from _paired(node.targets[0], node.value)
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value is not None:
            yield node.target, node.value
        elif isinstance(node, ast.AugAssign):
            yield node.target, node


def _paired(target: ast.expr, value: ast.expr) -> Iterator[tuple[ast.expr, ast.expr]]:
    """`a, b = f(x), g(x)` is two assignments; `a, b = f(x)` is one, to both."""
    if isinstance(target, SEQUENCE) and isinstance(value, SEQUENCE):
        starred = any(isinstance(part, ast.Starred) for part in (*target.elts, *value.elts))
        if not starred and len(target.elts) == len(value.elts):
            for left, right in zip(target.elts, value.elts, strict=True):
                yield from _paired(left, right)
            return
    yield target, value


def _written(target: ast.expr) -> str:
    if isinstance(target, SEQUENCE):
        return ", ".join(ast.unparse(part) for part in target.elts)
    return ast.unparse(target)


def _span_of(node: ast.stmt | ast.expr) -> Span:
    end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or node.col_offset
    method = node.func if isinstance(node, ast.Call) else None
    if isinstance(method, ast.Attribute) and method.end_lineno != method.lineno:
        # The interpreter puts a method called over several lines where the method's name is.
        start = (method.end_col_offset or 0) - len(method.attr.encode())
        return Span(method.end_lineno or node.lineno, end_line, start, end_column)
    return Span(node.lineno, end_line, node.col_offset, end_column)


def short_path(filename: str) -> str:
    """The path as a person would write it: from the working directory, or from `sys.path`.

    A path of the machine would make recordings differ between machines. A notebook's cell has no
    path that a person knows: it is `cell 3`.
    """
    cell = _notebook_cell(filename)
    if cell is not None:
        return cell
    importable = tuple(folder for folder in sys.path if isinstance(folder, str))
    return _short_path(filename, _working_folder(), importable)


def _notebook_cell(filename: str) -> str | None:
    """`cell 3` for code that IPython compiled as its third input; None for any other."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    # Old versions of IPython have the number in the name itself.
    named = getattr(getattr(shell, "compile", None), "format_code_name", lambda name: None)
    found = CELL.fullmatch((named(filename) or ("", filename))[1])
    return None if found is None else f"cell {found[1] or found[2]}"


def _working_folder() -> str:
    try:
        return str(Path.cwd())
    except FileNotFoundError:
        # It has been deleted since.
        return os.sep


@cache
def _short_path(filename: str, working: str, importable: tuple[str, ...]) -> str:
    path = Path(filename)
    packages = [folder for folder in importable if folder.endswith("-packages")]
    for folder in (*packages, OWN_HOME, working, *sorted(importable, key=len, reverse=True)):
        base = Path(working, folder)
        for start in (base, base.resolve()):
            if path.is_absolute() and path.is_relative_to(start) and start != Path(start.anchor):
                return path.relative_to(start).as_posix()
    return filename
