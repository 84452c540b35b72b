"""A model that hardly learns: of its seven parameters six never get a gradient.

Look at the list of missing gradients: each parameter is lost in a way of its own, and named for it.
All these lines run without a warning, and the loss even falls, thanks to the one that is left.
"""

import numpy as np
import torch
from torch import nn


class Cut(nn.Module):
    """A sum of seven terms, of which `healthy` alone is reached by backward."""

    def __init__(self) -> None:
        super().__init__()
        self.healthy = nn.Parameter(torch.randn(3))
        self.detached = nn.Parameter(torch.randn(3))
        self.taken_as_data = nn.Parameter(torch.randn(3))
        self.through_numpy = nn.Parameter(torch.randn(3))
        self.through_argmax = nn.Parameter(torch.randn(3))
        self.unused = nn.Parameter(torch.randn(3))
        self.frozen = nn.Parameter(torch.randn(3), requires_grad=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        total = x @ self.healthy
        total = total + (x @ self.detached).detach()
        total = total + x @ self.taken_as_data.data
        total = total + torch.from_numpy(np.tanh((x @ self.through_numpy).numpy(force=True)))
        total = total + torch.argmax(x * self.through_argmax, dim=1)
        return total + x @ self.frozen


torch.manual_seed(0)
x = torch.randn(64, 3)
y = x @ torch.tensor([1.0, 2.0, 3.0])

model = Cut()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for _ in range(20):
    loss = nn.functional.mse_loss(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

lost = [name for name, parameter in model.named_parameters() if parameter.grad is None]
print(f"loss {loss.item():.3f}, though without a gradient are: {', '.join(lost)}")
