"""A derivative of one's own: the straight-through estimator.

Look at the graph of `loss`: SignThroughBackward is a node that Python runs. The true derivative of
a sign is zero wherever there is one, so nothing would ever be learned; this one lets the gradient
pass as if the sign were not there, as long as the number is small.
"""

import torch
from torch import nn


class SignThrough(torch.autograd.Function):
    """The sign going forward; going back, the derivative of a clamp to [-1, 1]."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.where(x >= 0, 1.0, -1.0)

    @staticmethod
    def backward(ctx, gradient):
        (x,) = ctx.saved_tensors
        return gradient * (x.abs() <= 1)


class BinaryLinear(nn.Module):
    """A linear layer that computes with the signs of its weights, scaled by their mean size."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(0.1 * torch.randn(outputs, inputs))

    def forward(self, x):
        scale = self.weight.abs().mean()
        return x @ (scale * SignThrough.apply(self.weight)).T


torch.manual_seed(0)
truth = torch.tensor([1.0, -1.0, -1.0, 1.0, 1.0, -1.0, 1.0, -1.0])
inputs = torch.randn(128, 8)
targets = (inputs @ truth).unsqueeze(1)

model = BinaryLinear(8, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.02)
for _ in range(60):
    loss = nn.functional.mse_loss(model(inputs), targets)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

found = int((model.weight.sign() == truth).sum())
print(f"loss {loss.item():.4f}; {found} of {len(truth)} signs found")
