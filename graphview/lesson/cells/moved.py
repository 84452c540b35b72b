a = torch.randn(1, requires_grad=True, dtype=torch.float)
b = torch.randn(1, requires_grad=True, dtype=torch.float)
print(a.type(), a.is_leaf)

a = a.to(device)
b = b.to(device)
print(a.type(), a.is_leaf)
a, b
