"""U-Net (Ronneberger et al. 2015, arXiv 1505.04597).

`graphview render examples/gallery/unet.py:loss --device meta -o unet.svg`

Look at the four arrows that go straight from the way down to the way up: fine detail passes there,
and so does a gradient that need not go through the bottom.
"""

import torch
from torch import nn
from torch.nn.functional import cross_entropy


class Convolutions(nn.Sequential):
    """Twice 3 × 3; padded, unlike the paper's, so that sizes agree on both sides."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__(
            nn.Conv2d(before, after, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(after, after, 3, padding=1),
            nn.ReLU(),
        )


class Up(nn.Module):
    """Doubles the sides, and joins what came over from the other side."""

    def __init__(self, before: int) -> None:
        super().__init__()
        self.grow = nn.ConvTranspose2d(before, before // 2, 2, 2)
        self.convolutions = Convolutions(before, before // 2)

    def forward(self, x: torch.Tensor, across: torch.Tensor) -> torch.Tensor:
        return self.convolutions(torch.cat([across, self.grow(x)], dim=1))


class UNet(nn.Module):
    """From a grey picture to a score for each class at each pixel."""

    def __init__(self, width: int, classes: int = 2, depth: int = 4) -> None:
        super().__init__()
        widths = [width << level for level in range(depth + 1)]
        self.pool = nn.MaxPool2d(2)
        self.down = nn.ModuleList(
            Convolutions(before, after)
            for before, after in zip([1, *widths], widths[:-1], strict=False)
        )
        self.bottom = Convolutions(widths[-2], widths[-1])
        self.up = nn.ModuleList(Up(before) for before in reversed(widths[1:]))
        self.scores = nn.Conv2d(width, classes, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        across = []
        for convolutions in self.down:
            across.append(convolutions(x))
            x = self.pool(across[-1])
        x = self.bottom(x)
        for up in self.up:
            x = up(x, across.pop())
        return self.scores(x)


def loss(width: int = 64, side: int = 256) -> torch.Tensor:
    torch.manual_seed(0)
    scores = UNet(width)(torch.randn(1, 1, side, side))
    return cross_entropy(scores, torch.randint(2, (1, side, side)))
