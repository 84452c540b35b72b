import torch
from model import Net


def loss(net: Net, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    # Made in one dtype, used in another.
    a = torch.randn(1, requires_grad=True).to(torch.float64)
    yhat = net(x) * a
    # Wide letters move the mark.
    総和 = (yhat - y).pow(2).sum() + a.detach()
    return 総和
