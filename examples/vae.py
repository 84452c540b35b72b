"""A variational autoencoder of points on a ring.

Look at the graph of `loss`: two ways lead from it to the encoder, one through `reconstruction` and
the decoder, one straight through `divergence`. The noise is no leaf: the reparameterisation
`mean + deviation * noise` is what lets the gradient pass a random draw.
"""

import torch
from torch import nn


class VAE(nn.Module):
    """Encodes a point as a normal distribution over one number, and decodes draws from it."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(2, width), nn.ReLU())
        self.to_mean = nn.Linear(width, 1)
        self.to_log_variance = nn.Linear(width, 1)
        self.decoder = nn.Sequential(nn.Linear(1, width), nn.ReLU(), nn.Linear(width, 2))

    def forward(self, points):
        features = self.encoder(points)
        mean, log_variance = self.to_mean(features), self.to_log_variance(features)
        deviation = torch.exp(0.5 * log_variance)
        noise = torch.randn_like(deviation)
        code = mean + deviation * noise
        return self.decoder(code), mean, log_variance


torch.manual_seed(0)
angle = 2 * torch.pi * torch.rand(512)
ring = torch.stack([angle.cos(), angle.sin()], dim=1)

model = VAE()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)

for _ in range(150):
    points = ring[torch.randint(len(ring), (128,))]
    decoded, mean, log_variance = model(points)
    reconstruction = ((decoded - points) ** 2).sum(dim=1).mean()
    divergence = 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum(dim=1).mean()
    loss = reconstruction + 0.05 * divergence

    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

print(f"reconstruction {reconstruction.item():.3f}, divergence {divergence.item():.3f}")
with torch.no_grad():
    samples = model.decoder(torch.randn(5, 1))
print("distances of five new points from the centre:", samples.norm(dim=1).numpy().round(2))
