"""Training steps, watched from outside: the losses, parameters and gradients of each backward."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from math import nan
from typing import Any

import torch

from graphview.observe.timing import Stopwatch

Parameters = Mapping[str, torch.Tensor]
Around = Callable[[int, torch.Tensor], AbstractContextManager[None]]
# Enough to tell any two float32 numbers apart.
DIGITS = 9


@dataclass(slots=True)
class StepLog:
    """One value for each backward, and the parameters once more at the end."""

    loss: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    parameters: dict[str, list[float]] = field(default_factory=dict)
    gradients: dict[str, list[float]] = field(default_factory=dict)


@contextmanager
def watch_steps(
    device: torch.device,
    *,
    parameters: Callable[[], Parameters],
    validate: Callable[[Parameters], torch.Tensor],
    around: Around = lambda number, tensor: nullcontext(),
) -> Iterator[StepLog]:
    """Log every `Tensor.backward` in the block; the code that calls it stays as it is.

    `parameters` tells the parameters of the moment, each with one element; `validate` computes
    their loss on the validation set. `around` gets the number of a backward and its tensor, and
    what it returns is entered for that backward. Watching is not counted in `seconds`, save what
    `around` does while backward runs.
    """
    log, watch, original = StepLog(), Stopwatch(device), torch.Tensor.backward

    def backward(tensor: torch.Tensor, *args: Any, **kwargs: Any) -> None:
        watch.pause()
        with around(len(log.loss), tensor):
            watch.resume()
            original(tensor, *args, **kwargs)  # type: ignore[no-untyped-call]
            watch.pause()
        log.seconds.append(watch.total)
        _note(log, tensor, parameters(), validate)
        watch.start()

    torch.Tensor.backward = backward  # type: ignore[method-assign, assignment]
    try:
        watch.start()
        yield log
    finally:
        torch.Tensor.backward = original  # type: ignore[method-assign]
        _end(log, parameters())


def _note(
    log: StepLog,
    loss: torch.Tensor,
    parameters: Parameters,
    validate: Callable[[Parameters], torch.Tensor],
) -> None:
    with torch.no_grad():
        seen = [loss, validate(parameters), *parameters.values()]
        # Asking for the .grad of what is no leaf would warn.
        grads = {name: p.grad for name, p in parameters.items() if p.is_leaf and p.grad is not None}
        # One transfer from the device for all of them.
        together = torch.cat([value.detach().reshape(1) for value in (*seen, *grads.values())])
        row = [_short(value) for value in together.tolist()]
    log.loss.append(row.pop(0))
    log.validation_loss.append(row.pop(0))
    for name in parameters:
        log.parameters.setdefault(name, []).append(row.pop(0))
    found = dict(zip(grads, row, strict=True))
    for name in parameters:
        log.gradients.setdefault(name, []).append(found.get(name, nan))


def _end(log: StepLog, parameters: Parameters) -> None:
    for name, values in log.parameters.items():
        values.append(_short(parameters[name].item()))


def _short(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
