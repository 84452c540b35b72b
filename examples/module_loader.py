"""A classifier as most people write it: a module, a loader, a scheduler, and a validation set.

Look at the graph of `loss`: each weight enters through a TBackward0, the transpose that nn.Linear
takes, and the leaves bear the names of the module's parameters. In the run, the learning rate falls
with the scheduler, and the validation loss has a curve but no graph: it is computed under no_grad.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

EPOCHS = 20


class Classifier(nn.Module):
    """Two hidden layers, from a point in the plane to a score for each of two spirals."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(2, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh()
        )
        self.head = nn.Linear(width, 2)

    def forward(self, points: torch.Tensor) -> torch.Tensor:
        return self.head(self.layers(points))


def spirals(count: int) -> TensorDataset:
    """`count` points on two arms that wind about each other, and which arm each is on."""
    arm = torch.arange(count) % 2
    radius = torch.rand(count)
    angle = 5 * radius + torch.pi * arm
    points = radius.unsqueeze(1) * torch.stack([angle.cos(), angle.sin()], dim=1)
    return TensorDataset(points + 0.02 * torch.randn(count, 2), arm)


torch.manual_seed(0)
training, validation = random_split(spirals(400), [320, 80])
training_loader = DataLoader(training, batch_size=64, shuffle=True)
validation_loader = DataLoader(validation, batch_size=80)

model = Classifier()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.03)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=EPOCHS)

for _ in range(EPOCHS):
    model.train()
    for points, arms in training_loader:
        optimizer.zero_grad()
        loss = criterion(model(points), arms)
        loss.backward()
        optimizer.step()
    scheduler.step()

    model.eval()
    with torch.no_grad():
        for points, arms in validation_loader:
            scores = model(points)
            validation_loss = criterion(scores, arms)
            right = (scores.argmax(dim=1) == arms).float().mean()

print(f"after {EPOCHS} epochs: loss {loss:.3f}, validation loss {validation_loss:.3f}")
print(f"{right:.0%} of the validation points are on the arm that the model says")
