"""A language model of letters whose first and last layers share one weight.

Look at the graph of `loss`: the leaf `embedding.weight` has two users, the embedding at the far end
and the scores near the root. Its gradient is the sum of what comes through both.
"""

import torch
from torch import nn

TEXT = "the cat sat on the mat and the rat ran at the cat; " * 8
LETTERS = sorted(set(TEXT))


class LanguageModel(nn.Module):
    """Scores for each next letter, from the letters so far."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.embedding = nn.Embedding(len(LETTERS), width)
        self.gru = nn.GRU(width, width, batch_first=True)
        self.scores = nn.Linear(width, len(LETTERS), bias=False)
        self.scores.weight = self.embedding.weight
        nn.init.normal_(self.embedding.weight, std=width**-0.5)

    def forward(self, letters: torch.Tensor) -> torch.Tensor:
        features, _ = self.gru(self.embedding(letters))
        return self.scores(features)


torch.manual_seed(0)
text = torch.tensor([LETTERS.index(letter) for letter in TEXT])
model = LanguageModel()
optimizer = torch.optim.Adam(model.parameters(), lr=0.02)

for _ in range(40):
    starts = torch.randint(len(text) - 13, (16,))
    pieces = torch.stack([text[start : start + 13] for start in starts])
    scores = model(pieces[:, :-1])
    loss = nn.functional.cross_entropy(scores.flatten(0, 1), pieces[:, 1:].flatten())

    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

written = "the "
with torch.no_grad():
    for _ in range(30):
        letters = torch.tensor([[LETTERS.index(letter) for letter in written]])
        written += LETTERS[model(letters)[0, -1].argmax().item()]
print(f"loss {loss.item():.3f}; the model writes: {written}")
