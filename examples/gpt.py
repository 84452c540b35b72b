"""A GPT of any size: `graphview render examples/gpt.py:loss -o gpt.svg`.

Look at one block: its input goes round the attention and round the two layers behind it, and is
added again after each, so that the gradient always has a straight way back. `large` has 65 billion
parameters, which take no memory on the meta device: tensors have shapes there, but no numbers.
"""

import torch
from torch import nn
from torch.nn.functional import cross_entropy, scaled_dot_product_attention


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
        seen = scaled_dot_product_attention(query, key, value, is_causal=True)
        return self.out(seen.transpose(1, 2).flatten(2))


class Block(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.attention_norm, self.mlp_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.mlp = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.attention(self.attention_norm(x))
        return x + self.mlp(self.mlp_norm(x))


class GPT(nn.Module):
    """Scores for each next token: (batch, length) to (batch, length, vocabulary)."""

    def __init__(self, layers: int, width: int, heads: int, vocabulary: int, length: int) -> None:
        super().__init__()
        self.tokens, self.places = nn.Embedding(vocabulary, width), nn.Embedding(length, width)
        self.blocks = nn.Sequential(*(Block(width, heads) for _ in range(layers)))
        self.norm = nn.LayerNorm(width)
        self.scores = nn.Linear(width, vocabulary, bias=False)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        x = self.tokens(tokens) + self.places(torch.arange(tokens.shape[1]))
        return self.scores(self.norm(self.blocks(x)))


def loss(layers=2, width=64, heads=4, vocabulary=128, length=32) -> torch.Tensor:
    """How well a new GPT says the next token of two made-up texts."""
    torch.manual_seed(0)
    texts = torch.randint(vocabulary, (2, length + 1))
    scores = GPT(layers, width, heads, vocabulary, length)(texts[:, :-1])
    return cross_entropy(scores.flatten(0, 1), texts[:, 1:].flatten())


def large() -> torch.Tensor:
    """The same with 80 layers of width 8192; on the meta device, whatever the default."""
    with torch.device("meta"):
        return loss(layers=80, width=8192, heads=64, vocabulary=32_000, length=4096)
