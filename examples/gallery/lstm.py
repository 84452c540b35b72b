"""An LSTM cell called again and again (Hochreiter and Schmidhuber 1997; arXiv 1503.04069).

`graphview render examples/gallery/lstm.py:loss100 -o lstm.svg`

Look at the four parameters of the cell: each step uses them, so a hundred ways lead back to each.
`loss10000` has 150,000 nodes.
"""

import torch
from torch import nn
from torch.nn.functional import mse_loss


class Reader(nn.Module):
    """Reads a series number by number, and says one number at its end."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.cell = nn.LSTMCell(1, width)
        self.answer = nn.Linear(width, 1)

    def forward(self, series: torch.Tensor) -> torch.Tensor:
        state = None
        for number in series.unbind(1):
            state = self.cell(number.unsqueeze(-1), state)
        return self.answer(state[0])


def loss(steps: int, width: int = 8) -> torch.Tensor:
    torch.manual_seed(0)
    return mse_loss(Reader(width)(torch.randn(4, steps)), torch.randn(4, 1))


def loss10() -> torch.Tensor:
    return loss(10)


def loss100() -> torch.Tensor:
    return loss(100)


def loss1000() -> torch.Tensor:
    return loss(1000)


def loss10000() -> torch.Tensor:
    return loss(10_000)
