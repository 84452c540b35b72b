lr = 1e-1
n_epochs = 1000
