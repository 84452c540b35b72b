loss.backward()
print(a.grad, b.grad)

with torch.no_grad():
    a -= lr * a.grad
    b -= lr * b.grad
print(a, b)
