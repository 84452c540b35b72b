"""The variables of a function that is running, noted for the names of what it uses.

After a function has returned its variables are gone; its graph is not, and wants their names.
"""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import FrameType
from typing import Any

import torch
from torch.nn.modules import module as modules
from torch.nn.modules.module import register_module_forward_pre_hook
from torch.overrides import TorchFunctionMode

from graphview.autograd.names import scopes_of
from graphview.autograd.sources import is_user_code
from graphview.autograd.tensors import is_leaf, node_of
from graphview.autograd.untraced import untraced, untraced_deeply
from graphview.observe.modes import remove_mode

MOST_LOOKS = 500
KEPT = (torch.Tensor, torch.nn.Module, dict, list, tuple)
# Where torch keeps what was hooked to all modules; private to it, and not in every version.
GLOBAL_HOOKS = (
    *("_global_backward_pre_hooks", "_global_backward_hooks"),
    *("_global_forward_pre_hooks", "_global_forward_hooks"),
)
# What torch says of a hook at a compiled module; it need not where the hook is ours.
ABOUT_HOOKS = re.compile(r"Using `torch\.compile\(module\)` when there are global hooks")
FILTER = ("ignore", ABOUT_HOOKS, UserWarning, None, 0)


class Overhear(TorchFunctionMode):
    """Looks at the variables whenever a leaf is used for the first time, and keeps them alive.

    `called` are the modules that were called, without those inside of others.
    """

    def __init__(self) -> None:
        super().__init__()
        self.own: list[dict[str, Any]] = []
        self.further: list[dict[str, Any]] = []
        self.called: list[torch.nn.Module] = []
        self.leaves: dict[int, torch.Tensor] = {}
        self._modules: set[int] = set()
        self._known: set[tuple[str, int]] = set()
        self._outside = self._looks = 0
        self._hook: Any = None

    def __enter__(self) -> Overhear:
        self._outside = _depth(sys._getframe(1))
        if not any(getattr(modules, name, None) for name in GLOBAL_HOOKS):
            # Not through `filterwarnings`: that would make warnings that were shown come again.
            warnings.filters.insert(0, FILTER)  # type: ignore[attr-defined]
        self._hook = register_module_forward_pre_hook(self._meet)
        super().__enter__()  # type: ignore[no-untyped-call]
        return self

    def __exit__(self, *error: object) -> None:
        remove_mode(self)
        self._hook.remove()
        if FILTER in warnings.filters:
            warnings.filters.remove(FILTER)  # type: ignore[attr-defined]

    @untraced
    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        # What torch.compile traces are no tensors of the program's.
        if not torch.compiler.is_compiling():
            self._hear((*args, *kwargs.values()), result, sys._getframe(1))
        return result

    def scopes(self, around: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        """Variables by name: the function's own, those `around` it, then those further in.

        Last come modules that nobody has a name for.
        """
        yield from self.own
        yield from around
        yield from self.further
        yield from ({"self": module} for module in self.called)

    @untraced_deeply
    def _hear(self, given: tuple[Any, ...], result: Any, caller: FrameType) -> None:
        # A parameter that is just being made has no name yet.
        if _has_node(result):
            new = [leaf for leaf in _leaves(given) if id(leaf) not in self.leaves]
            if new and self._looks < MOST_LOOKS:
                self._look(caller)
            self.leaves.update((id(leaf), leaf) for leaf in new)

    @untraced_deeply
    def _meet(self, module: torch.nn.Module, arguments: Any) -> None:
        if not torch.compiler.is_compiling() and id(module) not in self._modules:
            self.called.append(module)
            self._modules.update(map(id, module.modules()))

    def _look(self, frame: FrameType) -> None:
        self._looks += 1
        scopes = list(scopes_of(frame))
        inside = scopes[: len(scopes) - self._outside]
        for scope in reversed(inside):
            kept = {name: value for name, value in scope.items() if self._wanted(name, value)}
            (self.own if scope is inside[-1] else self.further).append(kept)

    def _wanted(self, name: str, value: object) -> bool:
        if not isinstance(value, KEPT) or (name, id(value)) in self._known:
            return False
        self._known.add((name, id(value)))
        if isinstance(value, torch.nn.Module):
            # Named with their module; no further look is needed.
            self.leaves.update((id(each), each) for each in value.parameters())
        return True


def _depth(frame: FrameType | None) -> int:
    depth = 0
    while frame is not None:
        depth += is_user_code(frame.f_code.co_filename)
        frame = frame.f_back
    return depth


def _has_node(result: Any) -> bool:
    items = result if isinstance(result, tuple | list) else (result,)
    return any(isinstance(item, torch.Tensor) and node_of(item) is not None for item in items)


def _leaves(values: Any) -> Iterator[torch.Tensor]:
    """The leaves among the values, one level deep."""
    for value in values:
        for item in value if isinstance(value, tuple | list) else (value,):
            if isinstance(item, torch.Tensor) and item.requires_grad and is_leaf(item):
                yield item
