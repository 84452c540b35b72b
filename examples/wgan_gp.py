"""A Wasserstein GAN with gradient penalty: a loss that has a gradient in it.

Look at the graph of `critic_loss`: `torch.autograd.grad(..., create_graph=True)` recorded the
backward pass of the critic as a graph of its own, so among the operations there are derivatives of
derivatives, and each weight of the critic is reached by several ways. That call starts backward
too, from `scores.sum()`.
"""

import torch
from torch import nn


def network(inputs: int, outputs: int, width: int = 16) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, width), nn.Softplus(), nn.Linear(width, outputs))


def gradient_penalty(critic: nn.Module, real: torch.Tensor, fake: torch.Tensor) -> torch.Tensor:
    """How far the critic's slope is from 1, at points between the real and the fake ones."""
    share = torch.rand(len(real), 1)
    between = (share * real + (1 - share) * fake).requires_grad_()
    scores = critic(between)
    (slopes,) = torch.autograd.grad(scores.sum(), between, create_graph=True)
    return ((slopes.norm(dim=1) - 1) ** 2).mean()


torch.manual_seed(0)
centre = torch.tensor([2.0, -1.0])
critic, generator = network(2, 1), network(3, 2)
critic_optimizer = torch.optim.Adam(critic.parameters(), lr=0.01, betas=(0.5, 0.9))
generator_optimizer = torch.optim.Adam(generator.parameters(), lr=0.01, betas=(0.5, 0.9))

for _ in range(60):
    for _ in range(3):
        real = centre + 0.3 * torch.randn(64, 2)
        fake = generator(torch.randn(64, 3)).detach()
        penalty = gradient_penalty(critic, real, fake)
        critic_loss = critic(fake).mean() - critic(real).mean() + 10 * penalty
        critic_optimizer.zero_grad()
        critic_loss.backward()
        critic_optimizer.step()

    generator_loss = -critic(generator(torch.randn(64, 3))).mean()
    generator_optimizer.zero_grad()
    generator_loss.backward(inputs=list(generator.parameters()))
    generator_optimizer.step()

with torch.no_grad():
    reached = generator(torch.randn(1000, 3)).mean(dim=0)
print(f"real centre {centre.numpy()}, generated centre {reached.numpy().round(2)}")
