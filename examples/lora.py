"""Low-rank adaptation: a trained network is frozen, and small adapters beside it learn.

Look at the graph of `loss`: its leaves are the adapters' `lora_down` and `lora_up`, nothing else.
Backward still walks through the frozen second layer, because the first adapter lies behind it. The
list of missing gradients has what was frozen on purpose.
"""

import copy

import torch
from torch import nn


class Adapted(nn.Module):
    """A frozen linear layer plus a correction of low rank, which is zero at first."""

    def __init__(self, base: nn.Linear, rank: int) -> None:
        super().__init__()
        self.base = base.requires_grad_(False)
        self.lora_down = nn.Parameter(torch.randn(rank, base.in_features) / base.in_features**0.5)
        self.lora_up = nn.Parameter(torch.zeros(base.out_features, rank))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.base(x) + x @ self.lora_down.T @ self.lora_up.T


def count(model: nn.Module, trainable: bool) -> int:
    """How many numbers the model has that are trained, or that are not."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad is trainable)


torch.manual_seed(0)
# This stands for a network that somebody trained at great cost.
model = nn.Sequential(nn.Linear(16, 64), nn.Tanh(), nn.Linear(64, 4))

# The new task is the old one, but that it looks at the inputs from another side.
inputs = torch.randn(256, 16)
with torch.no_grad():
    turned = copy.deepcopy(model)
    turned[0].weight += torch.randn(64, 1) @ torch.randn(1, 16) / 4
    targets = turned(inputs)

for place in (0, 2):
    model[place] = Adapted(model[place], rank=2)
adapters = [parameter for parameter in model.parameters() if parameter.requires_grad]
optimizer = torch.optim.Adam(adapters, lr=0.02)

for step in range(150):
    loss = nn.functional.mse_loss(model(inputs), targets)
    if step == 0:
        print(f"without adapters: loss {loss.item():.4f}")
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

print(f"with adapters:    loss {loss.item():.4f}")
print(f"{count(model, trainable=True)} numbers adapted, {count(model, trainable=False)} frozen")
