"""What two graphs have in common, and what differs: on models that people really change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from graphview.autograd import capture
from graphview.compare.compared import compare
from graphview.compare.difference import Difference
from graphview.compare.sketch import Sketch, sketch
from graphview.model.graph import Graph


class Mlp(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.up, self.down = nn.Linear(4, width), nn.Linear(width, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.down(F.gelu(self.up(x)))


class Block(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm, self.mlp = nn.LayerNorm(4), Mlp(width)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.mlp(self.norm(x))


class Net(nn.Module):
    def __init__(self, layers: int = 3, width: int = 8) -> None:
        super().__init__()
        self.start = nn.Embedding(5, 4)
        self.h = nn.Sequential(*(Block(width) for _ in range(layers)))
        self.head = nn.Linear(4, 5)

    def forward(self, ids: Tensor) -> Tensor:
        return self.head(self.h(self.start(ids)))


IDS = torch.tensor([0, 1, 2])
Loss = Callable[[nn.Module], Tensor]


def loss(model: nn.Module) -> Tensor:
    return F.cross_entropy(model(IDS), IDS)


def of(model: nn.Module, root: Loss = loss) -> Sketch:
    from graphview import watch_nodes

    with watch_nodes():
        value = root(model)
        return sketch(capture({"loss": value}, params=model))


def differences(change: Callable[[Net], object], root: Loss = loss) -> tuple[Difference, ...]:
    """The differences that a change of the model makes."""
    changed = Net()
    change(changed)
    return compare(of(Net()), of(changed, root)).differences


def told(change: Callable[[Net], object], root: Loss = loss) -> list[tuple[str, str]]:
    return [(each.kind, each.told) for each in differences(change, root)]


def told_of(other: nn.Module) -> list[tuple[str, str]]:
    """What differs in another model."""
    return [(each.kind, each.told) for each in compare(of(Net()), of(other)).differences]


def nothing(model: Net) -> None:
    """What formatting, or another seed, does to a graph."""


def test_the_same_graph_has_no_difference():
    assert told(nothing) == []


def test_a_frozen_layer_is_named():
    assert told(lambda net: net.h[1].mlp.up.requires_grad_(False)) == [
        ("unreached", "`h.1.mlp.up` no longer reaches loss")
    ]


def test_a_frozen_bias_is_named_alone():
    assert told(lambda net: net.head.bias.requires_grad_(False)) == [
        ("unreached", "`head.bias` no longer reaches loss")
    ]


def test_what_is_frozen_in_front_is_one_difference():
    def freeze(net: Net) -> None:
        net.start.requires_grad_(False)
        net.h[0].requires_grad_(False)

    assert told(freeze) == [("unreached", "`start` and `h.0` no longer reach loss")]


class Detached(Block):
    def forward(self, x: Tensor) -> Tensor:
        return x + self.mlp(self.norm(x)).detach()


def test_a_detach_in_every_layer_is_told_once():
    def detach(net: Net) -> None:
        for block in net.h:
            block.__class__ = Detached

    [found] = differences(detach)
    assert (found.kind, found.told) == (
        "unreached",
        "`h` no longer reaches loss, in 3 places: h.0, h.1, h.2",
    )
    assert found.times == 3
    assert "h.2.mlp.down.weight" in found.leaves and len(found.leaves) == 18
    assert found.old == "`h.0.mlp.down/addmm` goes into `h.0/add`"
    assert found.new == "`h.0/add` takes a constant there"


def test_a_layer_more_and_a_layer_less():
    assert told_of(Net(layers=4)) == [
        ("module-gained", "module `h.3` (Block) is new: 7 operations")
    ]
    assert told_of(Net(layers=2)) == [("module-lost", "module `h.2` (Block) is gone: 7 operations")]


def test_a_layer_inserted_in_the_middle_leaves_the_others_where_they_are():
    def insert(net: Net) -> None:
        net.h.insert(1, nn.Sigmoid())

    assert told(insert) == [
        ("module-gained", "module `h.1` (Sigmoid) is new: 1 operation"),
        ("renamed", "`h.1` is called `h.2` now, `h.2` is called `h.3` now"),
    ]


def test_a_renamed_module_is_one_difference():
    class Renamed(Net):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = self.h
            del self.h

        def forward(self, ids: Tensor) -> Tensor:
            return self.head(self.encoder(self.start(ids)))

    assert told_of(Renamed()) == [("renamed", "`h` is called `encoder` now")]


def test_a_model_in_a_wrapper_is_renamed():
    class Wrapper(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.module = Net()

        def forward(self, ids: Tensor) -> Tensor:
            return self.module(ids)

    kinds = {kind for kind, _ in told_of(Wrapper())}
    assert kinds == {"renamed"}


def test_a_cast_is_told_with_its_count():
    class Cast(Mlp):
        def forward(self, x: Tensor) -> Tensor:
            return self.down(F.gelu(self.up(x)).double().float())

    def cast(net: Net) -> None:
        net.h[1].mlp.__class__ = Cast

    [found] = differences(cast)
    assert (found.kind, found.told) == (
        "operation-gained",
        "`to_copy` × 2 is new, between `gelu` and `addmm` in `h.1.mlp`",
    )
    assert (found.old, found.new) == ("to_copy 0", "to_copy 2")


def test_another_activation_is_a_replacement():
    class Relu(Mlp):
        def forward(self, x: Tensor) -> Tensor:
            return self.down(F.relu(self.up(x)))

    def relu(net: Net) -> None:
        net.h[2].mlp.__class__ = Relu

    assert told(relu) == [("operation-replaced", "`gelu` became `relu` in `h.2.mlp`")]


def test_a_wider_layer_is_told_in_numbers():
    assert told_of(Net(width=16)) == [
        (
            "leaf-changed",
            "`h.*.mlp.up` and `h.*.mlp.down` widened 8 → 16, in 3 places: h.0.mlp.up, h.1.mlp.up, "
            "h.2.mlp.up",
        )
    ]


def test_a_loss_that_is_reduced_twice():
    assert told(nothing, lambda model: loss(model).mean()) == [
        ("operation-gained", "`mean` is new, between `nll_loss_forward` and `loss`")
    ]


def test_a_loss_that_is_not_reduced_has_another_shape():
    found = told(nothing, lambda model: F.cross_entropy(model(IDS), IDS, reduction="none"))
    assert found[0][0] in ("result-changed", "root-changed")
    assert any("(3,) float32" in sentence for _, sentence in found)


def tie(net: Net) -> None:
    net.head.weight = net.start.weight


def test_tying_and_untying():
    tied = Net()
    tie(tied)
    assert told(tie)[0] == ("connection-moved", "`head.weight` is tied to `start.weight`")
    untied = compare(of(tied), of(Net())).differences
    assert "no longer tied" in untied[0].told


def test_frozen_and_thawed_mirror_one_another():
    frozen = Net()
    frozen.head.requires_grad_(False)
    there, back = compare(of(Net()), of(frozen)), compare(of(frozen), of(Net()))
    assert there.match.ops == back.match.turned().ops
    assert there.match.leaves == back.match.turned().leaves
    assert [each.kind for each in back.differences] == ["leaf-gained"]
    assert back.differences[0].told == "`head` gets a gradient now"


def test_a_result_of_many_is_told_by_its_number():
    def first(model: nn.Module, which: int = 0) -> Tensor:
        return model(IDS).chunk(2, dim=1)[which].sum()

    def other(model: nn.Module) -> Tensor:
        parts = model(IDS).split([2, 2, 1], dim=1)
        return parts[1].sum()

    def same(model: nn.Module) -> Tensor:
        parts = model(IDS).split([2, 2, 1], dim=1)
        return parts[0].sum()

    [found] = compare(of(Net(), same), of(Net(), other)).differences
    assert found.kind == "connection-moved"
    assert found.told.endswith("takes result 1 of `split_with_sizes` for self, took result 0 of "
                               "`split_with_sizes`")  # fmt: skip


def test_roots_that_come_and_go():
    graph = of(Net())
    other = Sketch(graph.ops, graph.top, graph.leaves, {"total": graph.roots["loss"]})
    assert [each.told for each in compare(graph, other).differences] == [
        "root `loss` is called `total` now"
    ]
    elsewhere = {"total": replace(graph.roots["loss"], link=0)}
    other = Sketch(graph.ops, graph.top, graph.leaves, elsewhere)
    [difference] = compare(graph, other).differences
    assert (difference.told, difference.also) == ("root `loss` is gone", ("root `total` is new",))


@pytest.mark.parametrize("steps", [3, 200])
def test_loops_outside_of_modules(steps: int):
    def loop(cut: int | None) -> Graph:
        w = torch.ones(3, requires_grad=True)
        x = w
        for step in range(steps):
            x = x * w if step != cut else x + w
        return capture({"x": x}, params={"w": w})

    [found] = compare(sketch(loop(None)), sketch(loop(steps // 2))).differences
    assert (found.kind, found.told) == ("operation-replaced", "`mul` became `add`")


def test_nothing_of_a_recording_is_needed_but_the_graph():
    graph = capture({"x": torch.ones(2, requires_grad=True) * 2})
    bare = replace(graph, sources=(), calls=())
    assert compare(sketch(graph), sketch(bare)).differences == ()
