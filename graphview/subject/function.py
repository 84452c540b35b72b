"""Importing a function, calling it, and capturing the graphs of what it returns."""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from graphview.autograd import watch_nodes
from graphview.autograd.tensors import forbidden, node_of
from graphview.check.reasons import hint_of, told_of
from graphview.errors import SubjectError
from graphview.model.journal import Ending
from graphview.observe.anomaly import OWN_ANOMALY
from graphview.observe.cuts import watch_cuts
from graphview.observe.gaps import gap_of_root
from graphview.observe.leaves import Leaves
from graphview.observe.trails import Trails
from graphview.subject.ending import run_to_end
from graphview.subject.find import Subject
from graphview.subject.overhear import Overhear
from graphview.subject.returned import named_tensors, written_names
from graphview.subject.script import compiled, no_python
from graphview.subject.stage import stage

REMEDY = "give a function that takes nothing and returns tensors"


@dataclass(slots=True)
class Called:
    """A function that has been called. `tensors` are those of its result that have a graph."""

    name: str
    ending: Ending
    tensors: dict[str, torch.Tensor] = field(default_factory=dict)
    overheard: Overhear = field(default_factory=Overhear)
    trails: Trails = field(default_factory=lambda: Trails(Leaves()))
    around: list[Mapping[str, Any]] = field(default_factory=list)

    def scopes(self) -> Iterator[Mapping[str, Any]]:
        """Variables by name, the nearest first."""
        return self.overheard.scopes(self.around)


def call(subject: Subject, device: torch.device | None, *, sources: bool = True) -> Called:
    """Import and call the function; new tensors are made on `device` where there is one.

    Errors: SubjectError for what is no function that can be called so, or returns no graph. What
    it raises itself is its ending.
    """
    folder = subject.path.resolve().parent if subject.path else Path.cwd()
    own = str(subject.path.absolute()) if subject.path else ""
    with stage([subject.text], folder, None), device or nullcontext(), _known_by_name(own):
        found = list[ModuleType | SubjectError]()
        ending = run_to_end(lambda: found.append(_imported(subject)), own)
        if ending.kind != "finished":
            return Called(subject.name, ending)
        function = _checked(_attribute(found[0], subject), subject.name)
        called = Called(getattr(function, "__name__", subject.name), ending)
        results = list[Any]()
        with ExitStack() as watching:
            for each in _watches(called, sources):
                watching.enter_context(each)
            called.ending = run_to_end(lambda: results.append(_result_of(function)), own)
    if called.ending.kind == "finished":
        called.tensors = _with_graph(results[0], function, subject.name, called.trails)
        called.around = list(_around(function))
    return called


@contextmanager
def _known_by_name(file: str) -> Iterator[None]:
    """Take the module of a file out of `sys.modules` again, where another may have its name."""
    before = set(sys.modules)
    try:
        yield
    finally:
        for name in set(sys.modules) - before:
            if file and getattr(sys.modules[name], "__file__", None) == file:
                del sys.modules[name]


def _watches(called: Called, sources: bool) -> list[AbstractContextManager[Any]]:
    # Last the one that wants to be called by the user's code itself.
    anomaly = OWN_ANOMALY
    stamps = [anomaly.watching(), anomaly.stamping(), watch_nodes()] if sources else []
    return [called.overheard, *stamps, watch_cuts(called.trails)]


def _result_of(function: Callable[[], Any]) -> Any:
    with OWN_ANOMALY.unseen():
        return function()


def _imported(subject: Subject) -> ModuleType | SubjectError:
    """The module; a SubjectError where it is the module itself that is missing or no Python."""
    try:
        if subject.path is not None:
            return _module_of_file(subject.path)
        return importlib.import_module(subject.module or "")
    except SubjectError as error:
        return error
    except SyntaxError as error:
        return SubjectError(no_python(Path(error.filename or subject.name).name, error))
    except ModuleNotFoundError as error:
        if error.name is None or not f"{subject.module}.".startswith(f"{error.name}."):
            raise
        return SubjectError(
            f"there is no module {error.name} here; give package.module:name as python would "
            "import it from this folder, or file.py:name."
        )


def _module_of_file(path: Path) -> ModuleType:
    file = str(path.absolute())
    code = compiled(path, file)
    name = path.stem if path.stem not in sys.modules else f"{path.stem} of {path.parent.name}"
    module = ModuleType(name)
    module.__file__ = file
    # Dataclasses and pickle look their module up.
    sys.modules[name] = module
    exec(code, vars(module))
    return module


def _attribute(module: ModuleType | SubjectError, subject: Subject) -> Any:
    if isinstance(module, SubjectError):
        raise module
    value: Any = module
    for part in (subject.attribute or "").split("."):
        try:
            value = getattr(value, part)
        except AttributeError:
            where = subject.path.name if subject.path else subject.module
            raise SubjectError(f"there is no {subject.attribute} in {where}.") from None
    return value


def _checked(value: Any, name: str) -> Callable[[], Any]:
    is_class = isinstance(value, type)
    if isinstance(value, torch.nn.Module) or (is_class and issubclass(value, torch.nn.Module)):
        raise SubjectError(
            f"{name} is a module; give a function that calls it and returns the result."
        )
    if not callable(value):
        kind = type(value).__name__
        raise SubjectError(f"{name} is of type {kind}, which cannot be called; {REMEDY}.")
    if is_class:
        raise SubjectError(f"{name} is a class; {REMEDY}.")
    if inspect.iscoroutinefunction(value) or inspect.isasyncgenfunction(value):
        raise SubjectError(
            f"{name} is async; give a function that runs it with asyncio.run and returns the "
            "result."
        )
    needed = _needed(value)
    if needed:
        raise SubjectError(f"{name} needs {' and '.join(needed)}; {REMEDY}.")
    function: Callable[[], Any] = value
    return function


def _needed(function: Callable[..., Any]) -> list[str]:
    """The arguments without which it cannot be called."""
    try:
        parameters = _signature(function).parameters.values()
    except (ValueError, TypeError, NameError):
        # Written in C, and says nothing of itself, or says it in names that there are none of.
        return []
    return [
        each.name
        for each in parameters
        if each.default is each.empty and each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)
    ]


def _signature(function: Callable[..., Any]) -> inspect.Signature:
    if sys.version_info >= (3, 14):
        import annotationlib

        # Annotations are evaluated when they are asked for, and may name what is not there.
        return inspect.signature(function, annotation_format=annotationlib.Format.STRING)
    return inspect.signature(function)


def _with_graph(
    result: Any, function: Callable[..., Any], name: str, trails: Trails
) -> dict[str, torch.Tensor]:
    short = getattr(function, "__name__", name)
    named = named_tensors(result, short, written_names(function))
    # What torch forbids to use is kept too: capturing it gives torch's words.
    kept = {key: each for key, each in named.items() if node_of(each) or forbidden(each)}
    if kept:
        return kept
    if inspect.iscoroutine(result):
        result.close()
    if not named:
        kind = type(result).__name__
        raise SubjectError(f"{name} returned {_article(kind)}, in which there is no tensor.")
    raise SubjectError(
        f"nothing that {name} returned has an autograd graph{_why_none(named, trails)}"
    )


def _why_none(tensors: Mapping[str, torch.Tensor], trails: Trails) -> str:
    """How the sentence ends: with the line that cut, where that was seen."""
    for name, tensor in tensors.items():
        gap = gap_of_root(name, tensor, trails)
        if gap.by is not None:
            return f": {told_of(gap)}. {hint_of(gap)}"
    return (
        "; compute it from a tensor with requires_grad=True, outside torch.no_grad() and without "
        ".detach()."
    )


def _article(kind: str) -> str:
    if kind == "NoneType":
        return "None"
    return f"an {kind}" if kind[0].lower() in "aeiou" else f"a {kind}"


def _around(function: Callable[..., Any]) -> Iterator[Mapping[str, Any]]:
    """The variables that a function takes from around it: of its closure, of its module."""
    while isinstance(function, partial):
        function = function.func
    inner: Any = inspect.unwrap(function)
    inner = getattr(inner, "__func__", inner)
    if inspect.isfunction(inner):
        scope = inspect.getclosurevars(inner)
        yield scope.nonlocals
        yield inner.__globals__
