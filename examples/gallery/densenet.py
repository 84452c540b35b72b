"""DenseNet-201 (Huang et al. 2016, arXiv 1608.06993).

`graphview render examples/gallery/densenet.py:loss --device meta -o densenet.svg`

Look at a dense block: each layer reads the results of all layers before it, so that a block of 48
layers has more than a thousand arrows.
"""

import torch
from torch import nn
from torch.nn.functional import cross_entropy


class Layer(nn.Module):
    """From all features so far, joined, to `growth` new ones."""

    def __init__(self, before: int, growth: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.BatchNorm2d(before), nn.BatchNorm2d(4 * growth)
        self.conv1 = nn.Conv2d(before, 4 * growth, 1, bias=False)
        self.conv2 = nn.Conv2d(4 * growth, growth, 3, padding=1, bias=False)
        self.relu = nn.ReLU()

    def forward(self, features: list[torch.Tensor]) -> torch.Tensor:
        narrow = self.conv1(self.relu(self.norm1(torch.cat(features, dim=1))))
        return self.conv2(self.relu(self.norm2(narrow)))


class Transition(nn.Sequential):
    """Halves the features and the picture's sides."""

    def __init__(self, before: int) -> None:
        super().__init__(
            nn.BatchNorm2d(before),
            nn.ReLU(),
            nn.Conv2d(before, before // 2, 1, bias=False),
            nn.AvgPool2d(2),
        )


class Dense(nn.Module):
    """A dense block, and the transition to the next one if there is one."""

    def __init__(self, before: int, growth: int, depth: int, last: bool) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Layer(before + i * growth, growth) for i in range(depth))
        width = before + depth * growth
        self.transition = nn.Identity() if last else Transition(width)
        self.width = width if last else width // 2

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        features = [x]
        for layer in self.layers:
            features.append(layer(features))
        return self.transition(torch.cat(features, dim=1))


class DenseNet(nn.Module):
    def __init__(self, depths: tuple[int, ...], growth: int = 32) -> None:
        super().__init__()
        width = 2 * growth
        self.stem = nn.Sequential(
            nn.Conv2d(3, width, 7, 2, padding=3, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.MaxPool2d(3, 2, padding=1),
        )
        self.blocks = nn.ModuleList()
        for number, depth in enumerate(depths, 1):
            block = Dense(width, growth, depth, last=number == len(depths))
            self.blocks.append(block)
            width = block.width
        self.head = nn.Sequential(
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(width, 1000),
        )

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        x = self.stem(pictures)
        for block in self.blocks:
            x = block(x)
        return self.head(x)


def loss(depths: tuple[int, ...] = (6, 12, 48, 32)) -> torch.Tensor:
    torch.manual_seed(0)
    scores = DenseNet(depths)(torch.randn(2, 3, 224, 224))
    return cross_entropy(scores, torch.randint(1000, (2,)))
