"""Messages along the edges of a graph (Gilmer et al. 2017, arXiv 1704.01212).

`graphview render examples/gallery/gnn.py:loss -o gnn.svg`

Look at one round: messages are gathered from the vertices by `index_select`, and `index_add` lays
them down where they go; backward runs the same edges the other way.
"""

import torch
from torch import nn
from torch.nn.functional import cross_entropy

# A hexagon with a tail, as in toluene: each pair is an edge, and is walked both ways.
EDGES = ((0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 0), (0, 6))


class Round(nn.Module):
    """Each vertex hears from its neighbours and changes its mind (GRU, arXiv 1406.1078)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.message = nn.Sequential(nn.Linear(2 * width, width), nn.ReLU())
        self.update = nn.GRUCell(width, width)

    def forward(
        self, vertices: torch.Tensor, tails: torch.Tensor, heads: torch.Tensor
    ) -> torch.Tensor:
        pairs = torch.cat([vertices.index_select(0, tails), vertices.index_select(0, heads)], dim=1)
        heard = torch.zeros_like(vertices).index_add(0, heads, self.message(pairs))
        return self.update(heard, vertices)


class Messages(nn.Module):
    """From a kind for each vertex to scores for the whole graph."""

    def __init__(self, width: int, rounds: int) -> None:
        super().__init__()
        self.kinds = nn.Embedding(4, width)
        self.rounds = nn.ModuleList(Round(width) for _ in range(rounds))
        self.scores = nn.Linear(width, 2)

    def forward(
        self, kinds: torch.Tensor, tails: torch.Tensor, heads: torch.Tensor
    ) -> torch.Tensor:
        vertices = self.kinds(kinds)
        for each in self.rounds:
            vertices = each(vertices, tails, heads)
        return self.scores(vertices.sum(0))


def loss(width: int = 16, rounds: int = 3) -> torch.Tensor:
    torch.manual_seed(0)
    one_way = torch.tensor(EDGES).t()
    tails, heads = torch.cat([one_way, one_way.flip(0)], dim=1)
    kinds = torch.tensor([0, 1, 0, 2, 0, 1, 3])
    return cross_entropy(Messages(width, rounds)(kinds, tails, heads), torch.tensor(1))
