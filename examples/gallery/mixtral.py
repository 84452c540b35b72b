"""A mixture of experts, Mixtral 8x7B (Jiang et al. 2024, arXiv 2401.04088).

`graphview render examples/gallery/mixtral.py:loss -o mixtral.svg`

Always on the meta device, like llama.py. Look at the router: its scores choose two of eight experts
for each token, and the choice itself has no gradient; only the weights of the two chosen have one.
Here each expert reads all tokens and counts for nothing where it was not chosen, since without
numbers there is no telling which tokens are whose. The result is the same.
"""

import torch
from torch import nn
from torch.nn.functional import cross_entropy, scaled_dot_product_attention, silu


class Attention(nn.Module):
    """Several heads that ask share one that answers; positions are angles (arXiv 2104.09864)."""

    def __init__(self, width: int, heads: int, answering: int) -> None:
        super().__init__()
        self.size = width // heads
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
        seen = scaled_dot_product_attention(query, key, value, is_causal=True, enable_gqa=True)
        return self.out(seen.transpose(1, 2).flatten(2))


def turn(x: torch.Tensor, angles: torch.Tensor) -> torch.Tensor:
    first, second = x.chunk(2, dim=-1)
    return x * angles.cos() + torch.cat([-second, first], dim=-1) * angles.sin()


class Expert(nn.Module):
    def __init__(self, width: int, wide: int) -> None:
        super().__init__()
        self.gate = nn.Linear(width, wide, bias=False)
        self.up = nn.Linear(width, wide, bias=False)
        self.down = nn.Linear(wide, width, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.down(silu(self.gate(x)) * self.up(x))


class Mixture(nn.Module):
    """The weighted sum of the experts that the router chose."""

    def __init__(self, width: int, wide: int, experts: int) -> None:
        super().__init__()
        self.router = nn.Linear(width, experts, bias=False)
        self.experts = nn.ModuleList(Expert(width, wide) for _ in range(experts))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        scores, chosen = self.router(x).topk(2, dim=-1)
        nothing = x.new_zeros(*x.shape[:-1], len(self.experts))
        weights = nothing.scatter(-1, chosen, scores.softmax(dim=-1))
        said = torch.stack([expert(x) for expert in self.experts], dim=-1)
        return (said @ weights.unsqueeze(-1)).squeeze(-1)


class Block(nn.Module):
    def __init__(self, width: int, wide: int, experts: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.RMSNorm(width), nn.RMSNorm(width)
        self.attention = Attention(width, heads=32, answering=8)
        self.mixture = Mixture(width, wide, experts)

    def forward(self, x: torch.Tensor, angles: torch.Tensor) -> torch.Tensor:
        x = x + self.attention(self.norm1(x), angles)
        return x + self.mixture(self.norm2(x))


class Mixtral(nn.Module):
    def __init__(self, layers: int, width: int, wide: int, experts: int) -> None:
        super().__init__()
        self.tokens = nn.Embedding(32_000, width)
        self.layers = nn.ModuleList(Block(width, wide, experts) for _ in range(layers))
        self.norm = nn.RMSNorm(width)
        self.scores = nn.Linear(width, 32_000, bias=False)
        self.half = width // 64

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        steps = 1_000_000.0 ** (-torch.arange(self.half, device=tokens.device) / self.half)
        places = torch.arange(tokens.shape[1], device=tokens.device)
        angles = torch.outer(places, steps).repeat(1, 2)
        x = self.tokens(tokens)
        for layer in self.layers:
            x = layer(x, angles)
        return self.scores(self.norm(x))


def loss(layers: int = 32, width: int = 4096, wide: int = 14_336, experts: int = 8) -> torch.Tensor:
    with torch.device("meta"):
        texts = torch.randint(32_000, (1, 4097))
        scores = Mixtral(layers, width, wide, experts)(texts[:, :-1])
        return cross_entropy(scores.flatten(0, 1), texts[:, 1:].flatten())
