class LinearRegression(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Parameter(torch.randn(1, dtype=torch.float))
        self.b = nn.Parameter(torch.randn(1, dtype=torch.float))

    def forward(self, x):
        return self.a + self.b * x


torch.manual_seed(42)
model = LinearRegression().to(device)
print(model.a.is_leaf, model.state_dict())

optimizer = optim.SGD(model.parameters(), lr=lr)
for epoch in range(n_epochs):
    model.train()
    yhat = model(x_train_tensor)
    loss = loss_func(y_train_tensor, yhat)

    loss.backward()
    optimizer.step()
    optimizer.zero_grad()

print(model.state_dict())
