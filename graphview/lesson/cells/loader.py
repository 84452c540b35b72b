from torch.utils.data import DataLoader

train_loader = DataLoader(dataset=train_data, batch_size=16, shuffle=True)

x_batch, y_batch = next(iter(train_loader))
print(x_batch.shape, y_batch.shape, x_batch.device)
len(train_loader)
