"""Watch the losses that a program computes where gradients are off: its validation."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import CodeType, FrameType
from typing import Any

import torch
import torch.nn.functional as F
import torch.utils._contextlib
from torch.overrides import TorchFunctionMode

from graphview.autograd.locate import assigned_to, locate
from graphview.autograd.sources import is_user_code, user_frame
from graphview.model.journal import Series
from graphview.observe.modes import remove_mode
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
DECORATOR: str = torch.utils._contextlib.__file__
Place = tuple[str, CodeType, int]


class Validation:
    """Losses under `torch.no_grad()` or `torch.inference_mode()`, averaged over each such block.

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
        """Look at functions of torch inside blocks without gradients; the classes are put back."""
        kinds = (torch.no_grad, torch.inference_mode)
        before = [(kind, kind.__enter__, kind.__exit__) for kind in kinds]
        for kind, enter, leave in before:
            self._wrap(kind, enter, leave)
        try:
            yield
        finally:
            for kind, enter, leave in before:
                kind.__enter__, kind.__exit__ = enter, leave  # type: ignore[method-assign]

    def _wrap(self, kind: Any, enter: Any, leave: Any) -> None:
        validation, entered = self, self.entered

        def __enter__(block: Any) -> Any:
            result = enter(block)
            outermost = getattr(entered, "mode", None) is None
            if outermost and _by_the_user(sys._getframe(1)):
                entered.block, entered.mode = block, _NoteLosses(validation)
                entered.mode.__enter__()
            return result

        def __exit__(block: Any, *error: Any) -> Any:
            if getattr(entered, "mode", None) is not None and entered.block is block:
                validation.close()
                remove_mode(entered.mode)
                entered.block = entered.mode = None
            return leave(block, *error)

        kind.__enter__, kind.__exit__ = __enter__, __exit__

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
            if number and not torch.is_grad_enabled():
                summed = func in LOSSES and (kwargs or {}).get("reduction") == "sum"
                self.validation.note(func, result, summed=summed)
        return result


def _by_the_user(frame: FrameType) -> bool:
    """Whether a block is the user's own: `with torch.no_grad():`, or `@torch.no_grad()`."""
    if frame.f_code.co_filename == DECORATOR and frame.f_back is not None:
        frame = frame.f_back
    return is_user_code(frame.f_code.co_filename)


def _place() -> Place | None:
    frame = user_frame(sys._getframe(2))
    if frame is None:
        return None
    return frame.f_code.co_filename, frame.f_code, frame.f_lasti
