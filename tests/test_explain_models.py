"""Whatever a usual model records has words: each operation of each family of models."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import graphview
from graphview.explain.words import words_for

CLASSES = torch.tensor([0, 2])


def _leaf(*size: int) -> Tensor:
    return torch.randn(*size, requires_grad=True)


def mlp() -> Tensor:
    net = nn.Sequential(
        nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(), nn.Linear(8, 3)
    )
    return F.cross_entropy(net(torch.randn(2, 4)), CLASSES, label_smoothing=0.1)


def cnn() -> Tensor:
    stem = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(inplace=True))
    pools = nn.Sequential(nn.MaxPool2d(2), nn.AvgPool2d(2), nn.AdaptiveAvgPool2d(2), nn.Hardswish())
    features = pools(stem(torch.randn(2, 3, 18, 18)))
    return F.cross_entropy(nn.Linear(32, 3)(features.flatten(1)), CLASSES)


def recurrent() -> Tensor:
    x = torch.randn(2, 3, 4)
    layers = [
        cls(4, 5, 2, batch_first=True, bidirectional=True) for cls in (nn.RNN, nn.LSTM, nn.GRU)
    ]
    packed = nn.utils.rnn.pack_padded_sequence(_leaf(2, 3, 4), torch.tensor([3, 2]), True)
    unpacked, _ = nn.utils.rnn.pad_packed_sequence(layers[1](packed)[0])
    cells = nn.GRUCell(4, 5)(x[0]).sum() + nn.LSTMCell(4, 5)(x[0])[0].sum()
    return sum((layer(x)[0].sum() for layer in layers), cells) + unpacked.sum()


def transformer() -> Tensor:
    model = nn.Transformer(8, 2, 1, 1, 16, activation="gelu", batch_first=True)
    mask = model.generate_square_subsequent_mask(4)
    with_weights = nn.MultiheadAttention(8, 2, batch_first=True, add_bias_kv=True)
    x = model(torch.randn(2, 3, 8), torch.randn(2, 4, 8), tgt_mask=mask)
    return (with_weights(x, x, x)[0] + F.scaled_dot_product_attention(x, x, x)).mean()


def gpt() -> Tensor:
    words, tokens = nn.Embedding(10, 8), torch.randint(0, 10, (2, 4))
    x = nn.LayerNorm(8)(words(tokens) + nn.Embedding(4, 8)(torch.arange(4)))
    q, k, v = (part.view(2, 4, 2, 4).transpose(1, 2) for part in nn.Linear(8, 24)(x).split(8, 2))
    scores = (q @ k.mT / 2).masked_fill(torch.ones(4, 4).tril() == 0, float("-inf"))
    heads = F.dropout(scores.softmax(-1)) @ v
    x = x + F.gelu(heads.transpose(1, 2).contiguous().view(2, 4, 8), approximate="tanh")
    return F.cross_entropy((x @ words.weight.T).view(-1, 10), tokens.view(-1))


def llama() -> Tensor:
    x = nn.RMSNorm(8)(_leaf(2, 4, 8))
    turned = torch.view_as_complex(x.reshape(2, 4, 4, 2)) * torch.polar(
        torch.ones(4), torch.ones(4)
    )
    x = torch.view_as_real(turned).flatten(2)
    half = torch.cat((-x[..., 4:], x[..., :4]), -1)
    keys = x[:, :, None].expand(2, 4, 2, 8).reshape(2, 8, 8)
    return (F.silu(x) * half).sum() + keys.sum()


def mixture_of_experts() -> Tensor:
    x = _leaf(4, 8)
    weights, experts = nn.Linear(8, 3)(x).softmax(-1).topk(2, -1)
    out = torch.zeros(4, 8)
    for expert in range(3):
        rows, slots = torch.where(experts == expert)
        out = out.index_add(0, rows, x[rows] * weights[rows, slots, None])
    return out.sum()


def vae() -> Tensor:
    mean, log_variance = nn.Linear(8, 6)(torch.randn(4, 8)).chunk(2, -1)
    drawn = mean + torch.randn_like(mean) * (0.5 * log_variance).exp()
    logits, target = nn.Linear(3, 8)(drawn), torch.rand(4, 8)
    prior, found = (
        torch.distributions.Normal(0, 1),
        torch.distributions.Normal(mean, F.softplus(mean)),
    )
    kl = (
        torch.distributions.kl_divergence(found, prior).sum()
        + torch.xlogy(target, logits.exp()).sum()
    )
    by_logits = F.binary_cross_entropy_with_logits(logits, target)
    return by_logits + F.binary_cross_entropy(logits.sigmoid(), target) + kl


def gan() -> Tensor:
    layers = nn.ConvTranspose2d(4, 8, 4, 2, 1), nn.BatchNorm2d(8), nn.ReLU(True)
    image = nn.Sequential(*layers, nn.ConvTranspose2d(8, 3, 4, 2, 1), nn.Tanh())(
        torch.randn(2, 4, 4, 4)
    )
    first = nn.utils.parametrizations.spectral_norm(nn.Conv2d(3, 4, 4, 2, 1))
    judge = nn.Sequential(
        first, nn.LeakyReLU(0.2, True), nn.InstanceNorm2d(4, affine=True), nn.Flatten()
    )
    verdict = nn.Sequential(judge, nn.utils.parametrizations.weight_norm(nn.Linear(256, 1)))(image)
    return F.binary_cross_entropy(verdict.sigmoid(), torch.ones(2, 1)) + F.relu(1 - verdict).mean()


def gradient_penalty() -> Tensor:
    layers: list[nn.Module] = [nn.Conv2d(1, 2, 3), nn.LeakyReLU(0.2), nn.AvgPool2d(2), nn.Flatten()]
    for activation in (nn.ReLU(), nn.Tanh(), nn.SiLU(), nn.GELU(), nn.Softplus(), nn.ELU()):
        layers += [nn.Linear(8, 8), activation]
    image = _leaf(2, 1, 6, 6)
    judged = nn.Sequential(*layers, nn.LayerNorm(8), nn.Softmax(1))(image)[:, 0].sum()
    (gradient,) = torch.autograd.grad(judged, image, create_graph=True)
    return (gradient.flatten(1).norm(2, dim=1) - 1).pow(2).mean()


def diffusion() -> Tensor:
    angles = torch.rand(2, 1) * _leaf(4)
    time = nn.Sequential(nn.Linear(8, 8), nn.SiLU())(torch.cat((angles.sin(), angles.cos()), -1))
    x = F.silu(nn.GroupNorm(4, 8)(nn.Conv2d(3, 8, 3, padding=1)(torch.randn(2, 3, 8, 8))))
    x = F.interpolate(F.avg_pool2d(x + time[:, :, None, None], 2), scale_factor=2)
    x = F.interpolate(
        F.pixel_unshuffle(F.pad(x, (1, 1, 1, 1), mode="reflect"), 2),
        scale_factor=2,
        mode="bilinear",
    )
    kept = torch.cumprod(1 - _leaf(5) * 0.01, 0)[torch.tensor([1, 2])].sqrt().clamp(0, 1)
    return (
        F.mse_loss(x, torch.zeros_like(x))
        + F.smooth_l1_loss(kept, torch.ones(2))
        + kept.rsqrt().sum()
    )


def policy() -> Tensor:
    logits, values, gains = _leaf(4, 3), _leaf(4), torch.randn(4)
    chosen = torch.distributions.Categorical(logits=logits)
    log_probability = chosen.log_prob(chosen.sample())
    ratio = (log_probability - log_probability.detach()).exp()
    surrogate = torch.min(ratio * gains, ratio.clamp(0.8, 1.2) * gains).mean()
    return (
        F.huber_loss(values, gains) - surrogate - chosen.entropy().mean() + logits.max(1)[0].sum()
    )


def in_place() -> Tensor:
    x = _leaf(3, 4) * 1
    x[0] = _leaf(4)
    x[:, 1] = 0.0
    x[x > 1] = 1.0
    into = torch.zeros(3, 4)
    into[1:].copy_(x[1:])
    x.view(-1)[0] = 2.0
    return x.add_(1).double().sum() + into.sum()


MODELS = [
    mlp, cnn, recurrent, transformer, gpt, llama, mixture_of_experts, vae, gan, gradient_penalty,
    diffusion, policy, in_place,
]  # fmt: skip


@pytest.mark.parametrize("model", MODELS)
def test_every_operation_of_a_usual_model_has_words(model: Callable[[], Tensor]) -> None:
    torch.manual_seed(0)
    graph = graphview.capture({"out": model()})
    operators = {graph.operator_of(node) for node in graph.operations}
    assert len(operators) > 5
    assert not {o.op for o in operators if not (words_for(o.op) or words_for(o.family))}
