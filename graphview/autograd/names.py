"""What the user calls a tensor: from `params`, then from the variables in scope."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from inspect import CO_OPTIMIZED
from types import FrameType
from typing import Any

import torch
from torch.nn.parameter import is_lazy

from graphview.autograd.sources import is_user_code
from graphview.autograd.tensors import is_leaf, node_of
from graphview.errors import ParameterError

Params = torch.nn.Module | Mapping[str, Any] | Iterable[tuple[str, Any]] | None
MOST_ITEMS = 100
# The frame's own, our variable, and the argument of getrefcount.
REFERENCES_OF_OURS = 3


class Names:
    """Names by identity, and by place in memory for tensors that `state_dict()` detached.

    `owned` are the tensors that modules and `params` keep alive, with or without a graph.
    """

    def __init__(self) -> None:
        self.tensors: dict[int, str] = {}
        self.places: dict[tuple[Any, ...], str] = {}
        self.results: dict[tuple[int, int], str] = {}
        self.modules: dict[int, str] = {}
        self.owned: list[torch.Tensor] = []
        # An id names an object only while that object lives.
        self._held: list[object] = []

    def of(self, tensor: torch.Tensor) -> str | None:
        known = self.tensors.get(id(tensor))
        if known is None and self.places and node_of(tensor) is None:
            known = self.places.get(_place(tensor))
        return known

    def add(self, name: str, tensor: torch.Tensor, *, declared: bool = False) -> None:
        function = node_of(tensor)
        self._held += (tensor, function)
        self.tensors.setdefault(id(tensor), name)
        if declared:
            self.owned.append(tensor)
            self.places.setdefault(_place(tensor), name)
        if function is not None:
            self.results.setdefault((id(function), tensor.output_nr), name)

    def leaves(self) -> Iterator[tuple[str, torch.Tensor]]:
        """Parameters, and other leaves that ask for a gradient, with their names; each once."""
        for held in self._held:
            if not isinstance(held, torch.Tensor) or not is_leaf(held):
                continue
            if held.requires_grad or isinstance(held, torch.nn.Parameter):
                yield self.tensors[id(held)], held

    def add_module(self, prefix: str, module: torch.nn.Module) -> None:
        for path, part in module.named_modules(prefix=prefix):
            self.modules.setdefault(id(part), path)
        named = (*module.named_parameters(prefix=prefix), *module.named_buffers(prefix=prefix))
        for path, tensor in named:
            # A lazy parameter has neither shape nor memory before its first use.
            if not is_lazy(tensor):
                self.add(path, tensor)
                self.owned.append(tensor)


def _place(tensor: torch.Tensor) -> tuple[Any, ...]:
    if tensor.layout is not torch.strided or tensor.is_nested:
        return (id(tensor),)
    try:
        return tensor.untyped_storage()._cdata, tensor.storage_offset(), tuple(tensor.shape)
    except NotImplementedError:
        # The wrappers of torch.func own no storage.
        return (id(tensor),)


def names_from(params: Params, scopes: Iterable[Mapping[str, Any]]) -> Names:
    """Collect names: `params` first, then the variables of each scope, the nearest first.

    Errors: ParameterError when `params` is none of module, mapping, `named_parameters()`.
    """
    names = Names()
    if isinstance(params, torch.nn.Module):
        names.add_module("", params)
    else:
        for name, tensor in _pairs(params):
            names.add(name, tensor, declared=True)
    for scope in scopes:
        for variable, value in scope.items():
            # What is no identifier is the interpreter's (`.0`) or pytest's (`@py_assert1`). What
            # IPython's `Out` holds has a better name.
            history = variable == "Out" and value is scope.get("_oh")
            if variable.isidentifier() and not variable.startswith("_") and not history:
                _try_value(names, variable, value)
    return names


def _try_value(names: Names, variable: str, value: Any) -> None:
    try:
        _add_value(names, variable, value)
    except Exception:
        # Any object may stand in a scope: dead proxies, mocks, modules half made. What cannot be
        # looked at gives no name, and a name is all that was wanted of it.
        return


def _pairs(params: Any) -> Iterator[tuple[str, torch.Tensor]]:
    if params is None:
        return
    items = params.items() if isinstance(params, Mapping) else params
    if not isinstance(items, Iterable) or isinstance(items, torch.Tensor | str):
        raise ParameterError(_unreadable(params, ""))
    for pair in items:
        # `parameters()` yields tensors, and one with two rows would unpack like a pair.
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            raise ParameterError(_unreadable(params, ""))
        name, tensor = str(pair[0]), pair[1]
        if not isinstance(tensor, torch.Tensor):
            raise ParameterError(_unreadable(params, name))
        yield name, tensor


def _unreadable(params: object, name: str) -> str:
    where = f"its entry {name!r} is no tensor" if name else f"it is a {type(params).__name__}"
    return (
        f"params gives no names, {where}; give a module, a mapping of names to tensors, "
        "or named_parameters()."
    )


def _add_value(names: Names, variable: str, value: Any) -> None:
    if isinstance(value, torch.Tensor):
        names.add(variable, value)
    elif isinstance(value, torch.nn.Module):
        names.add_module("" if variable == "self" else variable, value)
    elif isinstance(value, dict):
        for key, item in list(value.items())[:MOST_ITEMS]:
            if isinstance(item, torch.Tensor):
                names.add(f"{variable}[{key!r}]", item)
    elif isinstance(value, list | tuple):
        for position, item in enumerate(value[:MOST_ITEMS]):
            if isinstance(item, torch.Tensor):
                names.add(f"{variable}[{position}]", item)
    elif _is_users_own(type(value)):
        _add_parts(names, variable, value)


def _is_users_own(kind: type) -> bool:
    """Whether a class was written in the user's code: built-in ones have no file."""
    file = getattr(sys.modules.get(kind.__module__), "__file__", None)
    return file is not None and is_user_code(file)


def _add_parts(names: Names, variable: str, value: Any) -> None:
    """The modules and tensors of an object of the user's own class: a trainer has its model so."""
    for name, part in list(getattr(value, "__dict__", {}).items())[:MOST_ITEMS]:
        path = name if variable == "self" else f"{variable}.{name}"
        if isinstance(part, torch.nn.Module):
            names.add_module(path, part)
        elif isinstance(part, torch.Tensor):
            names.add(path, part)


def scopes_of(frame: FrameType | None) -> Iterator[dict[str, Any]]:
    """The variables of each user frame, from the caller outwards."""
    while frame is not None:
        if is_user_code(frame.f_code.co_filename):
            yield _variables(frame)
        frame = frame.f_back


def _variables(frame: FrameType) -> dict[str, Any]:
    """A copy of the frame's variables.

    Before Python 3.13 reading them leaves a snapshot on a function's frame, which would keep
    the user's tensors alive until the function returns: it is emptied, unless the user holds
    it as `locals()`.
    """
    snapshot = frame.f_locals
    variables = dict(snapshot)
    ours = sys.getrefcount(snapshot) <= REFERENCES_OF_OURS
    if sys.version_info < (3, 13) and frame.f_code.co_flags & CO_OPTIMIZED and ours:
        snapshot.clear()
    return variables
