"""On a real GPU: the graphs are autograd's, and the lesson starts where the notebook did."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from models import SUBJECTS, leaf
from recordings import ON_CUDA
from test_autograd_truth import assert_equals_naive_walk
from torch import nn

from graphview.autograd import capture, capture_live, watch_nodes
from graphview.lesson.record import record_lesson
from graphview.model.graph import Graph
from graphview.model.journal import Ending
from graphview.model.recording import Recording
from graphview.observe.recorder import Options, Recorder

pytestmark = pytest.mark.gpu
# What says its device itself: autocast and save_on_cpu of the CPU, and meta.
STAYS_AWAY = {"autocast", "saved on cpu", "meta"}


def _on_gpu(graph: Graph) -> bool:
    outputs = [info.device for node in graph.nodes for info in node.outputs]
    return {*outputs, *(each.tensor.device for each in graph.leaves)} == {"cuda:0"}


@pytest.mark.parametrize("name", [name for name in SUBJECTS if name not in STAYS_AWAY])
def test_every_node_and_edge_equals_a_naive_recursive_walk(name: str) -> None:
    with torch.device("cuda"):
        subject = SUBJECTS[name]()
    graph, roots, _ = capture_live(subject.target, params=subject.params)
    assert_equals_naive_walk(graph, roots)
    assert _on_gpu(graph)


def _operations(target: torch.Tensor) -> list[tuple[str, str]]:
    graph = capture(target)
    return [(node.name, graph.operator_of(node).family) for node in graph.operations]


def test_the_gpus_own_operations_have_the_families_of_the_cpus() -> None:
    x = torch.randn(4, 3, 8, device="cuda", requires_grad=True)
    assert ("CudnnRnnBackward0", "rnn") in _operations(nn.LSTM(8, 8, device="cuda")(x)[0].sum())
    assert ("NativeDropoutBackward0", "dropout") in _operations(F.dropout(x, 0.5).sum())
    image = torch.randn(2, 3, 8, 8, device="cuda", requires_grad=True)
    convolved = nn.Conv2d(3, 3, 3, device="cuda")(image)
    assert _operations(nn.BatchNorm2d(3, device="cuda")(convolved).sum()) == [
        ("ConvolutionBackward0", "convolution"),
        ("CudnnBatchNormBackward0", "batch_norm"),
        ("SumBackward0", "sum"),
    ]
    query = torch.randn(1, 2, 16, 64, device="cuda", dtype=torch.float16, requires_grad=True)
    attention = _operations(F.scaled_dot_product_attention(query, query, query).sum())
    assert "scaled_dot_product_attention" in [family for _, family in attention]


def test_what_autocast_casts_is_seen() -> None:
    model, x = nn.Linear(8, 8, device="cuda"), torch.randn(2, 8, device="cuda")
    with torch.autocast("cuda", torch.bfloat16):
        graph = capture(model(x).float().sum(), params=model)
    dtypes = {info.dtype for node in graph.operations for info in node.outputs}
    assert dtypes == {"float32", "bfloat16"}


def test_saved_bytes_are_what_the_gpu_keeps() -> None:
    w = torch.randn(256, 256, device="cuda", requires_grad=True)
    y = w.exp().sin().cos()
    del y
    torch.cuda.synchronize()
    before = torch.cuda.memory_allocated()
    y = w.exp().sin().cos()
    kept = torch.cuda.memory_allocated() - before - y.untyped_storage().nbytes()
    assert capture(y, params={"w": w}).saved_bytes == kept


def test_nodes_are_stamped_with_their_lines() -> None:
    w = torch.randn(3, device="cuda", requires_grad=True)
    with watch_nodes():
        loss = (w * 2).exp().sum()
    graph = capture(loss)
    sources = [graph.source_of(node) for node in graph.operations]
    assert [source and source.expression for source in sources] == [
        "w * 2",
        "(w * 2).exp()",
        "(w * 2).exp().sum()",
    ]


def test_a_leaf_moved_to_the_gpu_is_seen_to_be_none() -> None:
    a = leaf(1)
    moved = a.to("cuda")
    graph = capture(moved * 2, params={"a": a})
    assert [node.name for node in graph.operations] == ["ToCopyBackward0", "MulBackward0"]
    assert [(found.name, found.tensor.device) for found in graph.leaves] == [("a", "cpu")]


def test_the_page_tells_what_moving_did_on_a_gpu() -> None:
    recording = record_lesson(torch.device("cuda"), epochs=2)
    step = next(step for step in recording.steps if step.key == "moved")
    assert step.graphs["a"].operations[0].name == "ToCopyBackward0"
    assert step.output.splitlines()[:2] == [
        "torch.FloatTensor True",
        "torch.cuda.FloatTensor False",
    ]
    assert recording.environment.device_name == torch.cuda.get_device_name()
    assert _on_gpu(recording.graphs["loss"])


def test_a_seeded_gpu_starts_where_the_notebooks_did() -> None:
    for run in record_lesson(torch.device("cuda"), epochs=2).runs:
        if run.name in ("zeroed", "never zeroed", "optim.SGD", "nn.MSELoss"):
            assert [run.parameters[name][0] for name in "ab"] == pytest.approx(ON_CUDA, abs=5e-5)


def _train(steps: int = 4) -> list[float]:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(64, 256), nn.GELU(), nn.Linear(256, 1)).to("cuda")
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
    x, y = torch.randn(512, 64, device="cuda"), torch.randn(512, 1, device="cuda")
    losses = []
    for _ in range(steps):
        loss = F.mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def _recorded(options: Options) -> tuple[Recording, list[float]]:
    recorder = Recorder(options)
    with recorder.watching():
        losses = _train()
    return recorder.recording(subject="test", ending=Ending("finished")), losses


def test_a_program_on_the_gpu_is_recorded_and_stays_the_same_bits() -> None:
    plain = _train()
    recording, losses = _recorded(Options(profile=True, gradients=True))
    journal = recording.journal
    assert losses == plain
    assert journal is not None
    assert list(journal.sites[0].loss.values) == plain
    assert _on_gpu(recording.graphs["loss"])
    assert journal.memory_of == "tensors on the device"
    assert max(journal.memory.values) <= torch.cuda.max_memory_allocated()
    assert recording.environment.device_name == torch.cuda.get_device_name()
    assert recording.missing == ()


def test_nodes_are_timed_by_the_gpus_own_events() -> None:
    recording, _ = _recorded(Options(profile=True))
    graph, measures = recording.graphs["loss"], recording.measures["loss"]
    for node in graph.operations:
        backward = measures.backward[node.index]
        assert backward is not None
        # On a GPU that has just been started a kernel may take milliseconds, never seconds.
        assert 0 < backward < 1
    assert measures.forward[graph.roots[0].node] is not None


def test_broken_gradients_on_the_gpu_are_counted() -> None:
    recorder = Recorder(Options(gradients=True))
    with recorder.watching():
        w = nn.Parameter(torch.tensor([0.0, 4.0], device="cuda"))
        loss = (w.sqrt() * torch.tensor([0.0, 1.0], device="cuda")).sum()
        loss.backward()
    recording = recorder.recording(subject="test", ending=Ending("finished"))
    leaf = recording.graphs["loss"].leaves[0].node
    assert recording.measures["loss"].nan[leaf] == 0.5


def test_a_cut_by_moving_to_numpy_is_found_on_the_gpu_too() -> None:
    recorder = Recorder()
    with recorder.watching():
        kept = nn.Parameter(torch.ones(2, device="cuda"))
        gone = nn.Parameter(torch.ones(2, device="cuda"))
        array = (gone * 2).detach().cpu().numpy()
        loss = (kept * torch.from_numpy(array).to("cuda")).sum()
        loss.backward()
    (missing,) = recorder.recording(subject="test", ending=Ending("finished")).missing
    assert (missing.name, missing.reason, missing.by) == ("gone", "left", "detach")
