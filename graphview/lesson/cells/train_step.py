def make_train_step(model, loss_func, optimizer):
    def train_step(x, y):
        model.train()
        yhat = model(x)
        loss = loss_func(y, yhat)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        return loss.item()

    return train_step


train_step = make_train_step(model, loss_func, optimizer)
losses = [train_step(x_train_tensor, y_train_tensor) for epoch in range(n_epochs)]

print(losses[0], losses[-1])
print(model.state_dict())
