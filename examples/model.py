"""A forward pass to draw without training: `graphview render examples/model.py:loss -o loss.svg`.

Look at the three roots: `loss` is the sum of the two others, so their graphs are parts of its own,
and the layers of the trunk are shared by all.
"""

import torch
from torch import nn


class TwoHeaded(nn.Module):
    """One trunk, from which one head tells the class and the other a quantity."""

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(6, width), nn.LayerNorm(width), nn.ReLU())
        self.to_class = nn.Linear(width, 3)
        self.to_quantity = nn.Linear(width, 1)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        features = self.trunk(x)
        return self.to_class(features), self.to_quantity(features)


def loss() -> dict[str, torch.Tensor]:
    """The losses of both heads on made-up samples, and their sum."""
    torch.manual_seed(0)
    model = TwoHeaded()
    scores, quantity = model(torch.randn(32, 6))
    classification = nn.functional.cross_entropy(scores, torch.randint(3, (32,)))
    regression = nn.functional.mse_loss(quantity, torch.randn(32, 1))
    return {
        "classification": classification,
        "regression": regression,
        "loss": classification + 0.5 * regression,
    }
