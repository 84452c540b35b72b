torch.manual_seed(42)
a = torch.randn(1, requires_grad=True, dtype=torch.float, device=device)
b = torch.randn(1, requires_grad=True, dtype=torch.float, device=device)

for epoch in range(n_epochs):
    yhat = a + b * x_train_tensor
    error = y_train_tensor - yhat
    loss = (error**2).mean()

    print("epoch", epoch, "starts with", a, b)
    loss.backward()
    print("gradients", a.grad, b.grad)

    a -= lr * a.grad
    b.sub_(lr * b.grad)
    print("updated to", a, b)
