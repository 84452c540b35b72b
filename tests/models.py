"""Small models that between them show every kind of autograd node; each is made anew on call."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.graph import save_on_cpu
from torch.utils.checkpoint import checkpoint


class Subject(NamedTuple):
    """What to capture, and the module or mapping that names its leaves."""

    target: Any
    params: Any = None


@contextmanager
def prototype() -> Iterator[None]:
    """torch warns that nested and CSR tensors may still change."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=UserWarning)
        yield


def leaf(*shape: int) -> Tensor:
    return torch.randn(*shape, requires_grad=True)


class Scale(torch.autograd.Function):
    """A custom Function that saves a tensor, and a None beside it."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, factor: float = 2.0) -> Tensor:
        ctx.save_for_backward(x, None)
        ctx.factor = factor
        return x * factor

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, ...]:
        return (grad * ctx.factor, None)[: len(ctx.needs_input_grad)]


class Sandwich(torch.autograd.Function):
    """Tensors on both sides of what is none, no context in forward, and more in a star."""

    @staticmethod
    def forward(first: Tensor, power: int, *rest: Tensor) -> Tensor:
        return first**power + sum(rest)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Tensor) -> None:
        ctx.kept = inputs[0]

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Any, ...]:
        return grad, None, *[grad for _ in ctx.needs_input_grad[2:]]


class Counted(nn.Module):
    """Counts how often its forward runs."""

    def __init__(self) -> None:
        super().__init__()
        self.inner, self.calls = nn.Linear(3, 3), 0

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        return torch.tanh(self.inner(x)).exp()


def mlp() -> Subject:
    model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1))
    return Subject(F.mse_loss(model(torch.randn(5, 3)), torch.randn(5, 1)), model)


def lstm() -> Subject:
    model = nn.LSTM(3, 4, num_layers=2)
    return Subject(model(torch.randn(5, 2, 3))[0].sum(), model)


def lstm_cell(steps: int = 3) -> Subject:
    model = nn.LSTMCell(2, 3)
    hidden = cell = torch.zeros(1, 3)
    for _ in range(steps):
        hidden, cell = model(torch.ones(1, 2), (hidden, cell))
    return Subject(hidden.sum(), model)


def chain(length: int = 20) -> Subject:
    x = leaf(2)
    y = x
    for _ in range(length):
        y = y * 1.01
    return Subject(y, {"x": x})


def gru() -> Subject:
    model = nn.GRU(3, 4)
    return Subject(model(torch.randn(5, 2, 3))[0].sum(), model)


def transformer() -> Subject:
    model = nn.TransformerEncoderLayer(8, 2, dim_feedforward=8)
    return Subject(model(torch.randn(3, 1, 8)).sum(), model)


def convolution() -> Subject:
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.MaxPool2d(2))
    return Subject(model(torch.randn(2, 1, 6, 6)).sum(), model)


def double_backward() -> Subject:
    x = leaf(3)
    (grad,) = torch.autograd.grad((x**3).sum(), x, create_graph=True)
    return Subject((grad * x).sum(), {"x": x})


def custom() -> Subject:
    x, y = leaf(3), leaf(3)
    return Subject(Sandwich.apply(Scale.apply(x), 2, torch.ones(3), y).sum(), {"x": x, "y": y})


def in_place_on_views() -> Subject:
    x = leaf(4, 4)
    base = x.clone()
    view = base.view(-1)
    base[0] *= 2
    base[1:3].sin_()
    base += 1
    return Subject(base.sum() + view.sin().sum(), {"x": x})


def copies() -> Subject:
    x = leaf(3)
    return Subject(torch.zeros(3, dtype=torch.double).copy_(x).sum(), {"x": x})


def pieces() -> Subject:
    x = leaf(6, 2)
    first, _, third = torch.split(x, 2)
    left, right = third.unbind(1)
    values, _ = x.max(dim=-1)
    return Subject(first.sum() + left.sum() * right.sum() + values.sum(), {"x": x})


def checkpointed(*, reentrant: bool) -> Subject:
    model, x = Counted(), leaf(2, 3)
    return Subject(checkpoint(model, x, use_reentrant=reentrant).sum(), model)


def autocast() -> Subject:
    model = nn.Sequential(nn.Linear(3, 3), nn.ReLU(), nn.Linear(3, 1))
    with torch.autocast("cpu", torch.bfloat16):
        return Subject(model(torch.randn(2, 3)).sum(), model)


def nested(layout: torch.layout) -> Subject:
    parts = [torch.randn(2, 3), torch.randn(4, 3)]
    with prototype():
        tensor = torch.nested.nested_tensor(parts, layout=layout, requires_grad=True)
    return Subject((tensor * 2).sin(), {"ragged": tensor})


def sparse_coo() -> Subject:
    matrix, dense = torch.eye(3).to_sparse().requires_grad_(), leaf(3, 3)
    return Subject(torch.sparse.mm(matrix, dense).sum(), {"matrix": matrix, "dense": dense})


def sparse_csr() -> Subject:
    with prototype():
        matrix, dense = torch.eye(3).to_sparse_csr().requires_grad_(), leaf(3, 3)
    return Subject((matrix @ dense).sum(), {"matrix": matrix, "dense": dense})


def complex_numbers() -> Subject:
    x = leaf(4)
    return Subject((torch.fft.fft(x) ** (1 + 2j)).abs().sum(), {"x": x})


def indexed() -> Subject:
    model, x = nn.Embedding(5, 3, padding_idx=-1), leaf(5, 3)
    table = model(torch.tensor([1, 2]))[:, [0, 1]]
    chosen = torch.where(x[:2, :2] > 0, table, x[-2:, -2:])
    return Subject(torch.cat([chosen, torch.ones(1, 2), table], dim=-2).sum(), model)


def on_cpu_pack() -> Subject:
    x = leaf(3)
    with save_on_cpu():
        return Subject(x.exp().sum(), {"x": x})


def several_roots() -> Subject:
    x, w = leaf(3), leaf(3)
    yhat = x * w
    error = yhat - 1
    roots = {"loss": (error**2).mean(), "parts": [yhat, {"error": error}], "nothing": None}
    return Subject(roots, {"x": x, "w": w})


def leaf_as_root() -> Subject:
    w = leaf(3)
    return Subject([w, (w * w).sum()], {"w": w})


def frozen() -> Subject:
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    model[0].weight.requires_grad_(False)
    return Subject(model(torch.randn(3, 2)).sum(), model)


def on_meta() -> Subject:
    model = nn.Linear(3, 3, device="meta")
    return Subject(model(torch.randn(2, 3, device="meta")).sum(), model)


def after_backward() -> Subject:
    x, w = leaf(2, 2), leaf(2, 2)
    loss = torch.addmm(x, Scale.apply(w), w.exp()).sum()
    loss.backward()
    return Subject(loss, {"x": x, "w": w})


def lists_after_backward() -> Subject:
    target, params = indexed()
    target.backward()
    return Subject(target, params)


SUBJECTS: dict[str, Callable[[], Subject]] = {
    "mlp": mlp,
    "lstm": lstm,
    "lstm cell": lstm_cell,
    "chain": chain,
    "gru": gru,
    "transformer": transformer,
    "convolution": convolution,
    "double backward": double_backward,
    "custom Functions": custom,
    "in-place on views": in_place_on_views,
    "copies": copies,
    "pieces": pieces,
    "reentrant checkpoint": lambda: checkpointed(reentrant=True),
    "checkpoint": lambda: checkpointed(reentrant=False),
    "autocast": autocast,
    "nested": lambda: nested(torch.strided),
    "jagged": lambda: nested(torch.jagged),
    "sparse COO": sparse_coo,
    "sparse CSR": sparse_csr,
    "complex": complex_numbers,
    "indexed": indexed,
    "saved on cpu": on_cpu_pack,
    "several roots": several_roots,
    "leaf as root": leaf_as_root,
    "frozen": frozen,
    "meta": on_meta,
    "after backward": after_backward,
    "lists after backward": lists_after_backward,
}
