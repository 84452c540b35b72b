"""The models that the benchmarks measure: the gallery's at their real sizes, and a GPT of any size.

Of the gallery's only shapes are needed, so that they run on the meta device wherever that is fast.
"""

from __future__ import annotations

import runpy
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

GALLERY = Path(__file__).parent.parent / "examples" / "gallery"


@dataclass(frozen=True, slots=True)
class Model:
    """A function of the gallery that returns a loss.

    `faster` is how many times faster than torchviz and dot a picture of every node is to be.
    """

    file: str
    function: str
    device: str = "meta"
    faster: float | None = None

    def function_of(self) -> Callable[[], Tensor]:
        found: dict[str, Any] = runpy.run_path(str(GALLERY / self.file))
        function: Callable[[], Tensor] = found[self.function]
        return function

    @property
    def subject(self) -> str:
        return f"{GALLERY / self.file}:{self.function}"


# An LSTM cell is slower on the meta device than on the processor.
MODELS = {
    "MLP": Model("mlp.py", "loss"),
    "ResNet-18": Model("resnet.py", "resnet18"),
    "GPT-2": Model("gpt2.py", "loss", faster=8),
    "Llama 70B": Model("llama.py", "loss", faster=80),
    "LSTM, 100 steps": Model("lstm.py", "loss100", "cpu", faster=400),
    "LSTM, 1,000 steps": Model("lstm.py", "loss1000", "cpu"),
    "LSTM, 10,000 steps": Model("lstm.py", "loss10000", "cpu"),
}


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
    """As GPT-2, with 256 tokens and whatever width: what recording costs depends on it."""

    def __init__(self, width: int, heads: int, layers: int) -> None:
        super().__init__()
        self.tokens, self.places = nn.Embedding(256, width), nn.Embedding(64, width)
        self.blocks = nn.Sequential(*(Block(width, heads) for _ in range(layers)))
        self.norm = nn.LayerNorm(width)

    def forward(self, ids: Tensor) -> Tensor:
        x = self.tokens(ids) + self.places(torch.arange(ids.shape[1]))
        return self.norm(self.blocks(x)) @ self.tokens.weight.t()
