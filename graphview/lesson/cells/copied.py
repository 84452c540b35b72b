before = a
a = a.to(device, copy=True)
print(a is before, a.is_leaf)
a
