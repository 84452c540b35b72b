"""The models of the gallery have the graphs that they are there for, on the meta device."""

from __future__ import annotations

import runpy
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from graphview.autograd import capture, watch_nodes
from graphview.model.graph import Graph
from graphview.model.recording import Recording
from graphview.subject.find import find_subject
from graphview.subject.record import record_subject

GALLERY = Path(__file__).parent.parent / "examples" / "gallery"
# Operations and leaves of what is small enough to be captured whole.
SIZES = {
    "mlp.py:loss": (10, 6),
    "resnet.py:resnet18": (72, 62),
    "unet.py:loss": (51, 46),
    "gpt2.py:loss": (659, 148),
    "lstm.py:loss10": (153, 6),
    "gnn.py:loss": (77, 21),
}
# What brings scores into the form that the loss function wants.
FOR_LOSS = {"ViewBackward0", "NllLoss2DBackward0"}


def functions(file: str) -> dict[str, Any]:
    return runpy.run_path(str(GALLERY / file))


def captured(loss: Callable[[], torch.Tensor]) -> Graph:
    with torch.device("meta"), watch_nodes():
        return capture({"loss": loss()})


def recorded(subject: str) -> Recording:
    found = find_subject(str(GALLERY / subject))
    return record_subject(found, device=torch.device("meta"))


@pytest.mark.parametrize("subject", SIZES)
def test_gallery_model_has_its_size_and_every_name(subject: str) -> None:
    recording = recorded(subject)
    (graph,) = recording.graphs.values()
    assert (len(graph.operations), len(graph.leaves)) == SIZES[subject]
    assert not recording.missing
    assert all(leaf.name for leaf in graph.leaves)
    assert all(call.module is not None for call in graph.calls)
    # The loss is computed outside of the model, and nothing else is.
    outside = {node.name for node in graph.operations if node.call is None}
    assert outside <= {"LogSoftmaxBackward0", "MseLossBackward0", "NllLossBackward0"} | FOR_LOSS


def test_gallery_gan_has_two_losses_and_only_one_trains_the_generator() -> None:
    graphs = recorded("gan.py:losses").graphs
    trained = {
        name: {str(leaf.name).partition(".")[0] for leaf in graph.leaves}
        for name, graph in graphs.items()
    }
    assert trained == {
        "discriminator": {"discriminator"},
        "generator": {"discriminator", "generator"},
    }
    assert {name: len(graph.nodes) for name, graph in graphs.items()} == {
        "discriminator": 40,
        "generator": 52,
    }


@pytest.mark.parametrize(
    ("file", "layers", "a_layer", "whole"),
    [
        ("gpt2.py", 12, 66, 807),
        ("vit.py", 12, 62, 764),
        ("llama.py", 80, 98, 7_857),
        ("mixtral.py", 32, 235, 7_537),
    ],
)
def test_gallery_transformer_has_as_many_nodes_as_its_equal_layers(
    file: str, layers: int, a_layer: int, whole: int
) -> None:
    loss = functions(file)["loss"]
    one, two = (len(captured(lambda n=n: loss(layers=n)).nodes) for n in (1, 2))
    assert (two - one, one + (layers - 1) * a_layer) == (a_layer, whole)


def test_gallery_llama_has_70_billion_parameters() -> None:
    llama = functions("llama.py")
    with torch.device("meta"):
        model = llama["Llama"](80, 8192, 64, 8, 28_672)
    assert sum(parameter.numel() for parameter in model.parameters()) == 68_976_648_192


def test_gallery_densenet_hands_every_result_to_all_later_layers() -> None:
    loss = functions("densenet.py")["loss"]
    graph = captured(lambda: loss(depths=(5, 3)))
    widths = Counter(len(node.inputs) for node in graph.nodes if node.name == "CatBackward0")
    # The layers of the first block read 1 to 5 results, its end 6; of the second 1 to 3, then 4.
    assert widths == Counter([1, 2, 3, 4, 5, 6, 1, 2, 3, 4])


def test_gallery_lstm_has_150_000_nodes_for_10_000_steps() -> None:
    loss = functions("lstm.py")["loss"]
    sizes = [len(captured(lambda n=n: loss(n)).nodes) for n in (2, 3)]
    step = sizes[1] - sizes[0]
    assert (sizes[0] + (10_000 - 2) * step, step) == (150_009, 15)
