"""A network of one hidden layer from four tensors: no module, no optimizer.

Look at the graph of `loss`: the four blue leaves are all that is trained, and every grey operation
is one sign or one call of the two lines that compute `prediction` and `loss`. x and y aren't there,
because they need no gradient.
"""

import torch

torch.manual_seed(0)
x = torch.linspace(-3, 3, 64).unsqueeze(1)
y = torch.sin(x)

hidden = 16
w1 = torch.randn(1, hidden, requires_grad=True)
b1 = torch.randn(hidden, requires_grad=True)
w2 = (torch.randn(hidden, 1) / hidden).requires_grad_()
b2 = torch.zeros(1, requires_grad=True)
parameters = [w1, b1, w2, b2]

for step in range(200):
    prediction = torch.tanh(x @ w1 + b1) @ w2 + b2
    loss = ((prediction - y) ** 2).mean()
    loss.backward()

    with torch.no_grad():
        for parameter in parameters:
            parameter -= 0.1 * parameter.grad
            parameter.grad = None

    if step % 50 == 0:
        print(f"step {step:3}: loss {loss.item():.4f}")

print(f"a sine, learned to a mean error of {loss.item() ** 0.5:.3f}")
