"""The models that the benchmark draws: small in width, real in structure. Plain torch only."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional


def mlp() -> tuple[nn.Module, Tensor]:
    layers = [nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 1)]
    model = nn.Sequential(*layers)
    return model, model(torch.randn(8, 16)).mean()


class Residual(nn.Module):
    """A basic block as in ResNet-18 (He et al. 2015, arXiv 1512.03385, figure 5 left)."""

    def __init__(self, width: int, out: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width, out, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(out)
        self.conv2 = nn.Conv2d(out, out, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(out)
        same = stride == 1 and width == out
        self.skip: nn.Module = nn.Identity() if same else _projection(width, out, stride)

    def forward(self, x: Tensor) -> Tensor:
        y = functional.relu(self.bn1(self.conv1(x)))
        return functional.relu(self.bn2(self.conv2(y)) + self.skip(x))


def _projection(width: int, out: int, stride: int) -> nn.Module:
    return nn.Sequential(nn.Conv2d(width, out, 1, stride, bias=False), nn.BatchNorm2d(out))


def resnet18() -> tuple[nn.Module, Tensor]:
    """The 18 layers of ResNet-18 with an eighth of its width."""
    first = nn.Conv2d(3, 8, 7, 2, 3, bias=False)
    stem = [first, nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    blocks, width = [], 8
    for out, stride in ((8, 1), (16, 2), (32, 2), (64, 2)):
        blocks += [Residual(width, out, stride), Residual(out, out, 1)]
        width = out
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, 10)]
    model = nn.Sequential(*stem, *blocks, *head)
    return model, functional.cross_entropy(model(torch.randn(2, 3, 64, 64)), torch.tensor([1, 2]))


class Attention(nn.Module):
    """Causal self-attention written out, as in GPT-2 (Radford et al. 2019)."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.heads = heads

    def forward(self, x: Tensor) -> Tensor:
        batch, length, width = x.shape
        q, k, v = (
            part.view(batch, length, self.heads, -1).transpose(1, 2)
            for part in self.qkv(x).split(width, dim=2)
        )
        scores = q @ k.transpose(-2, -1) / (width // self.heads) ** 0.5
        future = torch.ones(length, length, dtype=torch.bool).triu(1)
        weights = scores.masked_fill(future, float("-inf")).softmax(dim=-1)
        return self.out((weights @ v).transpose(1, 2).reshape(batch, length, width))


class Block(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        wide = 4 * width
        self.mlp = nn.Sequential(nn.Linear(width, wide), nn.GELU(), nn.Linear(wide, width))

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class GPT(nn.Module):
    """GPT-2 small's 12 layers and 12 heads at an eighth of its width."""

    def __init__(self, width: int = 96, heads: int = 12, layers: int = 12) -> None:
        super().__init__()
        self.tokens, self.places = nn.Embedding(256, width), nn.Embedding(64, width)
        self.blocks = nn.Sequential(*(Block(width, heads) for _ in range(layers)))
        self.norm = nn.LayerNorm(width)

    def forward(self, ids: Tensor) -> Tensor:
        x = self.tokens(ids) + self.places(torch.arange(ids.shape[1]))
        return self.norm(self.blocks(x)) @ self.tokens.weight.t()


def gpt2() -> tuple[nn.Module, Tensor]:
    model, ids = GPT(), torch.randint(0, 256, (2, 32))
    logits = model(ids)
    return model, functional.cross_entropy(logits.view(-1, 256), ids.view(-1))


MODELS: dict[str, Callable[[], tuple[nn.Module, Tensor]]] = {
    "MLP": mlp,
    "ResNet-18": resnet18,
    "GPT-2 (12 layers)": gpt2,
}
