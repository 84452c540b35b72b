"""Gradient accumulation: batches of 64 on a machine that holds 16.

Look at the run: backward starts four times for each update, and each of its graphs is that of 16
samples alone. Every backward adds to `.grad`; the division of `loss` by four is the last operation
before the root, and makes the sum of four the mean over all 64.
"""

import torch
from torch import nn

MICRO_BATCH, PARTS = 16, 4

torch.manual_seed(0)
inputs = torch.randn(512, 8)
targets = inputs[:, :1].abs() + inputs[:, 1:2]

model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)

for epoch in range(5):
    total = 0.0
    for number, chosen in enumerate(torch.randperm(len(inputs)).split(MICRO_BATCH), start=1):
        prediction = model(inputs[chosen])
        loss = nn.functional.mse_loss(prediction, targets[chosen]) / PARTS
        loss.backward()
        total += loss.item()

        if number % PARTS == 0:
            optimizer.step()
            optimizer.zero_grad()
    updates = number // PARTS
    print(f"epoch {epoch}: {number} backward passes, {updates} updates, loss {total / updates:.3f}")
