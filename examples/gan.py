"""A generative adversarial network that learns a normal distribution.

Look at the two graphs. That of `discriminator_loss` ends at the generator's samples, which are
detached. That of `generator_loss` goes through the discriminator, layer by layer, yet none of the
discriminator's weights is a leaf of it: they are switched off while the generator learns.
"""

import torch
from torch import nn

MEAN, DEVIATION = 3.0, 0.5


def network(inputs: int, width: int = 16) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, width), nn.LeakyReLU(0.2), nn.Linear(width, 1))


torch.manual_seed(0)
generator, discriminator = network(4), network(1)
generator_optimizer = torch.optim.Adam(generator.parameters(), lr=0.02, betas=(0.5, 0.9))
discriminator_optimizer = torch.optim.Adam(discriminator.parameters(), lr=0.02, betas=(0.5, 0.9))
criterion = nn.BCEWithLogitsLoss()
genuine, forged = torch.ones(64, 1), torch.zeros(64, 1)

for _ in range(100):
    real = MEAN + DEVIATION * torch.randn(64, 1)
    fake = generator(torch.randn(64, 4))

    # The discriminator learns to tell the two apart.
    real_loss = criterion(discriminator(real), genuine)
    fake_loss = criterion(discriminator(fake.detach()), forged)
    discriminator_loss = real_loss + fake_loss
    discriminator_optimizer.zero_grad()
    discriminator_loss.backward()
    discriminator_optimizer.step()

    # The generator learns to be taken for real.
    discriminator.requires_grad_(False)
    generator_loss = criterion(discriminator(fake), genuine)
    generator_optimizer.zero_grad()
    generator_loss.backward()
    generator_optimizer.step()
    discriminator.requires_grad_(True)

with torch.no_grad():
    samples = generator(torch.randn(1000, 4))
print(f"real: mean {MEAN:.2f}, deviation {DEVIATION:.2f}")
print(f"fake: mean {samples.mean().item():.2f}, deviation {samples.std().item():.2f}")
