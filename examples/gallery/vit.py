"""A vision transformer, ViT-B/16 (Dosovitskiy et al. 2020, arXiv 2010.11929).

`graphview render examples/gallery/vit.py:loss --device meta -o vit.svg`

Look at the beginning: one convolution cuts the picture into 196 patches, and from there on they are
words of a text.
"""

import torch
from torch import nn
from torch.nn.functional import cross_entropy, scaled_dot_product_attention


class Attention(nn.Module):
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
        seen = scaled_dot_product_attention(query, key, value)
        return self.out(seen.transpose(1, 2).flatten(2))


class Block(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.mlp = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class Patches(nn.Module):
    """A row of patches, with where each one stands; the class token is there for every picture."""

    def __init__(self, width: int, side: int = 224) -> None:
        super().__init__()
        self.cut = nn.Conv2d(3, width, 16, 16)
        self.class_token = nn.Parameter(torch.zeros(1, 1, width))
        self.places = nn.Parameter(torch.randn(1, 1 + (side // 16) ** 2, width) * 0.02)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        patches = self.cut(pictures).flatten(2).transpose(1, 2)
        first = self.class_token.expand(len(pictures), -1, -1)
        return torch.cat([first, patches], dim=1) + self.places


class ViT(nn.Module):
    """The class token gathers what the patches say."""

    def __init__(self, layers: int, width: int, heads: int) -> None:
        super().__init__()
        self.patches = Patches(width)
        self.blocks = nn.Sequential(*(Block(width, heads) for _ in range(layers)))
        self.norm = nn.LayerNorm(width)
        self.scores = nn.Linear(width, 1000)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        x = self.blocks(self.patches(pictures))
        return self.scores(self.norm(x)[:, 0])


def loss(layers: int = 12, width: int = 768, heads: int = 12) -> torch.Tensor:
    torch.manual_seed(0)
    scores = ViT(layers, width, heads)(torch.randn(2, 3, 224, 224))
    return cross_entropy(scores, torch.randint(1000, (2,)))
