"""A multi-layer perceptron: `graphview render examples/gallery/mlp.py:loss -o mlp.svg`.

Look at how few kinds of node there are: each layer is one `addmm`, a product and a sum in one step.
"""

import torch
from torch import nn
from torch.nn.functional import cross_entropy


class MLP(nn.Module):
    """Says which of ten digits a picture of 28 × 28 shows."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU())
        self.scores = nn.Linear(64, 10)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return self.scores(self.hidden(pictures))


def loss() -> torch.Tensor:
    torch.manual_seed(0)
    return cross_entropy(MLP()(torch.randn(32, 784)), torch.randint(10, (32,)))
