"""A contract and a baseline on one graph: whatever comes of one edit is told as one cause."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from graphview.autograd import capture
from graphview.check.causes import About
from graphview.check.consequences import Caused, keys
from graphview.check.grouping import limited
from graphview.cli import FINE, run
from graphview.compare.difference import Extent
from graphview.model.finding import Clause, Finding
from graphview.model.graph import TensorInfo
from graphview.model.missing import Missing, Reason
from graphview.model.recording import Environment, Recording
from graphview.model.store import to_json

ENVIRONMENT = Environment("0", "3.11", "Linux", "2.13.0+cpu", "cpu", "CPU")
CHECK = ["check", "recording.json", "--baseline", "graphs", "--format", "json"]
CONTRACT = """schema = 1
[targets.net]
subject = "net.py:loss"
[targets.net.graphs.loss]
leaves = ["wte.weight", "h.*.up.weight", "h.*.up.bias", "h.*.down.weight", "h.*.down.bias"]
operations.forbid = ["to_copy"]
casts = "forbid"
max-nodes = 28
"""


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.up, self.down = nn.Linear(4, 8), nn.Linear(8, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.down(self.up(x).relu())


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.wte = nn.Embedding(5, 4)
        self.h = nn.ModuleList([Block(), Block()])
        self.head = nn.Linear(4, 5, bias=False)
        self.head.weight = self.wte.weight

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        x = self.wte(tokens)
        for block in self.h:
            x = block(x)
        return self.head(x)


class Renamed(Net):
    def __init__(self) -> None:
        super().__init__()
        self.blocks = self.h
        del self.h

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        self.__dict__["h"] = list(self.blocks)
        return super().forward(tokens)


class Necked(Net):
    def __init__(self) -> None:
        super().__init__()
        self.neck = nn.Linear(4, 4)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        return self.head(self.neck(self.h[1](self.h[0](self.wte(tokens)))))


def record(net: Net, name: str, change: str = "", missing: tuple[Missing, ...] = ()) -> str:
    logits = net(torch.arange(3))
    logits = logits.double() if change == "cast" else logits
    loss = logits.exp().mean()
    graphs = {"loss": capture({"loss": loss}, params=net)}
    recording = Recording("net.py:loss", graphs, {}, ENVIRONMENT, missing=missing)
    Path(name).write_bytes(to_json(recording))
    return name


def untied() -> Net:
    net = Net()
    net.head.weight = nn.Parameter(net.head.weight.detach().clone())
    return net


def frozen() -> Net:
    net = Net()
    net.h[0].requires_grad_(False)
    return net


def lost(net: nn.Module, reason: Reason = "frozen") -> tuple[Missing, ...]:
    return tuple(
        Missing(name, "parameter", TensorInfo(tuple(each.shape), "float32", "cpu"), reason)
        for name, each in net.named_parameters()
        if not each.requires_grad
    )


@pytest.fixture(autouse=True)
def _kept(here: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("CI", raising=False)
    Path("graphview.toml").write_text(CONTRACT)
    record(Net(), "recording.json")
    assert run([*CHECK[:-2], "--baseline-update"]) == FINE
    yield


def causes(capsys: pytest.CaptureFixture[str]) -> list[tuple[str, set[str], str]]:
    """Of each cause the code, the codes of what comes of it, and what is told."""
    found = json.loads(capsys.readouterr().out)["findings"]
    return [
        (each["code"], {also["code"] for also in each.get("also", [])}, each["message"])
        for each in found
    ]


@pytest.mark.parametrize(
    ("net", "change", "code", "also", "told"),
    [
        (Net, "cast", "GV111", {"GV108", "GV165"}, "float32 becomes float64"),
        (Necked, "", "GV162", {"GV103", "GV113"}, "`neck` gets a gradient now"),
        (untied, "", "GV168", {"GV103"}, "`head.weight` is no longer tied to `wte.weight`"),
        (Renamed, "", "GV171", {"GV102", "GV103"}, "`h` is called `blocks` now"),
    ],
    ids=["cast", "layer inserted", "tie undone", "module renamed"],
)
def test_one_edit_is_one_cause(
    net: Callable[[], Net],
    change: str,
    code: str,
    also: set[str],
    told: str,
    capsys: pytest.CaptureFixture[str],
):
    record(net(), "recording.json", change)
    capsys.readouterr()
    assert run(CHECK) == 1
    [(found, follows, message)] = causes(capsys)
    assert (found, follows) == (code, also)
    assert message.startswith(told)


def test_a_rename_that_breaks_the_contract_is_an_error(capsys: pytest.CaptureFixture[str]):
    record(Renamed(), "recording.json")
    capsys.readouterr()
    assert run(CHECK) == 1
    [renamed] = json.loads(capsys.readouterr().out)["findings"]
    assert renamed["severity"] == "error"
    also = [each["actual"] for each in renamed["also"] if each["code"] == "GV102"]
    assert "leaf `blocks.*.up.bias`, which is not asked for" in also


def test_a_frozen_block_is_told_once_with_its_reason(capsys: pytest.CaptureFixture[str]):
    net = frozen()
    record(net, "recording.json", missing=lost(net))
    capsys.readouterr()
    assert run(CHECK) == 1
    [(code, _, message)] = causes(capsys)
    assert (code, message) == (
        "GV160",
        "`h.0` no longer reaches loss: requires_grad is False",
    )


@pytest.mark.parametrize("seen", [True, False])
def test_diff_tells_a_frozen_block_once(seen: bool, capsys: pytest.CaptureFixture[str]):
    net = frozen()
    new = record(net, "new.json", missing=lost(net) if seen else ())
    capsys.readouterr()
    assert run(["diff", "recording.json", new, "--format", "json"]) == 1
    [(code, _, message)] = causes(capsys)
    why = ": requires_grad is False" if seen else ""
    assert (code, message) == ("GV160", f"`h.0` no longer reaches loss{why}")


def test_two_reasons_are_two_differences(capsys: pytest.CaptureFixture[str]):
    net = frozen()
    seen = [
        replace(each, reason="unused") if each.name.startswith("h.0.up") else each
        for each in lost(net)
    ]
    new = record(net, "new.json", missing=tuple(seen))
    capsys.readouterr()
    assert run(["diff", "recording.json", new, "--format", "json"]) == 1
    assert [told for _, _, told in causes(capsys)] == [
        "`h.0.up` no longer reaches loss: no operation takes it",
        "`h.0.down` no longer reaches loss: requires_grad is False",
    ]


def test_what_looks_alike_and_has_two_reasons_is_two_differences(
    capsys: pytest.CaptureFixture[str],
):
    net = Net()
    net.h.requires_grad_(False)
    seen = [
        replace(each, reason="unused") if each.name.startswith("h.1") else each
        for each in lost(net)
    ]
    new = record(net, "new.json", missing=tuple(seen))
    capsys.readouterr()
    assert run(["diff", "recording.json", new, "--format", "json"]) == 1
    assert {told for _, _, told in causes(capsys)} == {
        "`h.0` no longer reaches loss: requires_grad is False",
        "`h.1.up` no longer reaches loss: no operation takes it",
        "`h.1.down` no longer reaches loss: no operation takes it",
    }


def finding(code: str, graph: str = "loss") -> Finding:
    return Finding(code, "name", "error", Clause("net", graph, "key"), "message")


def test_a_graph_that_is_too_large_comes_of_what_added_most():
    found = [
        Caused(finding("GV113"), about=About(grows=True)),
        Caused(finding("GV165"), "few", extent=Extent(gain=2)),
        Caused(finding("GV170"), "many", extent=Extent(gain=30)),
        Caused(finding("GV164"), "none", extent=Extent(gain=-1)),
    ]
    large, few, many, none = keys(found)
    assert large == many
    assert len({few, many, none}) == 3


def test_a_difference_of_another_graph_explains_nothing():
    found = [
        Caused(finding("GV102"), about=About(("fc.*",))),
        Caused(finding("GV161", "yhat"), "gone", extent=Extent(frozenset({"fc.weight"}))),
    ]
    assert len(set(keys(found))) == 2


def test_what_a_finding_speaks_of_is_looked_for_by_leaf_node_and_family():
    found = [
        Caused(finding("GV102"), about=About(("fc.*",))),
        Caused(finding("GV108"), about=About(operations=("to_copy",))),
        Caused(finding("GV111"), node=7),
        Caused(finding("GV117"), node=8),
        Caused(finding("GV161"), "leaf", extent=Extent(frozenset({"fc.weight"}))),
        Caused(finding("GV165"), "family", extent=Extent(families=frozenset({"to_copy"}))),
        Caused(finding("GV165"), "node", extent=Extent(came=frozenset({7}))),
    ]
    of_leaf, of_family, of_node, alone, *causes_ = keys(found)
    assert [of_leaf, of_family, of_node] == causes_
    assert alone not in causes_


def test_those_that_are_only_counted_stand_under_their_difference():
    leaves = [
        Caused(finding("GV103"), ("moved", i % 2), about=About((f"h.{i}.w",))) for i in range(30)
    ]
    renamed = Caused(finding("GV171"), "renamed", extent=Extent(frozenset({"h.25.w", "h.26.w"})))
    *_, more, of_renamed = keys([*limited(leaves), renamed])
    assert more == of_renamed


def test_two_edits_stay_two_causes_where_one_clause_is_broken_by_both():
    found = [
        Caused(finding("GV110"), about=About(operations=("sub", "to_copy"))),
        Caused(finding("GV166"), "first", extent=Extent(families=frozenset({"sub"}))),
        Caused(finding("GV165"), "second", extent=Extent(families=frozenset({"to_copy"}))),
    ]
    differ, first, second = keys(found)
    assert differ == first != second
