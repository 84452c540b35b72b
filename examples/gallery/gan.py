"""Two networks against each other, DCGAN (Radford et al. 2015, arXiv 1511.06434).

`graphview render examples/gallery/gan.py:losses --root generator --device meta -o gan.svg`

Look at both roots: the generator's loss goes back through the discriminator, and that of the
discriminator stops at `detach` before it would reach the generator.
"""

from itertools import pairwise

import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits as says


class Generator(nn.Sequential):
    """From 100 random numbers to a picture of 64 × 64."""

    def __init__(self, width: int) -> None:
        widths = (8 * width, 4 * width, 2 * width, width)
        super().__init__(
            nn.ConvTranspose2d(100, widths[0], 4, bias=False), nn.BatchNorm2d(widths[0]), nn.ReLU()
        )
        for before, after in pairwise(widths):
            self.append(nn.ConvTranspose2d(before, after, 4, 2, 1, bias=False))
            self.append(nn.BatchNorm2d(after)).append(nn.ReLU())
        self.append(nn.ConvTranspose2d(width, 3, 4, 2, 1, bias=False)).append(nn.Tanh())


class Discriminator(nn.Sequential):
    """How real a picture looks."""

    def __init__(self, width: int) -> None:
        widths = (width, 2 * width, 4 * width, 8 * width)
        super().__init__(nn.Conv2d(3, width, 4, 2, 1, bias=False), nn.LeakyReLU(0.2))
        for before, after in pairwise(widths):
            self.append(nn.Conv2d(before, after, 4, 2, 1, bias=False))
            self.append(nn.BatchNorm2d(after)).append(nn.LeakyReLU(0.2))
        self.append(nn.Conv2d(widths[-1], 1, 4, bias=False)).append(nn.Flatten(0))


def losses(width: int = 64, batch: int = 8) -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    generator, discriminator = Generator(width), Discriminator(width)
    real, made = torch.randn(batch, 3, 64, 64), generator(torch.randn(batch, 100, 1, 1))
    yes, no = torch.ones(batch), torch.zeros(batch)
    on_real = says(discriminator(real), yes)
    on_made = says(discriminator(made.detach()), no)
    return {
        "discriminator": on_real + on_made,
        "generator": says(discriminator(made), yes),
    }
