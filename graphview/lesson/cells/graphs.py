print(yhat.grad_fn.name(), error.grad_fn.name(), loss.grad_fn.name())
print(x_train_tensor.requires_grad, x_train_tensor.grad_fn)
