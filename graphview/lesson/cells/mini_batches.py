losses = []
train_step = make_train_step(model, loss_func, optimizer)

for epoch in range(n_epochs):
    for x_batch, y_batch in train_loader:
        x_batch = x_batch.to(device)
        y_batch = y_batch.to(device)
        losses.append(train_step(x_batch, y_batch))

print(len(losses))
print(model.state_dict())
