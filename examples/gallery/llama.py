"""Llama with 70 billion parameters (Touvron et al. 2023, arXiv 2307.09288).

`graphview render examples/gallery/llama.py:loss -o llama.svg`

Always on the meta device, where tensors have shapes but no numbers: 280 gigabytes of parameters
take no memory, and autograd records the same graph. Look at how few heads make keys and values
(grouped queries, arXiv 2305.13245) and how positions are turned into angles (arXiv 2104.09864).
"""

import torch
from torch import nn
from torch.nn.functional import cross_entropy, silu


class Norm(nn.Module):
    """Divides by the root of the mean square (arXiv 1910.07467)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * (x.square().mean(-1, keepdim=True) + 1e-5).rsqrt() * self.weight


def turn(x: torch.Tensor, angles: torch.Tensor) -> torch.Tensor:
    """Turn each pair of features by an angle that grows with the position."""
    first, second = x.chunk(2, dim=-1)
    return x * angles.cos() + torch.cat([-second, first], dim=-1) * angles.sin()


class Attention(nn.Module):
    """Several heads that ask share one that answers."""

    def __init__(self, width: int, heads: int, answering: int) -> None:
        super().__init__()
        self.size, self.shared = width // heads, heads // answering
        self.query = nn.Linear(width, width, bias=False)
        self.key = nn.Linear(width, answering * self.size, bias=False)
        self.value = nn.Linear(width, answering * self.size, bias=False)
        self.out = nn.Linear(width, width, bias=False)

    def forward(self, x: torch.Tensor, angles: torch.Tensor) -> torch.Tensor:
        query, key, value = (
            project(x).unflatten(2, (-1, self.size)).transpose(1, 2)
            for project in (self.query, self.key, self.value)
        )
        query, key = turn(query, angles), turn(key, angles)
        key, value = (part.repeat_interleave(self.shared, dim=1) for part in (key, value))
        scores = query @ key.transpose(2, 3) / self.size**0.5
        future = torch.ones(scores.shape[-2:], dtype=torch.bool, device=x.device).triu(1)
        weights = scores.masked_fill(future, float("-inf")).softmax(dim=-1)
        return self.out((weights @ value).transpose(1, 2).flatten(2))


class MLP(nn.Module):
    """One projection opens and closes the other (SwiGLU, arXiv 2002.05202)."""

    def __init__(self, width: int, wide: int) -> None:
        super().__init__()
        self.gate = nn.Linear(width, wide, bias=False)
        self.up = nn.Linear(width, wide, bias=False)
        self.down = nn.Linear(wide, width, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.down(silu(self.gate(x)) * self.up(x))


class Block(nn.Module):
    def __init__(self, width: int, heads: int, answering: int, wide: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = Norm(width), Norm(width)
        self.attention = Attention(width, heads, answering)
        self.mlp = MLP(width, wide)

    def forward(self, x: torch.Tensor, angles: torch.Tensor) -> torch.Tensor:
        x = x + self.attention(self.norm1(x), angles)
        return x + self.mlp(self.norm2(x))


class Llama(nn.Module):
    def __init__(self, layers: int, width: int, heads: int, answering: int, wide: int) -> None:
        super().__init__()
        self.tokens = nn.Embedding(32_000, width)
        self.layers = nn.ModuleList(Block(width, heads, answering, wide) for _ in range(layers))
        self.norm = Norm(width)
        self.scores = nn.Linear(width, 32_000, bias=False)
        self.half = width // heads // 2

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        steps = 10_000.0 ** (-torch.arange(self.half, device=tokens.device) / self.half)
        places = torch.arange(tokens.shape[1], device=tokens.device)
        angles = torch.outer(places, steps).repeat(1, 2)
        x = self.tokens(tokens)
        for layer in self.layers:
            x = layer(x, angles)
        return self.scores(self.norm(x))


def loss(
    layers: int = 80, width: int = 8192, heads: int = 64, answering: int = 8, wide: int = 28_672
) -> torch.Tensor:
    with torch.device("meta"):
        texts = torch.randint(32_000, (1, 4097))
        scores = Llama(layers, width, heads, answering, wide)(texts[:, :-1])
        return cross_entropy(scores.flatten(0, 1), texts[:, 1:].flatten())
