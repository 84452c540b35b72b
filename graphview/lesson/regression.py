"""The lesson's own code: what the report shows beside its graphs, so it reads like the notebook."""

# The lesson calls backward() before it reads .grad, which mypy cannot know.
# mypy: disable-error-code="operator, union-attr"

from __future__ import annotations

import torch
from torch import Tensor

SEED, LEARNING_RATE, EPOCHS = 42, 0.1, 1000


def initial_parameters(device: torch.device) -> tuple[Tensor, Tensor]:
    torch.manual_seed(SEED)
    a = torch.randn(1, requires_grad=True, dtype=torch.float, device=device)
    b = torch.randn(1, requires_grad=True, dtype=torch.float, device=device)
    return a, b


def forward(a: Tensor, b: Tensor, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    yhat = a + b * x
    error = y - yhat
    loss = (error**2).mean()
    return yhat, error, loss


def update(a: Tensor, b: Tensor, lr: float) -> None:
    with torch.no_grad():
        a -= lr * a.grad
        b -= lr * b.grad


def zero_gradients(a: Tensor, b: Tensor) -> None:
    a.grad.zero_()
    b.grad.zero_()
