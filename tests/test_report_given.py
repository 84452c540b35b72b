"""What the page says of inputs that an operation may do without, such as a bias."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from graphview import capture
from graphview.model.graph import Graph
from graphview.report.cards import Card, cards
from graphview.report.identity import identities

NOT_SURE = "Its input bias, if it was given, does not, so no arrow comes from it."
CERTAIN = "Its input bias does not, so no arrow comes from it."


def _convolved(bias: bool) -> Graph:
    """By a convolution whose bias, if it has one, is frozen; its weight is not."""
    layer = nn.Conv1d(2, 3, 2, bias=bias)
    for parameter in [layer.bias] if layer.bias is not None else []:
        parameter.requires_grad_(False)
    return capture({"out": layer(torch.randn(1, 2, 5))}, params=layer)


def _card(graph: Graph, name: str) -> Card:
    graphs = {"out": graph}
    return next(card for card in cards(graphs, identities(graphs), None) if card.name == name)


def test_nothing_is_said_of_a_bias_that_is_not_there() -> None:
    card = _card(_convolved(bias=False), "ConvolutionBackward0")
    assert card.here is not None
    assert "bias" not in card.here
    assert "input bias" not in dict(card.facts)
    assert dict(card.facts)["input weight"] == "weight"


def test_a_frozen_bias_is_told_of() -> None:
    card = _card(_convolved(bias=True), "ConvolutionBackward0")
    assert card.here is not None
    assert card.here.endswith(CERTAIN)
    assert dict(card.facts)["input bias"] == "needs no gradient"


def _normalized(bias: Tensor | None) -> Card:
    weight = torch.ones(4, requires_grad=True)
    out = F.layer_norm(torch.randn(2, 4), (4,), weight, bias)
    return _card(capture({"out": out}, params={"weight": weight}), "NativeLayerNormBackward0")


def test_where_nothing_tells_the_page_leaves_it_open() -> None:
    card = _normalized(None)
    assert card.here is not None
    assert card.here.endswith(NOT_SURE)
    assert dict(card.facts)["input bias"] == "needs no gradient, or was not given"


def test_what_the_node_keeps_was_given() -> None:
    assert dict(_normalized(torch.zeros(4)).facts)["input bias"] == "needs no gradient"


def test_an_optional_input_that_the_node_keeps_was_given() -> None:
    start = torch.randn(4, requires_grad=True)
    out = torch.clamp(start, min=torch.zeros(4))
    card = _card(capture({"out": out}, params={"start": start}), "ClampBackward0")
    assert dict(card.facts)["input min"] == "needs no gradient"
    assert dict(card.facts)["input max"] == "needs no gradient, or was not given"
