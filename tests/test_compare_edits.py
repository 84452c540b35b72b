"""Edits of a network whose parts are alike: each is told as what it is, in one difference."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from graphview import watch_nodes
from graphview.autograd import capture
from graphview.compare.compared import compare
from graphview.compare.sketch import Sketch, sketch


class Block(nn.Module):
    def __init__(self, width: int = 4) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, 4, 3, padding=1, bias=False)
        self.bn, self.drop = nn.BatchNorm2d(4), nn.Dropout2d(0.1)

    def forward(self, x: Tensor) -> Tensor:
        return self.drop(torch.relu(self.bn(self.conv(x))))


class Early(Block):
    """Drops what goes in instead of what comes out."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.bn(self.conv(self.drop(x))))


class Swapped(Block):
    """Norm after the activation."""

    def forward(self, x: Tensor) -> Tensor:
        return self.drop(self.bn(torch.relu(self.conv(x))))


class Net(nn.Module):
    def __init__(self, block: type[Block] = Block) -> None:
        super().__init__()
        self.stem, self.mid, self.last = block(3), block(), block()
        self.head = nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        x = self.last(x + self.mid(x))
        return self.head(x.mean((2, 3)))


class Turned(Net):
    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        x = self.last(self.mid(x) + x)
        return self.head(x.mean((2, 3)))


def of(net: nn.Module) -> Sketch:
    # Blocks are alike for whoever compares, whatever their class is called.
    for each in net.modules():
        if isinstance(each, Block):
            each.__class__.__name__ = "Block"
    with watch_nodes():
        loss = net(torch.ones(2, 3, 4, 4)).sum()
        return sketch(capture({"loss": loss}, params=net))


def told(new: nn.Module) -> list[str]:
    return [each.told for each in compare(of(Net()), of(new)).differences]


def frozen() -> Net:
    net = Net()
    net.stem.requires_grad_(False)
    return net


def shared() -> Net:
    net = Net()
    net.last = net.mid
    return net


def test_a_frozen_first_part_leaves_the_others_their_names():
    assert told(frozen()) == ["`stem` no longer reaches loss"]


def test_operands_that_change_places_are_no_difference():
    assert told(Turned()) == []


def test_an_operation_that_changes_places_moved():
    [moved] = told(Net(Swapped))
    assert moved.startswith("`relu` moved, between `convolution` and `batch_norm` in `stem`")
    assert moved.endswith(", in 3 places: stem, mid, last")


def test_a_module_that_is_called_elsewhere_is_not_gone():
    differences = told(Net(Early))
    assert [each for each in differences if "is gone" in each or "is new" in each] == [
        "module `stem.drop` (Dropout2d) is gone: 1 operation"
    ]


def test_a_module_in_the_place_of_another_is_tied():
    tied = [each for each in told(shared()) if "tied" in each]
    assert tied == [
        "`last.conv.weight` is tied to `mid.conv.weight`",
        "`last.bn.weight` is tied to `mid.bn.weight`",
    ]
