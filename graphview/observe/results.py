"""Watch forward results: what each operation made, noted on the node that autograd made of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from graphview.model.backward import TensorValues
from graphview.observe.values import summarize

# In the node's own metadata: it lives and dies with the graph, and so do the numbers.
KEY = "graphview.results"


@contextmanager
def watch_results() -> Iterator[None]:
    """Note a summary of the forward result of each autograd node made inside the block.

    Summaries are plain numbers; no tensor is kept alive. Goes together with
    `graphview.watch_nodes()`. What a custom Function makes is noted when it is first used. Nodes
    made inside another function of torch (the transpose in `linear`) have no result of their own.
    Only the thread that entered is watched.
    """
    with _NoteResults():
        yield


def result_of(function: Any, output: int = 0) -> TensorValues | None:
    """The noted result number `output` of an autograd node; None for one made unwatched."""
    noted: dict[int, TensorValues | None] = function.metadata.get(KEY, {})
    return noted.get(output)


class _NoteResults(TorchFunctionMode):
    def __init__(self) -> None:
        super().__init__()
        self.start = _sequence_number()

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        # A custom Function passes by this mode, and what it made might be changed in place now.
        self._note_arguments((args, kwargs))
        first = _sequence_number()
        result = func(*args, **kwargs)
        # Without gradients no node is made, and some views refuse to be asked for theirs.
        for tensor in _tensors(result if torch.is_grad_enabled() else ()):
            _note(tensor, first)
        # `y[0] = x` gives nothing back.
        self._note_arguments((args, kwargs))
        return result

    def _note_arguments(self, arguments: Any) -> None:
        for tensor in _tensors(arguments):
            if not _stale(tensor):
                _note(tensor, self.start)


def _sequence_number() -> int:
    number: int = torch._C._autograd._get_sequence_nr()
    return number


def _note(tensor: torch.Tensor, first: int) -> None:
    """Note the tensor as its node's result, unless that is older than `first` or noted already."""
    with torch._C.DisableTorchFunction():
        function: Any = tensor.grad_fn
        if function is None or function._sequence_nr() < first:
            return
        noted = function.metadata.setdefault(KEY, {})
        if tensor.output_nr not in noted:
            noted[tensor.output_nr] = summarize(tensor)


def _stale(tensor: torch.Tensor) -> bool:
    """Whether to ask for its `grad_fn` could make a node: a view's, after a change of its base."""
    with torch._C.DisableTorchFunction():
        return tensor._is_view()


def _tensors(values: Any) -> Iterator[torch.Tensor]:
    """The tensors in nested tuples, lists and dictionaries."""
    stack = [values]
    while stack:
        value = stack.pop()
        if isinstance(value, torch.Tensor):
            yield value
        elif isinstance(value, tuple | list):
            stack += reversed(value)
        elif isinstance(value, dict):
            stack += value.values()
