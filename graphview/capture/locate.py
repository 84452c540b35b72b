"""A stamp -> `Source`: file, line, exact expression, and the variable it was assigned to."""

from __future__ import annotations

import ast
import itertools
import linecache
import sys
from functools import cache
from pathlib import Path
from types import CodeType
from typing import NamedTuple

from graphview.model.graph import Source

LONGEST_EXPRESSION = 2_000


class Span(NamedTuple):
    """Lines from 1; columns in UTF-8 bytes, as the interpreter counts them."""

    line: int
    end_line: int
    column: int
    end_column: int


def locate(code: CodeType, lasti: int, line: int) -> Source:
    """Read the exact sub-expression from the code object's positions (PEP 657)."""
    span = _span(code, lasti)
    lines = linecache.getlines(code.co_filename)
    if span is None or span.end_line > len(lines):
        return _source(code, Span(line, line, -1, -1), None)
    return _source(code, span, _cut(lines, span))


def _source(code: CodeType, span: Span, expression: str | None) -> Source:
    known = expression is not None
    return Source(
        file=short_path(code.co_filename),
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


@cache
def _targets(filename: str) -> dict[Span, str]:
    """For each assigned expression of a file, the name that it is assigned to."""
    try:
        tree = ast.parse("".join(linecache.getlines(filename)))
    except SyntaxError:
        # A notebook cell with magics, or a template that isn't Python as it stands.
        return {}
    return dict(_assignments(tree))


def _assignments(tree: ast.AST) -> list[tuple[Span, str]]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and not isinstance(node.targets[0], ast.Tuple | ast.List):
            found.append((_span_of(node.value), ast.unparse(node.targets[0])))
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value is not None:
            found.append((_span_of(node.value), ast.unparse(node.target)))
        elif isinstance(node, ast.AugAssign):
            found.append((_span_of(node), ast.unparse(node.target)))
    return found


def _span_of(node: ast.stmt | ast.expr) -> Span:
    end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or node.col_offset
    return Span(node.lineno, end_line, node.col_offset, end_column)


@cache
def short_path(filename: str) -> str:
    """The path as a person would write it: from the working directory, or from `sys.path`.

    A path of the machine would make recordings differ between machines.
    """
    path = Path(filename)
    for folder in ("", *sorted(sys.path, key=len, reverse=True)):
        base = Path(folder or ".").resolve()
        if path.is_absolute() and path.is_relative_to(base) and base != Path(base.anchor):
            return path.relative_to(base).as_posix()
    return filename
