valid_loader = DataLoader(dataset=valid_data, batch_size=16, shuffle=True)

losses = []
val_losses = []
train_step = make_train_step(model, loss_func, optimizer)

for epoch in range(n_epochs):
    for x_batch, y_batch in train_loader:
        losses.append(train_step(x_batch.to(device), y_batch.to(device)))

    model.eval()
    with torch.no_grad():
        for x_batch, y_batch in valid_loader:
            yhat = model(x_batch.to(device))
            val_losses.append(loss_func(y_batch.to(device), yhat).item())

print(len(losses), len(val_losses))
print(model.state_dict())
