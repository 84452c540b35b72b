train_data.to(device)
