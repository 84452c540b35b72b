"""Measure nodes on request: the time they take, and the gradient that arrives at them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from graphview.autograd import Live
from graphview.autograd.untraced import untraced, untraced_deeply
from graphview.model.measures import Column, Measures
from graphview.observe.modes import remove_mode
from graphview.observe.values import readable

KEY = "graphview.forward"
Gradients = Sequence[torch.Tensor | None]
Moment = Callable[[], Any]


@dataclass(frozen=True, slots=True)
class _Span:
    """From one moment to another: seconds of the clock, or two events of a GPU."""

    began: Any
    ended: Any

    @property
    def seconds(self) -> float:
        if isinstance(self.began, float):
            return float(self.ended - self.began)
        self.ended.synchronize()
        # In milliseconds.
        return float(self.began.elapsed_time(self.ended)) / 1e3


@untraced_deeply
def _now() -> float:
    return time.perf_counter()


@untraced_deeply
def _event() -> Any:
    event = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
    event.record()
    return event


@untraced_deeply
def _moment(device: torch.device) -> Moment:
    return _event if device.type == "cuda" else _now


@contextmanager
def watch_forward() -> Iterator[None]:
    """Time each function of torch in the block, and note it on the last node that it made."""
    mode = _TimeFunctions()
    mode.__enter__()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        remove_mode(mode)


class _TimeFunctions(TorchFunctionMode):
    @untraced
    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        if torch.compiler.is_compiling():
            return func(*args, **(kwargs or {}))
        first: int = torch._C._autograd._get_sequence_nr()
        # On the CPU until the first result says otherwise.
        moment = _moment(_device_of(args))
        began = moment()
        result = func(*args, **(kwargs or {}))
        _note_span(result, first, began, moment())
        return result


@untraced_deeply
def _note_span(result: Any, first: int, began: Any, ended: Any) -> None:
    made = result if isinstance(result, torch.Tensor) else _first(result)
    function: Any = made.grad_fn if made is not None and not made._is_view() else None
    if function is not None and function._sequence_nr() >= first:
        function.metadata.setdefault(KEY, _Span(began, ended))


@untraced_deeply
def _first(values: Any) -> torch.Tensor | None:
    items = values if isinstance(values, tuple | list) else ()
    return next((item for item in items if isinstance(item, torch.Tensor)), None)


@untraced_deeply
def _device_of(args: tuple[Any, ...]) -> torch.device:
    found = _first(args)
    if found is None and args:
        found = _first(args[0])
    return torch.device("cpu") if found is None else found.device


@dataclass(slots=True)
class Measured:
    """What a backward pass showed, by node."""

    forward: list[_Span | None] = field(default_factory=list)
    backward: list[_Span | None] = field(default_factory=list)
    gradients: list[torch.Tensor | None] = field(default_factory=list)
    cost: float = 0.0

    def told(self) -> Measures:
        """As plain columns; waits for the device."""
        began = _now()
        times = _seconds(self.forward), _seconds(self.backward)
        norm, zeros, nan, inf = _described(self.gradients)
        return Measures(*times, norm, zeros, nan, inf, self.cost + _now() - began)


@contextmanager
def measured_backward(live: Live, *, timing: bool, gradients: bool) -> Iterator[Measured]:
    """Measure the backward pass that runs inside the block through the graph `live`.

    The gradients that the program gets are the same bits as without.
    """
    nodes: list[Any] = live.functions
    measured = Measured()
    handles: list[Any] = []
    if timing:
        measured.forward = [function.metadata.get(KEY) for function in nodes]
        measured.backward = [None] * len(nodes)
        handles += [h for i, f in enumerate(nodes) for h in _time(measured, i, f)]
    if gradients:
        measured.gradients = [None] * len(nodes)
        handles += [f.register_prehook(_describe(measured, i)) for i, f in enumerate(nodes)]
    try:
        yield measured
    finally:
        for handle in handles:
            handle.remove()


def _time(measured: Measured, index: int, function: Any) -> Iterator[Any]:
    device = function._input_metadata[0].device if function._input_metadata else None
    moment = _moment(device or torch.device("cpu"))
    began: list[Any] = []

    def before(arrived: Gradients) -> None:
        began.append(moment())

    def after(sent: Gradients, arrived: Gradients) -> None:
        if began and measured.backward[index] is None:
            measured.backward[index] = _Span(began[0], moment())

    yield function.register_prehook(before)
    yield function.register_hook(after)


def _describe(measured: Measured, index: int) -> Callable[[Gradients], None]:
    def before(arrived: Gradients) -> None:
        if measured.gradients[index] is not None:
            return
        began = _now()
        for gradient in arrived:
            if gradient is not None and readable(gradient):
                measured.gradients[index] = _four(gradient)
                break
        measured.cost += _now() - began

    return before


def _four(gradient: torch.Tensor) -> torch.Tensor:
    """Norm of the finite elements, and the shares of zeros, NaN and infinities: (4,)."""
    with torch.no_grad(), torch._C.DisableTorchFunction():
        # Of float16 the norm would overflow; a double stays one.
        wide = gradient.detach()
        wide = wide if wide.dtype is torch.float64 else wide.float()
        count = wide.numel()
        nan, infinite = wide.isnan().sum(), wide.isinf().sum()
        norm = torch.linalg.vector_norm(torch.nan_to_num(wide, 0.0, 0.0, 0.0))
        shares = [(wide == 0).sum() / count, nan / count, infinite / count]
        return torch.stack([norm, *shares])


def _seconds(spans: Sequence[_Span | None]) -> Column:
    return tuple(None if span is None else span.seconds for span in spans)


def _described(found: Sequence[torch.Tensor | None]) -> list[Column]:
    """Norms, zeros, NaN, infinities: a column each."""
    rows = [None if four is None else four.tolist() for four in found]
    return [tuple(None if row is None else row[place] for row in rows) for place in range(4)]
