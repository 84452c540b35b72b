"""GPT-2 (Radford et al. 2019), with attention written out (Vaswani et al. 2017, arXiv 1706.03762).

`graphview render examples/gallery/gpt2.py:loss --device meta -o gpt2.svg`

Look at the first and the last matrix: they are the same parameter, to which two ways lead back.
"""

from math import pi

import torch
from torch import nn
from torch.nn.functional import cross_entropy


class Attention(nn.Module):
    """Each position looks back at those before it, through several heads at once."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.project = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        query, key, value = (
            part.unflatten(2, (self.heads, -1)).transpose(1, 2)
            for part in self.project(x).chunk(3, dim=2)
        )
        scores = query @ key.transpose(2, 3) / query.shape[-1] ** 0.5
        future = torch.ones(scores.shape[-2:], dtype=torch.bool, device=x.device).triu(1)
        weights = scores.masked_fill(future, float("-inf")).softmax(dim=-1)
        return self.out((weights @ value).transpose(1, 2).flatten(2))


class GELU(nn.Module):
    """As GPT-2 computes it, from a hyperbolic tangent (arXiv 1606.08415)."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return 0.5 * x * (1 + torch.tanh((2 / pi) ** 0.5 * (x + 0.044715 * x**3)))


class MLP(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.widen, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.gelu = GELU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.narrow(self.gelu(self.widen(x)))


class Block(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention, self.mlp = Attention(width, heads), MLP(width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class GPT2(nn.Module):
    """Scores for each next token: (batch, length) to (batch, length, 50257)."""

    def __init__(self, layers: int, width: int, heads: int) -> None:
        super().__init__()
        self.tokens, self.places = nn.Embedding(50257, width), nn.Embedding(1024, width)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.scores = nn.Linear(width, 50257, bias=False)
        self.scores.weight = self.tokens.weight

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        places = torch.arange(tokens.shape[1], device=tokens.device)
        x = self.tokens(tokens) + self.places(places)
        for block in self.blocks:
            x = block(x)
        return self.scores(self.norm(x))


def loss(layers: int = 12, width: int = 768, heads: int = 12) -> torch.Tensor:
    """GPT-2 small. Medium, large and xl have 24, 36 and 48 layers."""
    torch.manual_seed(0)
    texts = torch.randint(50257, (1, 129))
    scores = GPT2(layers, width, heads)(texts[:, :-1])
    return cross_entropy(scores.flatten(0, 1), texts[:, 1:].flatten())


def xl() -> torch.Tensor:
    return loss(layers=48, width=1600, heads=25)
