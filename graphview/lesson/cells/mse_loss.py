import torch.nn as nn

torch.manual_seed(42)
a = torch.randn(1, requires_grad=True, dtype=torch.float, device=device)
b = torch.randn(1, requires_grad=True, dtype=torch.float, device=device)

optimizer = optim.SGD([a, b], lr=lr)
loss_func = nn.MSELoss(reduction="mean")

for epoch in range(n_epochs):
    yhat = a + b * x_train_tensor
    loss = loss_func(y_train_tensor, yhat)

    loss.backward()
    optimizer.step()
    optimizer.zero_grad()

print(a, b)
