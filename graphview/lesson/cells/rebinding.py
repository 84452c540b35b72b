for epoch in range(n_epochs):
    yhat = a + b * x_train_tensor
    error = y_train_tensor - yhat
    loss = (error**2).mean()

    print("epoch", epoch, "starts with", a, b)
    loss.backward()
    print("gradients", a.grad, b.grad)

    a = a - lr * a.grad
    b = b - lr * b.grad
    print("updated to", a, b)
