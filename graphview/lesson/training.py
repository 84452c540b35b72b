"""The training loop, observed: graphs of the first step, numbers of every epoch."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

import torch

from graphview.autograd import watch_nodes
from graphview.lesson.data import Tensors
from graphview.lesson.regression import LEARNING_RATE, forward, update, zero_gradients
from graphview.observe.timing import Stopwatch

Roots = dict[str, torch.Tensor]


@dataclass(slots=True)
class Log:
    """One value for each epoch, in the order of the epochs."""

    loss: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    a: list[float] = field(default_factory=list)
    b: list[float] = field(default_factory=list)
    grad_a: list[float] = field(default_factory=list)
    grad_b: list[float] = field(default_factory=list)


def train(
    a: torch.Tensor,
    b: torch.Tensor,
    data: Tensors,
    *,
    epochs: int,
    zero: bool = True,
    on_first_forward: Callable[[Roots], None] = lambda roots: None,
    on_epoch: Callable[[int], None] = lambda epoch: None,
) -> Log:
    """Train a and b in place and return what happened.

    With `zero=False` gradients pile up over the epochs. `on_first_forward` gets
    yhat, error and loss of epoch 0 before any backward; its time is not counted.
    """
    log, watch = Log(), Stopwatch(a.device)
    for epoch in range(epochs):
        watch.start()
        with _watched(epoch):
            yhat, error, loss = forward(a, b, data.x_train, data.y_train)
        if epoch == 0:
            watch.pause()
            on_first_forward({"yhat": yhat, "error": error, "loss": loss})
            watch.resume()
        loss.backward()  # type: ignore[no-untyped-call]
        watch.pause()
        _note(log, a, b, loss, data)
        watch.resume()
        update(a, b, LEARNING_RATE)
        if zero:
            zero_gradients(a, b)
        log.seconds.append(watch.stop())
        on_epoch(epoch)
    log.a.append(a.item())
    log.b.append(b.item())
    return log


def _watched(epoch: int) -> AbstractContextManager[None]:
    return watch_nodes() if epoch == 0 else nullcontext()


def _note(log: Log, a: torch.Tensor, b: torch.Tensor, loss: torch.Tensor, data: Tensors) -> None:
    with torch.no_grad():
        *_, validation_loss = forward(a, b, data.x_val, data.y_val)
    # One transfer from the device for all six numbers.
    assert a.grad is not None
    assert b.grad is not None
    seen = (loss, validation_loss, a, b, a.grad, b.grad)
    row = torch.cat([value.detach().reshape(1) for value in seen])
    columns = (log.loss, log.validation_loss, log.a, log.b, log.grad_a, log.grad_b)
    for column, value in zip(columns, row.tolist(), strict=True):
        column.append(value)
