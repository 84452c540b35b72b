torch.manual_seed(42)
a = torch.randn(1, requires_grad=True, dtype=torch.float, device=device)
b = torch.randn(1, requires_grad=True, dtype=torch.float, device=device)

for epoch in range(n_epochs):
    yhat = a + b * x_train_tensor
    error = y_train_tensor - yhat
    loss = (error**2).mean()

    loss.backward()
    if epoch < 16:
        values = f"a {a.item():.4f} b {b.item():.4f}"
        print(f"{epoch:2} {values} .grad {a.grad.item():.4f} {b.grad.item():.4f}")

    with torch.no_grad():
        a -= lr * a.grad
        b.sub_(lr * b.grad)

print(a, b)
