"""Mixed precision: matrices are multiplied in bfloat16, while the weights stay in float32.

Look at the graph of `loss`: in front of each linear layer there is a ToCopyBackward0 for the weight
and one for the bias. That is autocast's cast to bfloat16; on the way back the gradient is cast to
float32 there. The loss is computed in float32 again.
"""

import torch
from torch import nn

device = "cuda" if torch.cuda.is_available() else "cpu"

torch.manual_seed(0)
inputs = torch.randn(256, 16, device=device)
labels = (inputs[:, :4].sum(dim=1) > 0).long()

model = nn.Sequential(nn.Linear(16, 64), nn.GELU(), nn.Linear(64, 2)).to(device)
optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)

for _ in range(40):
    with torch.autocast(device, dtype=torch.bfloat16):
        scores = model(inputs)
        loss = nn.functional.cross_entropy(scores, labels)

    # bfloat16 has the range of float32, so no gradient scaler is needed.
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

kinds = {str(parameter.grad.dtype) for parameter in model.parameters()}
right = (scores.argmax(dim=1) == labels).float().mean().item()
print(f"scores in {scores.dtype}, loss in {loss.dtype}, gradients in {', '.join(kinds)}")
print(f"loss {loss.item():.3f}, {right:.0%} right")
