"""A moving average of the weights, which is calmer than the weights themselves.

Look at the graph of `loss`: only `model` is in it. The parameters of `average` are a copy that no
backward reaches, as it should be: they are frozen, and change under no_grad.
"""

import copy

import torch
from torch import nn

DECAY = 0.95


@torch.no_grad()
def follow(average: nn.Module, model: nn.Module) -> None:
    """Move every weight of `average` a little towards that of `model`."""
    for slow, fast in zip(average.parameters(), model.parameters(), strict=True):
        slow.lerp_(fast, 1 - DECAY)


def batch(size: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Points of a parabola, with much noise."""
    x = 4 * torch.rand(size, 1) - 2
    return x, x**2 + torch.randn(size, 1)


torch.manual_seed(0)
model = nn.Sequential(nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 1))
average = copy.deepcopy(model).requires_grad_(False)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

for _ in range(200):
    x, y = batch(16)
    loss = nn.functional.mse_loss(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    follow(average, model)

x = torch.linspace(-2, 2, 100).unsqueeze(1)
with torch.no_grad():
    error = nn.functional.mse_loss(model(x), x**2).item()
    average_error = nn.functional.mse_loss(average(x), x**2).item()
print(f"squared error of the model {error:.4f}, of its average {average_error:.4f}")
