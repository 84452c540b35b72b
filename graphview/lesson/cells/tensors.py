import torch

device = "cuda" if torch.cuda.is_available() else "cpu"
print(device)

x_train_tensor = torch.from_numpy(x_train).float().to(device)
y_train_tensor = torch.from_numpy(y_train).float().to(device)
print(type(x_train))
print(type(x_train_tensor))
print(x_train_tensor.type())
