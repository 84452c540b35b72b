"""Running a step's code as a notebook runs a cell: shared variables, output kept, errors kept."""

from __future__ import annotations

import ast
import io
import linecache
import traceback
import warnings
from contextlib import redirect_stdout
from dataclasses import dataclass
from types import CodeType
from typing import Any, TextIO

from graphview.model.step import Failure

LONGEST_OUTPUT, LONGEST_WARNING = 20_000, 160


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a cell printed, warnings and its last expression included, and its error."""

    output: str
    failure: Failure | None = None


def run_cell(file: str, source: str, variables: dict[str, Any]) -> Outcome:
    """Run `source` with and on `variables`; `file` is what tracebacks and graphs call it."""
    # Tracebacks and graph sources read the lines from here; without a time they are never dropped.
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    body, last = _compiled(file, source)
    output = io.StringIO()
    with redirect_stdout(output), warnings.catch_warnings():
        warnings.simplefilter("default")
        warnings.showwarning = _Warnings().show
        failure = _run(file, body, last, variables)
    return Outcome(output.getvalue()[:LONGEST_OUTPUT].rstrip("\n"), failure)


def _compiled(file: str, source: str) -> tuple[CodeType, CodeType | None]:
    tree, last = ast.parse(source, file), None
    if tree.body and isinstance(tree.body[-1], ast.Expr) and not _is_print(tree.body[-1].value):
        last = compile(ast.Expression(tree.body.pop().value), file, "eval")  # type: ignore[attr-defined]
    return compile(tree, file, "exec"), last


def _is_print(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and ast.unparse(value.func) == "print"


def _run(
    file: str, body: CodeType, last: CodeType | None, variables: dict[str, Any]
) -> Failure | None:
    try:
        exec(body, variables)
        value = eval(last, variables) if last else None
        if value is not None:
            print(repr(value))
    except Exception as error:
        return _failure(file, error)
    return None


def _failure(file: str, error: Exception) -> Failure:
    """The error with its traceback from the cell's own frame on."""
    told = traceback.TracebackException.from_exception(error)
    own = [number for number, frame in enumerate(told.stack) if frame.filename == file]
    if not own:
        raise error
    told.stack = traceback.StackSummary.from_list(told.stack[own[0] :])
    line = told.stack[own[-1] - own[0]].lineno or 0
    return Failure(type(error).__name__, str(error), line, "".join(told.format()).rstrip("\n"))


class _Warnings:
    """Prints each warning once, as far as its whole sentences are short enough to read."""

    def __init__(self) -> None:
        self.seen: set[str] = set()

    def show(
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        text = _opening(str(message))
        if text not in self.seen:
            self.seen.add(text)
            print(f"{filename}:{lineno}: {category.__name__}: {text}")


def _opening(text: str) -> str:
    first, *rest = text.splitlines()[0].split(". ") if text else [""]
    for sentence in rest:
        if len(first) + len(sentence) > LONGEST_WARNING:
            break
        first = f"{first}. {sentence}"
    return first
