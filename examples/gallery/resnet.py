"""Residual networks (He et al. 2015, arXiv 1512.03385).

`graphview render examples/gallery/resnet.py:resnet152 --device meta -o resnet152.svg`

Look at one block: its input goes round the convolutions and is added again behind them, so that
the gradient always has a short way back.
"""

import torch
from torch import nn
from torch.nn.functional import cross_entropy


class Basic(nn.Module):
    """Two convolutions of 3 × 3, as in figure 5 on the left."""

    growth = 1

    def __init__(self, before: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, width, 3, stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU()
        self.shortcut = shortcut(before, width, stride)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.relu(self.norm1(self.conv1(x)))
        y = self.norm2(self.conv2(y))
        return self.relu(y + self.shortcut(x))


class Bottleneck(nn.Module):
    """A narrow convolution of 3 × 3 between two of 1 × 1, as in figure 5 on the right."""

    growth = 4

    def __init__(self, before: int, width: int, stride: int) -> None:
        super().__init__()
        after = width * self.growth
        self.conv1 = nn.Conv2d(before, width, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, after, 1, bias=False)
        self.norm3 = nn.BatchNorm2d(after)
        self.relu = nn.ReLU()
        self.shortcut = shortcut(before, after, stride)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.relu(self.norm1(self.conv1(x)))
        y = self.relu(self.norm2(self.conv2(y)))
        y = self.norm3(self.conv3(y))
        return self.relu(y + self.shortcut(x))


def shortcut(before: int, after: int, stride: int) -> nn.Module:
    if before == after and stride == 1:
        return nn.Identity()
    return nn.Sequential(nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))


class ResNet(nn.Module):
    def __init__(self, block: type[Basic] | type[Bottleneck], depths: tuple[int, ...]) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, 64, 7, 2, padding=3, bias=False),
            nn.BatchNorm2d(64),
            nn.ReLU(),
            nn.MaxPool2d(3, 2, padding=1),
        )
        self.stages, before = nn.ModuleList(), 64
        for width, depth in zip((64, 128, 256, 512), depths, strict=True):
            stage = nn.Sequential()
            for number in range(depth):
                stride = 2 if number == 0 and width > 64 else 1
                stage.append(block(before, width, stride))
                before = width * block.growth
            self.stages.append(stage)
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(before, 1000))

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        x = self.stem(pictures)
        for stage in self.stages:
            x = stage(x)
        return self.head(x)


def loss(block: type[Basic] | type[Bottleneck], depths: tuple[int, ...]) -> torch.Tensor:
    torch.manual_seed(0)
    scores = ResNet(block, depths)(torch.randn(2, 3, 224, 224))
    return cross_entropy(scores, torch.randint(1000, (2,)))


def resnet18() -> torch.Tensor:
    return loss(Basic, (2, 2, 2, 2))


def resnet152() -> torch.Tensor:
    return loss(Bottleneck, (3, 8, 36, 3))
