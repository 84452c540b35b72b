"""What a function returned -> its tensors by name."""

from __future__ import annotations

import ast
import dataclasses
import functools
import inspect
import textwrap
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch

# Deeper than any output of a model; something that holds itself has no end.
DEEPEST = 8
Written = str | list[str | None] | None
NESTED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


def named_tensors(result: object, name: str, written: Written) -> dict[str, torch.Tensor]:
    """The tensors in a tensor, mapping, tuple, list, dataclass or output of a model; each once.

    `name` is that of the function, for what has no other; `written` is what `written_names` found.
    """
    named: dict[str, torch.Tensor] = {}
    for path, tensor in _top(result, name, written):
        if any(tensor is known for known in named.values()):
            continue
        free = (path, *(f"{path} ({copy})" for copy in range(2, len(named) + 3)))
        named[next(each for each in free if each not in named)] = tensor
    return named


def _top(result: object, name: str, written: Written) -> Iterator[tuple[str, torch.Tensor]]:
    if isinstance(result, torch.Tensor):
        yield written if isinstance(written, str) else name, result
    elif type(result) in (tuple, list):
        values: Any = result
        names = written if isinstance(written, list) and len(written) == len(values) else []
        for position, value in enumerate(values):
            known = names[position] if names else None
            yield from _inside(value, known or f"{name}[{position}]", 1)
    elif _has_parts(result):
        yield from _inside(result, "", 0)
    else:
        for key, value in getattr(result, "__dict__", {}).items():
            if not key.startswith("_"):
                yield from _inside(value, key, 1)


def _inside(value: Any, path: str, depth: int) -> Iterator[tuple[str, torch.Tensor]]:
    if isinstance(value, torch.Tensor):
        yield path, value
    elif depth < DEEPEST and _has_parts(value):
        for key, part in _parts(value):
            yield from _inside(part, _joined(path, key), depth + 1)


def _has_parts(value: object) -> bool:
    return isinstance(value, Mapping | tuple | list) or _is_dataclass(value)


def _parts(value: Any) -> Iterator[tuple[object, object]]:
    """The parts by key, position, or `.field`."""
    if isinstance(value, Mapping):
        yield from value.items()
    elif hasattr(value, "_fields"):
        yield from ((f".{field}", getattr(value, field)) for field in value._fields)
    elif _is_dataclass(value):
        for field in dataclasses.fields(value):
            yield f".{field.name}", getattr(value, field.name, None)
    else:
        yield from enumerate(value)


def _is_dataclass(value: object) -> bool:
    return dataclasses.is_dataclass(value) and not isinstance(value, type)


def _joined(path: str, key: object) -> str:
    if isinstance(key, str) and key.startswith("."):
        return f"{path}{key}".removeprefix(".")
    return f"{path}[{key!r}]" if path else str(key)


def written_names(function: Callable[..., Any]) -> Written:
    """The variables behind `return`: one, or those of a tuple; None where returns differ."""
    while isinstance(function, functools.partial):
        function = function.func
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return None
    if not tree.body or not isinstance(tree.body[0], ast.FunctionDef):
        return None
    found = [_written(node.value) for node in _returns(tree.body[0])]
    return found[0] if found and all(each == found[0] for each in found) else None


def _returns(function: ast.FunctionDef) -> Iterator[ast.Return]:
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Return):
            yield node
        elif not isinstance(node, NESTED):
            waiting += ast.iter_child_nodes(node)


def _written(value: ast.expr | None) -> Written:
    if isinstance(value, ast.Name):
        return value.id
    if isinstance(value, ast.Tuple | ast.List):
        return [each.id if isinstance(each, ast.Name) else None for each in value.elts]
    return None
