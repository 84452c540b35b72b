"""Every example, recorded as it is: what the recording says of it is true."""

from __future__ import annotations

import contextlib
import io
import runpy
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest
import torch

from graphview.model.graph import Graph
from graphview.model.journal import Call, Journal, Site
from graphview.model.recording import Recording
from graphview.model.store import recording_from_json, to_json
from graphview.subject.find import find_subject
from graphview.subject.record import record_subject

EXAMPLES = Path(__file__).parent.parent / "examples"


@dataclass(frozen=True)
class Expected:
    """A run: its starts of backward, the updates, and the names of the sites with their calls.

    The name of a site is that of its only root.
    """

    updates: int
    sites: dict[str, int]
    notes: int = 0
    calls: dict[str, Call] = field(default_factory=dict)

    @property
    def steps(self) -> int:
        return sum(self.sites.values())


PROGRAMS = {
    "accumulation.py": Expected(40, {"loss": 160}),
    "autocast.py": Expected(40, {"loss": 40}),
    "checkpointing.py": Expected(20, {"plain_loss": 20, "reentrant_loss": 20}),
    "custom_function.py": Expected(60, {"loss": 60}),
    "cut.py": Expected(20, {"loss": 20}),
    "ema.py": Expected(200, {"loss": 200}),
    "gan.py": Expected(200, {"discriminator_loss": 100, "generator_loss": 100}),
    "lbfgs.py": Expected(12, {"loss": 59}),
    "lora.py": Expected(150, {"loss": 150}),
    "lstm_state.py": Expected(80, {"loss": 80}),
    "module_loader.py": Expected(100, {"loss": 100}),
    "notebook.ipynb": Expected(100, {"loss": 100}, notes=2),
    "plain_loop.py": Expected(0, {"loss": 200}),
    "reinforce.py": Expected(60, {"loss": 60}),
    "tying.py": Expected(40, {"loss": 40}),
    "vae.py": Expected(150, {"loss": 150}),
    "wgan_gp.py": Expected(
        240,
        {"scores.sum()": 180, "critic_loss": 180, "generator_loss": 60},
        calls={"scores.sum()": "grad"},
    ),
}
# own_model.py uses graphview itself, and starts no backward.
NO_PROGRAMS = {"own_model.py", "model.py", "gpt.py"}
SCRIPTS = [name for name in PROGRAMS if name.endswith(".py")]


@cache
def recorded(name: str) -> tuple[Recording, str]:
    """The recording of an example, and what the example printed meanwhile."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.chdir(EXAMPLES):
        recording = record_subject(find_subject(name))
    return recording, printed.getvalue()


def recording_of(name: str) -> Recording:
    return recorded(name)[0]


def journal_of(name: str) -> Journal:
    journal = recording_of(name).journal
    assert journal is not None
    return journal


def graph_of(name: str, root: str = "loss") -> Graph:
    return recording_of(name).graphs[root]


def site_of(name: str, root: str = "loss") -> Site:
    (site,) = (site for site in journal_of(name).sites if site.name == root)
    return site


def leaves_of(name: str, root: str = "loss") -> set[str | None]:
    return {leaf.name for leaf in graph_of(name, root).leaves}


def operators(graph: Graph) -> Counter[str]:
    return Counter(node.name for node in graph.operations)


def test_every_example_is_expected_to_do_something() -> None:
    here = {path.name for path in EXAMPLES.iterdir() if path.suffix in (".py", ".ipynb")}
    assert here == PROGRAMS.keys() | NO_PROGRAMS


@pytest.mark.parametrize("name", PROGRAMS)
def test_an_example_is_recorded_as_it_is(name: str) -> None:
    recording, expected = recording_of(name), PROGRAMS[name]
    each_start_and_update_is_counted(name, expected)
    each_site_has_its_root_its_line_and_its_graph(name, expected)
    each_operation_knows_its_line(name)
    assert bool(recording.missing) is (name in ("cut.py", "lora.py"))
    assert recording_from_json(to_json(recording)) == recording


def each_start_and_update_is_counted(name: str, expected: Expected) -> None:
    journal = journal_of(name)
    assert journal.ending.kind == "finished"
    assert {site.name: site.calls for site in journal.sites} == expected.sites
    assert (journal.steps, journal.updates) == (expected.steps, expected.updates)
    assert len(journal.notes) == expected.notes, journal.notes


def each_site_has_its_root_its_line_and_its_graph(name: str, expected: Expected) -> None:
    recording = recording_of(name)
    assert recording.graphs.keys() == recording.drawings.keys() == expected.sites.keys()
    for site in journal_of(name).sites:
        call = expected.calls.get(site.name, "backward")
        assert (site.call, site.roots, site.graph) == (call, (site.name,), site.name)
        assert site.source is not None and site.source.expression is not None
        assert site.name in site.source.expression and call in site.source.expression
        assert len(site.loss.values) == site.calls


def each_operation_knows_its_line(name: str) -> None:
    lines = (EXAMPLES / name).read_text(encoding="utf-8").splitlines()
    for graph in recording_of(name).graphs.values():
        for node in graph.operations:
            source = graph.source_of(node)
            assert source is not None and source.expression, node
            if name.endswith(".py"):
                assert source.file == f"examples/{name}"
                assert source.expression.splitlines()[0] in lines[source.line - 1]


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_recorded_example_prints_what_it_prints_by_itself(
    name: str, here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    runpy.run_path(str(EXAMPLES / name), run_name="__main__")
    alone = capfd.readouterr()
    assert alone.out.strip() and "nan" not in alone.out
    assert alone.err == ""
    assert not any(here.iterdir())
    assert recorded(name)[1] == alone.out


def test_plain_loop_trains_four_leaves_without_an_optimizer() -> None:
    journal, loss = journal_of("plain_loop.py"), site_of("plain_loop.py").loss
    assert leaves_of("plain_loop.py") == {"w1", "b1", "w2", "b2"}
    assert (journal.optimizers, journal.learning_rates) == ((), ())
    assert loss.values[-1] < 0.02 * loss.values[0]


def test_module_loader_has_its_validation_loss_and_its_schedule() -> None:
    journal = journal_of("module_loader.py")
    (validation,), (rates,) = journal.validation, journal.learning_rates
    assert (validation.name, len(validation.values)) == ("validation_loss", 20)
    assert validation.steps[-1] == journal.steps - 1
    assert rates.values[0] == 0.03 and rates.values[-1] < 0.001
    assert journal.optimizers == ("Adam of 6 parameters",)
    assert leaves_of("module_loader.py") == {
        f"model.{layer}.{part}"
        for layer in ("layers.0", "layers.2", "head")
        for part in ("weight", "bias")
    }


def test_lstm_state_never_reaches_back_beyond_its_piece() -> None:
    assert len(set(site_of("lstm_state.py").nodes.values)) == 1
    assert leaves_of("lstm_state.py") == {
        "model.lstm.weight_ih_l0",
        "model.lstm.weight_hh_l0",
        "model.lstm.bias_ih_l0",
        "model.lstm.bias_hh_l0",
        "model.readout.weight",
        "model.readout.bias",
    }


def test_vae_reaches_its_encoder_by_two_ways() -> None:
    graph = graph_of("vae.py")
    mean = next(
        node.index
        for node in graph.operations
        if (source := graph.source_of(node)) is not None
        and source.expression == "self.to_mean(features)"
        and node.name == "AddmmBackward0"
    )
    users = [n for n in graph.nodes if any(edge.node == mean for edge in n.inputs)]
    sources = {source.line for user in users if (source := graph.source_of(user)) is not None}
    assert len(users) == len(sources) == 2
    assert not any(leaf.name == "noise" for leaf in graph.leaves)


def test_gan_keeps_its_two_sides_apart() -> None:
    def of(network: str) -> set[str | None]:
        return {f"{network}.{layer}.{part}" for layer in (0, 2) for part in ("weight", "bias")}

    assert leaves_of("gan.py", "discriminator_loss") == of("discriminator")
    assert leaves_of("gan.py", "generator_loss") == of("generator")
    lines = {
        source.expression
        for node in graph_of("gan.py", "generator_loss").operations
        if (source := graph_of("gan.py", "generator_loss").source_of(node)) is not None
    }
    assert "discriminator(fake)" in lines
    assert site_of("gan.py", "discriminator_loss").kept == 0
    assert site_of("gan.py", "generator_loss").kept == 1


def test_reinforce_has_a_graph_as_long_as_its_episode() -> None:
    site, graph = site_of("reinforce.py"), graph_of("reinforce.py")
    first = int(recorded("reinforce.py")[1].split("[")[1].split(",")[0])
    assert operators(graph)["GatherBackward0"] == first
    assert max(site.nodes.values) > 2 * min(site.nodes.values)
    assert leaves_of("reinforce.py") == {"policy.weight", "policy.bias"}


def test_wgan_gp_has_derivatives_of_derivatives() -> None:
    names = operators(graph_of("wgan_gp.py", "critic_loss"))
    assert any("BackwardBackward" in name for name in names), names
    assert not any(
        "BackwardBackward" in name for name in operators(graph_of("wgan_gp.py", "generator_loss"))
    )
    assert "between" in leaves_of("wgan_gp.py", "scores.sum()")


def test_lbfgs_asks_several_times_for_each_update() -> None:
    journal = journal_of("lbfgs.py")
    assert journal.steps > 3 * journal.updates
    assert leaves_of("lbfgs.py") == {"point"}
    assert journal.optimizers == ("LBFGS of 1 parameter",)


def test_accumulation_starts_backward_four_times_for_an_update() -> None:
    journal = journal_of("accumulation.py")
    assert journal.steps == 4 * journal.updates
    assert all(len(norms.values) == journal.updates for norms in journal.gradient_norms)
    graph = graph_of("accumulation.py")
    assert graph.nodes[graph.roots[0].node].name == "DivBackward0"


def test_checkpointing_hides_blocks_only_where_it_is_reentrant() -> None:
    plain, reentrant = (
        graph_of("checkpointing.py", root) for root in ("plain_loss", "reentrant_loss")
    )
    opaque = [node for node in reentrant.operations if reentrant.operator_of(node).opaque]
    assert [node.name for node in opaque] == ["CheckpointFunctionBackward"] * 3
    assert not any(plain.operator_of(node).opaque for node in plain.operations)
    assert (len(plain.leaves), len(reentrant.leaves)) == (16, 4)
    assert any(saved.status == "packed" for node in plain.nodes for saved in node.saved)


def test_autocast_casts_each_parameter() -> None:
    graph = graph_of("autocast.py")
    casts = [node for node in graph.operations if node.name == "ToCopyBackward0"]
    targets = {graph.nodes[edge.node].kind for n in casts for edge in n.inputs if edge.node}
    dtypes = {node.outputs[0].dtype for node in graph.operations}
    assert len(casts) >= 4 and "accumulate" in targets
    assert dtypes == {"bfloat16", "float32"}


def test_ema_leaves_the_average_out_of_the_graph() -> None:
    assert leaves_of("ema.py") == {
        f"model.{layer}.{part}" for layer in (0, 2) for part in ("weight", "bias")
    }
    assert len(journal_of("ema.py").validation) == 2


def test_tying_uses_one_weight_twice() -> None:
    graph = graph_of("tying.py")
    (leaf,) = (leaf for leaf in graph.leaves if leaf.name == "model.embedding.weight")
    users = [
        node.name
        for node in graph.operations
        if any(edge.node == leaf.node for edge in node.inputs)
    ]
    assert sorted(users) == ["EmbeddingBackward0", "TBackward0"]


def test_lora_trains_the_adapters_and_lists_what_is_frozen() -> None:
    adapters = {f"model.{n}.lora_{half}" for n in (0, 2) for half in ("down", "up")}
    assert leaves_of("lora.py") == adapters
    missing = {gap.name: gap.reason for gap in recording_of("lora.py").missing}
    assert missing == {
        f"model.{n}.base.{part}": "frozen" for n in (0, 2) for part in ("weight", "bias")
    }


def test_custom_function_is_named_with_its_class() -> None:
    graph = graph_of("custom_function.py")
    (node,) = (node for node in graph.operations if node.name == "SignThroughBackward")
    operator = graph.operator_of(node)
    assert operator.origin == "custom" and operator.opaque
    assert (operator.file or "").endswith("custom_function.py")
    text = (EXAMPLES / "custom_function.py").read_text(encoding="utf-8").splitlines()
    assert text[(operator.line or 0) - 1].startswith("class SignThrough")


CUTS = {
    "model.detached": ("cut", "detach"),
    "model.taken_as_data": ("cut", "data"),
    "model.through_numpy": ("left", "numpy"),
    "model.through_argmax": ("cut", "argmax"),
    "model.unused": ("unused", None),
    "model.frozen": ("frozen", None),
}


def test_cut_tells_all_its_ways_apart() -> None:
    missing = recording_of("cut.py").missing
    assert {gap.name: (gap.reason, gap.by) for gap in missing} == CUTS
    assert leaves_of("cut.py") == {"model.healthy"}


def test_cut_knows_the_line_of_each_cut() -> None:
    text = (EXAMPLES / "cut.py").read_text(encoding="utf-8").splitlines()
    for gap in recording_of("cut.py").missing:
        if gap.by is None:
            assert gap.source is None
        else:
            assert gap.source is not None and gap.source.file == "examples/cut.py"
            assert f"self.{gap.name.removeprefix('model.')}" in text[gap.source.line - 1]


def test_notebook_names_its_cells_and_what_was_skipped() -> None:
    graph = graph_of("notebook.ipynb")
    files = {source.file for node in graph.operations if (source := graph.source_of(node))}
    assert files == {"notebook.ipynb[3]"}
    assert leaves_of("notebook.ipynb") == {"a", "b"}
    skipped = " ".join(journal_of("notebook.ipynb").notes)
    assert "%matplotlib inline" in skipped and "!python --version" in skipped


def called(text: str, device: str | None = None) -> Recording:
    recording = record_subject(
        find_subject(str(EXAMPLES / text)), device=torch.device(device) if device else None
    )
    # All of them return losses.
    roots = [root for graph in recording.graphs.values() for root in graph.roots]
    assert {root.tensor.shape for root in roots} == {()}
    return recording


def test_a_mapping_of_tensors_gives_a_graph_for_each() -> None:
    recording = called("model.py:loss")
    leaves = {
        name: {leaf.name for leaf in graph.leaves} for name, graph in recording.graphs.items()
    }
    assert list(leaves) == ["classification", "regression", "loss"]
    assert leaves["classification"] | leaves["regression"] == leaves["loss"]
    assert leaves["classification"] & leaves["regression"] == {
        f"model.trunk.{layer}.{part}" for layer in (0, 1) for part in ("weight", "bias")
    }
    assert recording.missing == () and recording.journal is None


def blocks_in(recording: Recording, name: str) -> int:
    return operators(recording.graphs[name])["GeluBackward0"]


def test_gpt_is_recorded_on_the_meta_device_as_on_a_real_one() -> None:
    real, meta = called("gpt.py:loss"), called("gpt.py:loss", "meta")
    assert blocks_in(real, "loss") == blocks_in(meta, "loss") == 2
    devices = [
        {node.outputs[0].device for node in recording.graphs["loss"].operations}
        for recording in (real, meta)
    ]
    assert devices == [{"cpu"}, {"meta"}]
    leaves = [{leaf.name for leaf in r.graphs["loss"].leaves} for r in (real, meta)]
    assert leaves[0] == leaves[1] and len(leaves[0]) == 29


def test_a_gpt_that_no_machine_could_hold_is_recorded() -> None:
    recording = called("gpt.py:large")
    graph = recording.graphs["large"]
    sizes = [leaf.tensor.shape for leaf in graph.leaves]
    numbers = sum(torch.Size(map(int, shape or ())).numel() for shape in sizes)
    assert numbers > 64e9
    assert blocks_in(recording, "large") == 80
    assert {node.outputs[0].device for node in graph.operations} == {"meta"}


def test_examples_are_as_anybody_writes_them() -> None:
    for name in [*PROGRAMS, "model.py", "gpt.py"]:
        assert "import graphview" not in (EXAMPLES / name).read_text(encoding="utf-8"), name
