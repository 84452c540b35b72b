"""An LSTM that reads one long wave, piece by piece, and carries its state from piece to piece.

Look at the graph of `loss`: it ends where the piece begins, since the state is detached there. Its
size is the same at every step; without the detach, backward would ask for a graph that is gone.
"""

import torch
from torch import nn

PIECE = 25  # time steps that one backward reaches back


class Forecaster(nn.Module):
    """Says from the wave so far what its next value will be."""

    def __init__(self, width: int = 24) -> None:
        super().__init__()
        self.lstm = nn.LSTM(input_size=1, hidden_size=width, batch_first=True)
        self.readout = nn.Linear(width, 1)

    def forward(self, wave, state=None):
        features, state = self.lstm(wave, state)
        return self.readout(features), state


torch.manual_seed(0)
time = torch.arange(1001) * 0.2
wave = (torch.sin(time) + 0.5 * torch.sin(2.3 * time)).reshape(1, -1, 1)

model = Forecaster()
optimizer = torch.optim.Adam(model.parameters(), lr=0.02)

for epoch in range(2):
    state = None
    for start in range(0, 1000, PIECE):
        if state is not None:
            state = tuple(part.detach() for part in state)
        piece = wave[:, start : start + PIECE]
        target = wave[:, start + 1 : start + PIECE + 1]

        forecast, state = model(piece, state)
        loss = nn.functional.mse_loss(forecast, target)

        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"epoch {epoch}: squared error of the last forecasts {loss.item():.4f}")
