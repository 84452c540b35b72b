"""Running a file as `python train.py ARGS` would."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Sequence
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

from graphview.errors import SubjectError
from graphview.subject.ending import Ran, run_to_end
from graphview.subject.stage import stage


def run_script(path: Path, arguments: Sequence[str]) -> Ran:
    """Run the file at `path` as `__main__`, with `arguments` behind its name in `sys.argv`.

    Errors: SubjectError, before anything has run, for a file that is no Python.
    """
    file = str(path.absolute())
    code = compiled(path, file)
    main = _main_module(file)
    with stage([str(path), *arguments], path.resolve().parent, main):
        ending = run_to_end(lambda: exec(code, vars(main)), own=file)
    return Ran(ending, vars(main))


def compiled(path: Path, file: str) -> CodeType:
    """The code of a file, which tracebacks call `file`. Errors: SubjectError: it is no Python."""
    try:
        # With the file's own __future__ imports, not with ours.
        return compile(path.read_bytes(), file, "exec", dont_inherit=True)
    except SyntaxError as error:
        raise SubjectError(no_python(path.name, error)) from error
    except ValueError as error:
        raise SubjectError(f"{path.name} is no Python: {error}.") from error
    except OSError as error:
        raise SubjectError(f"{path} cannot be read: {error.strerror or error}.") from error


def no_python(name: str, error: SyntaxError) -> str:
    """A sentence on what the compiler found."""
    where = f" line {error.lineno}" if error.lineno else ""
    return f"{name}{where} is no Python: {error.msg}."


def _main_module(file: str) -> ModuleType:
    main = ModuleType("__main__")
    loader = SourceFileLoader("__main__", file)
    vars(main).update(
        __file__=file, __builtins__=builtins, __spec__=None, __loader__=loader, __cached__=None
    )
    if sys.version_info < (3, 14):
        main.__annotations__ = {}
    return main
