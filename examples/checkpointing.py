"""Activation checkpointing, in both of PyTorch's ways.

Look at the two graphs, of the same blocks with the same weights. In that of `plain_loss`, recorded
with `use_reentrant=False`, every operation is there as ever; only what it saved is computed again
in backward. In that of `reentrant_loss` each block is one opaque node, CheckpointFunctionBackward:
the block's weights can't be seen from outside, though backward does reach them.
"""

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint


class Checkpointed(nn.Module):
    """A stack of blocks that keep nothing but their input for backward."""

    def __init__(self, width: int = 16, depth: int = 3) -> None:
        super().__init__()
        self.stem = nn.Linear(4, width)
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))
            for _ in range(depth)
        )
        self.head = nn.Linear(width, 1)

    def forward(self, x: torch.Tensor, use_reentrant: bool) -> torch.Tensor:
        x = self.stem(x)
        for block in self.blocks:
            x = x + checkpoint(block, x, use_reentrant=use_reentrant)
        return self.head(x)


torch.manual_seed(0)
inputs = torch.randn(128, 4)
targets = inputs[:, :1] * inputs[:, 1:2]
model = Checkpointed()
optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)

for _ in range(20):
    optimizer.zero_grad()
    plain_loss = nn.functional.mse_loss(model(inputs, use_reentrant=False), targets)
    plain_loss.backward()
    plain = [parameter.grad.clone() for parameter in model.parameters()]

    optimizer.zero_grad()
    reentrant_loss = nn.functional.mse_loss(model(inputs, use_reentrant=True), targets)
    reentrant_loss.backward()
    reentrant = [parameter.grad for parameter in model.parameters()]
    torch.testing.assert_close(plain, reentrant)
    optimizer.step()

print(f"both ways gave the same gradients, 20 times; loss {plain_loss.item():.3f}")
