"""Watch the losses that a program computes where gradients are off: its validation."""

from __future__ import annotations

import functools
import sys
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from types import CodeType, FrameType
from typing import Any

import torch
import torch.nn.functional as F
from torch.overrides import TorchFunctionMode

from graphview.autograd.locate import assigned_to, locate
from graphview.autograd.sources import is_user_code, user_frame
from graphview.autograd.untraced import untraced, untraced_deeply
from graphview.model.journal import Series
from graphview.observe.blocks import DECORATOR, gradients_are_off, outside
from graphview.observe.modes import remove_mode
from graphview.observe.replacing import replaced
from graphview.observe.series import Thinned

LOSSES = frozenset(
    getattr(F, name)
    for name in (
        "binary_cross_entropy",
        "binary_cross_entropy_with_logits",
        "cosine_embedding_loss",
        "cross_entropy",
        "ctc_loss",
        "gaussian_nll_loss",
        "hinge_embedding_loss",
        "huber_loss",
        "kl_div",
        "l1_loss",
        "margin_ranking_loss",
        "mse_loss",
        "multi_margin_loss",
        "multilabel_margin_loss",
        "multilabel_soft_margin_loss",
        "nll_loss",
        "poisson_nll_loss",
        "smooth_l1_loss",
        "soft_margin_loss",
        "triplet_margin_loss",
    )
)
# How a loss by hand ends, and what it is called then.
REDUCING = frozenset({torch.mean, torch.sum, torch.Tensor.mean, torch.Tensor.sum})
NAMED_SO = ("loss", "error", "mse", "nll")
MOST_PLACES = 20
Place = tuple[str, CodeType, int]


class Validation:
    """Losses where gradients are off, by a block or by a call, averaged over each such stretch.

    `step` tells the number of the last start of backward.
    """

    def __init__(self, step: Callable[[], int]) -> None:
        self.step = step
        self.series: dict[Place, Thinned | None] = {}
        self.open: dict[Place, list[torch.Tensor]] = {}
        self.waiting: list[tuple[Place, list[torch.Tensor]]] = []
        # The outermost block of each thread, and the mode that is on for it.
        self.entered = threading.local()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Look at functions of torch where gradients are off; torch's classes are put back."""
        setting = torch.set_grad_enabled
        with ExitStack() as places:
            for kind in (torch.no_grad, torch.inference_mode, setting):
                places.enter_context(replaced(kind, "__enter__", self._entering(kind)))
                places.enter_context(replaced(kind, "__exit__", self._leaving(kind)))
            places.enter_context(replaced(setting, "__init__", self._setting(setting)))
            try:
                yield
            finally:
                self.end()

    # All three look like torch's own, whose source torch.jit reads.

    def _entering(self, kind: Any) -> Callable[..., Any]:
        enter = kind.__enter__

        @functools.wraps(enter)
        def __enter__(block: Any) -> Any:
            result = enter(block)
            self._begin(block, sys._getframe(1))
            if self.mode is not None and self.entered.block is block:
                self.entered.by_call = False
            return result

        return __enter__

    def _leaving(self, kind: Any) -> Callable[..., Any]:
        leave = kind.__exit__

        @functools.wraps(leave)
        def __exit__(block: Any, *error: Any) -> Any:
            if self.mode is not None and self.entered.block is block:
                self.end()
            return leave(block, *error)

        return __exit__

    def _setting(self, kind: Any) -> Callable[..., Any]:
        """`torch.set_grad_enabled(False)`, which may be all, or the beginning of a block."""
        init = kind.__init__

        @functools.wraps(init)
        def __init__(block: Any, mode: bool) -> None:
            init(block, mode)
            if mode:
                self._end_of_call()
            else:
                self._begin(block, sys._getframe(1))

        return __init__

    @property
    def mode(self) -> _NoteLosses | None:
        """What is on in this thread where gradients are off."""
        mode: _NoteLosses | None = getattr(self.entered, "mode", None)
        return mode

    def modes(self) -> list[TorchFunctionMode]:
        """The same, none or one of it."""
        return [] if self.mode is None else [self.mode]

    @untraced_deeply
    def _begin(self, block: object, frame: FrameType) -> None:
        """Look from now on, unless that has begun, or it was torch itself."""
        if self.mode is None and _by_the_user(frame) and gradients_are_off():
            self.entered.block, self.entered.by_call = block, True
            self.entered.mode = _NoteLosses(self)
            self.entered.mode.__enter__()

    @untraced_deeply
    def _end_of_call(self) -> None:
        if self.mode is not None and self.entered.by_call and not gradients_are_off():
            self.end()

    @untraced_deeply
    def end(self) -> None:
        """Look no longer."""
        if self.mode is not None:
            self.close()
            remove_mode(self.mode)
            self.entered.block = self.entered.mode = None

    @untraced_deeply
    def note(self, func: Any, result: Any, *, summed: bool = False) -> None:
        """Keep a loss until the next start of backward; reading it now would make a GPU wait."""
        place = _place()
        told = sum(series is not None for series in self.series.values())
        if place is None or (place not in self.series and told >= MOST_PLACES):
            return
        if place not in self.series:
            name = assigned_to(*place[1:]) or str(getattr(func, "__name__", "loss"))
            is_loss = func in LOSSES or any(word in name.lower() for word in NAMED_SO)
            self.series[place] = Thinned(f"{name} (sum)" if summed else name) if is_loss else None
        if self.series[place] is not None:
            # A copy: `loss /= count` would change it before it is read.
            with torch._C.DisableTorchFunction():
                self.open.setdefault(place, []).append(result.detach().clone())

    def close(self) -> None:
        """The losses of one block without gradients are one evaluation: their mean is told."""
        self.waiting += self.open.items()
        self.open = {}

    def settle(self) -> None:
        """Turn what was kept into numbers."""
        self._end_of_call()
        self.close()
        for place, losses in self.waiting:
            series = self.series[place]
            if series is not None:
                values = [float(loss) for loss in losses]
                series.add(max(self.step(), 0), sum(values) / len(values))
        self.waiting.clear()

    def told(self, taken: Collection[str] = ()) -> tuple[Series, ...]:
        """One series for each place at which a loss was computed without gradients.

        `taken` are names that mean something else already.
        """
        found: list[Series] = []
        for (_, code, lasti), thin in self.series.items():
            if thin is None or not thin.points:
                continue
            name = f"{thin.name}, no gradients" if thin.name in taken else thin.name
            if any(name == other.name for other in found):
                name = f"{name} at line {locate(code, lasti, 0).line}"
            found.append(replace(thin.series, name=name))
        return tuple(found)


class _NoteLosses(TorchFunctionMode):
    def __init__(self, validation: Validation) -> None:
        super().__init__()
        self.validation = validation

    @untraced
    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        if (func in LOSSES or func in REDUCING) and not torch.compiler.is_compiling():
            single = isinstance(result, torch.Tensor) and result.dim() == 0
            number = single and result.is_floating_point() and not result.is_meta
            if number and gradients_are_off():
                summed = func in LOSSES and (kwargs or {}).get("reduction") == "sum"
                self.validation.note(func, result, summed=summed)
        return result


def _by_the_user(frame: FrameType) -> bool:
    """Whether a block is the user's own: `with torch.no_grad():`, or `@torch.no_grad()`."""
    caller = outside(frame)
    if caller is not None and caller.f_code.co_filename == DECORATOR:
        caller = caller.f_back
    return caller is not None and is_user_code(caller.f_code.co_filename)


def _place() -> Place | None:
    frame = user_frame(sys._getframe(2))
    if frame is None:
        return None
    return frame.f_code.co_filename, frame.f_code, frame.f_lasti
