from torch.utils.data import Dataset, TensorDataset


class PairDataset(Dataset):
    def __init__(self, x, y):
        self.x = x
        self.y = y

    def __getitem__(self, index):
        return self.x[index], self.y[index]

    def __len__(self):
        return len(self.x)


x_train_tensor = torch.from_numpy(x_train).float()
y_train_tensor = torch.from_numpy(y_train).float()
x_val_tensor = torch.from_numpy(x_val).float()
y_val_tensor = torch.from_numpy(y_val).float()

print(PairDataset(x_train_tensor, y_train_tensor)[0])

train_data = TensorDataset(x_train_tensor, y_train_tensor)
valid_data = TensorDataset(x_val_tensor, y_val_tensor)
print(train_data[0])
len(train_data), len(valid_data)
