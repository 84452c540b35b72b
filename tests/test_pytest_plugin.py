"""The pytest plugin, in runs of pytest of its own, and the assertions of `graphview.testing`."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

import pytest
import torch
from torch import nn

import graphview
from graphview.model.graph import Graph
from graphview.observe.modes import mode_stack
from graphview.observe.trails import Trails
from graphview.testing import (
    Capture,
    assert_not_reaches,
    assert_reaches,
    baselines,
    capturing,
    leaf_names,
    operation_counts,
)
from graphview.testing.run import Home

pytest_plugins = ["pytester"]

# Also where the plugin is installed as an entry point it is loaded once.
PLUGIN = ("-p", "no:graphview", "-p", "graphview.pytest_plugin", "-p", "no:cacheprovider")
DOCUMENT = Path(__file__).parent.parent / "docs" / "testing.md"
# A run of its own loads these once for all: torch cannot be loaded twice.
LOADED = (baselines, capturing)

NET = """
import os
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(3, 8)
        self.fc2 = nn.Linear(8, 1)

    def forward(self, x):
        hidden = torch.relu(self.fc1(x))
        if os.environ.get("CASE") == "detach":
            hidden = hidden.detach()
        if os.environ.get("CASE") == "tanh":
            hidden = torch.tanh(hidden)
        return self.fc2(hidden)


def loss_of(model, size=2):
    return model(torch.ones(size, 3)).mean()
"""
STEP = """
import pytest
from net import Net, loss_of


def test_step(graphview_capture, graph_baseline):
    model = Net()
    loss = loss_of(model)
    graph = graphview_capture(loss, model=model)
    assert graph == graph_baseline
"""
MORE = """

class TestSizes:
    @pytest.mark.parametrize("size", [1, 2])
    def test_check(self, graphview_capture, graph_baseline, size):
        model = Net()
        loss = loss_of(model, size)
        graph_baseline.check(graphview_capture(loss, model=model))
        both = graphview_capture({"loss": loss, "double": loss * 2}, model=model)
        assert both == graph_baseline["a/b"]
"""
UPDATE = "--graphview-update"
KEPT = Path("__graphs__/test_net")


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A folder with a model and a test; as on the machine of a person, not in CI."""
    for name in ("CI", "BUILD_NUMBER", "PYTEST_ADDOPTS", "CASE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    pytester.makepyfile(net=NET, test_net=STEP)
    return pytester


def run(project: pytest.Pytester, *options: str) -> pytest.RunResult:
    # In one process the filters of this run would hold there too.
    # It would take its handlers of signals from the layout engine, which needs them.
    quiet = "-p", "no:faulthandler"
    return project.runpytest_inprocess(*PLUGIN, *quiet, "-W", "default", *options)


def errors(result: pytest.RunResult) -> list[str]:
    """The lines with which pytest tells why a test failed."""
    return [line for line in result.outlines if line.startswith("E ")]


def told(result: pytest.RunResult) -> list[str]:
    """What the plugin says at the end, without the line that counts tests."""
    lines = result.outlines
    start = next((i for i, line in enumerate(lines) if line.strip("-") == " graphs "), None)
    return [] if start is None else [line for line in lines[start + 1 : -1] if line]


def files(project: pytest.Pytester) -> list[str]:
    return sorted(path.name for path in (project.path / KEPT).glob("*"))


def test_a_graph_is_held_to_the_baseline_that_was_written(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = run(project)
    missing.assert_outcomes(failed=1)
    assert errors(missing) == [
        "E       Failed: there is no baseline __graphs__/test_net/test_step.json yet; look at the "
        "graph, then run pytest with --graphview-update and commit the file."
    ]
    updated = run(project, UPDATE)
    updated.assert_outcomes(passed=1)
    assert told(updated) == ["graphview: 1 baseline written"]
    same = run(project)
    same.assert_outcomes(passed=1)
    assert told(same) == []
    monkeypatch.setenv("CASE", "detach")
    changed = run(project)
    changed.assert_outcomes(failed=1)
    assert errors(changed) == [
        "E       assert <Graph of loss: 3 operations, 2 leaves> == "
        "<baseline __graphs__/test_net/test_step.json>",
        "E         GV160 unreached: `fc1` no longer reaches loss: cut by detach at net.py:15",
        "E           --> net.py:15  hidden.detach()",
        "E           old  `Net/relu` goes into `fc2/addmm`",
        "E           new  `fc2/addmm` takes a constant there",
        "E           also 3 operations gone",
        "E         If this is meant, run pytest with --graphview-update and commit the baseline.",
    ]
    assert told(run(project, UPDATE)) == ["graphview: 1 baseline written"]
    accepted = run(project, UPDATE)
    accepted.assert_outcomes(passed=1)
    assert told(accepted) == []


def test_check_fails_with_the_whole_difference_and_parameters_have_baselines_of_their_own(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.makepyfile(test_net=STEP + MORE)
    assert told(run(project, UPDATE)) == ["graphview: 5 baselines written"]
    assert files(project) == [
        "TestSizes.test_check[1]--a%2Fb.json",
        "TestSizes.test_check[1].json",
        "TestSizes.test_check[2]--a%2Fb.json",
        "TestSizes.test_check[2].json",
        "test_step.json",
    ]
    run(project).assert_outcomes(passed=3)
    monkeypatch.setenv("CASE", "tanh")
    changed = run(project, "test_net.py::TestSizes::test_check[2]")
    assert errors(changed) == [
        "E       AssertionError: <Graph of loss: 7 operations, 4 leaves> is not as "
        "<baseline __graphs__/test_net/TestSizes.test_check[2].json>:",
        "E       GV165 operation-gained: `tanh` is new, between `relu` and `addmm` in `Net`",
        "E         --> net.py:17  torch.tanh(hidden)",
        "E         old  tanh 0",
        "E         new  tanh 1",
        "E       If this is meant, run pytest with --graphview-update and commit the baseline.",
    ]


def test_unused_baselines_are_told_and_removed_where_all_tests_of_a_file_ran(
    project: pytest.Pytester,
) -> None:
    project.makepyfile(test_net=STEP + MORE)
    run(project, UPDATE)
    project.makepyfile(test_net=STEP.replace("\n\n\ndef", "\n\n\ndef test_other(): pass\n\n\ndef"))
    gone = project.mkdir("__graphs__/test_gone") / "test_old.json"
    gone.write_text("{}")
    unused = [f"  {KEPT.as_posix()}/{name}" for name in files(project)[:-1]]
    unused.insert(0, "  __graphs__/test_gone/test_old.json")
    assert told(run(project)) == [
        "graphview: 5 baselines unused",
        *unused,
        "Run pytest with --graphview-update to remove what is unused.",
    ]
    some = "test_net.py::test_step"
    assert told(run(project, some)) == []
    assert told(run(project, UPDATE, some)) == []
    # What is not held to that file is known to be unused whatever runs.
    assert told(run(project, "-k", "step"))[:2] == ["graphview: 1 baseline unused", unused[0]]
    assert told(run(project, UPDATE)) == ["graphview: 5 baselines removed", *unused]
    assert files(project) == ["test_step.json"]
    assert not gone.parent.exists()


@pytest.mark.parametrize(
    "option",
    [
        *("--fixtures", "--fixtures-per-test", "--collect-only", "--co", "--markers", "--help"),
        *("--setup-plan", "--setup-only", "--cache-show", "--version"),
    ],
)
def test_a_run_without_tests_neither_tells_nor_removes_what_is_unused(
    project: pytest.Pytester, option: str
) -> None:
    run(project, UPDATE)
    unused = project.path / KEPT / "test_old.json"
    unused.write_text("{}")
    # The cache that is shown is pytest's own.
    plain = ["-p", "cacheprovider"] if option == "--cache-show" else []
    for options in ([option, *plain], [option, UPDATE, *plain]):
        assert told(run(project, *options)) == []
        assert files(project) == ["test_old.json", "test_step.json"]
    assert told(run(project))[0] == "graphview: 1 baseline unused"


def test_the_baseline_of_a_test_that_did_not_come_to_it_is_not_unused(
    project: pytest.Pytester,
) -> None:
    run(project, UPDATE)
    for start in ("pytest.skip('today')", "assert False"):
        project.makepyfile(test_net=STEP.replace("model = Net()", f"{start}; model = Net()"))
        assert told(run(project, UPDATE)) == []
        assert files(project) == ["test_step.json"]


def test_an_update_is_refused_in_ci(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    refused = run(project, UPDATE)
    assert refused.ret == pytest.ExitCode.USAGE_ERROR
    assert [line for line in refused.errlines if line] == [
        "ERROR: --graphview-update is refused where CI is set: a baseline is written where "
        "somebody looks at it, and committed with the code."
    ]
    assert not (project.path / "__graphs__").exists()
    monkeypatch.setenv("CI", "false")
    run(project, UPDATE).assert_outcomes(passed=1)


def test_with_another_torch_other_operations_are_a_warning(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(project, UPDATE)
    file = project.path / KEPT / "test_step.json"
    kept = json.loads(file.read_text())
    file.write_text(json.dumps(kept | {"torch": "2.0.1", "device": "cuda"}))
    # The same graph needs no warning.
    run(project).assert_outcomes(passed=1)
    monkeypatch.setenv("CASE", "tanh")
    loose = run(project)
    loose.assert_outcomes(passed=1, warnings=1)
    start = loose.outlines.index("test_net.py::test_step")
    here = torch.__version__.partition("+")[0]
    assert loose.outlines[start + 1 : start + 4] == [
        f"  {project.path}/test_net.py:9: BaselineWarning: <baseline {KEPT.as_posix()}/test_step"
        f".json> (written with torch 2.0.1 on cuda, this is torch {here} on cpu)",
        "    GV165 operation-gained: `tanh` is new, between `relu` and `addmm` in `Net`",
        "    assert graph == graph_baseline",
    ]
    monkeypatch.setenv("CASE", "detach")
    run(project).assert_outcomes(failed=1)


def test_what_cannot_be_compared_is_said_in_a_sentence(project: pytest.Pytester) -> None:
    kept = project.path / KEPT
    kept.mkdir(parents=True)
    (kept / "test_step.json").write_text("{}")
    [broken] = errors(run(project))
    assert broken.startswith(f"E       Failed: {KEPT.as_posix()}/test_step.json is no baseline of")
    assert broken.endswith("; run pytest with --graphview-update to write it again.")
    project.makepyfile(test_net=STEP.replace("graph ==", "loss =="))
    assert errors(run(project)) == [
        "E       Failed: the baseline __graphs__/test_net/test_step.json is compared with a "
        "Tensor, which is no graph; give what graphview_capture(loss) returns."
    ]
    twice = "    assert graphview_capture(loss * 2, model=model) == graph_baseline\n"
    project.makepyfile(test_net=STEP + twice)
    assert errors(run(project, UPDATE)) == [
        "E       Failed: two graphs of this test would have the one baseline "
        "__graphs__/test_net/test_step.json; give each a name, as in "
        'graph_baseline["name"].'
    ]


def test_beside_xdist_and_pytest_cov(project: pytest.Pytester) -> None:
    project.makepyfile(test_net=STEP + MORE)
    (project.path / KEPT).mkdir(parents=True)
    (project.path / KEPT / "test_old.json").write_text("{}")
    result = project.runpytest_subprocess(*PLUGIN, "-n2", "--cov=net", UPDATE)
    result.assert_outcomes(passed=3)
    assert "graphview: 5 baselines written, 1 baseline removed" in result.outlines
    assert len(files(project)) == 5
    assert [line for line in result.outlines if line.startswith("net.py ")]


def test_beside_syrupy(project: pytest.Pytester) -> None:
    pytest.importorskip("syrupy")
    snapshot = "def test_text(snapshot):\n    assert 'text' == snapshot\n"
    project.makepyfile(test_net=STEP + snapshot)
    both = run(project, UPDATE, "--snapshot-update")
    both.assert_outcomes(passed=2)
    assert "graphview: 1 baseline written" in both.outlines
    assert "1 snapshot generated." in both.outlines
    run(project).assert_outcomes(passed=2)


def test_a_run_that_does_not_use_it_loads_neither_torch_nor_graphs(tmp_path: Path) -> None:
    (tmp_path / "test_empty.py").write_text("def test_empty(): pass\n")
    code = (
        "import sys, pytest\n"
        f"assert pytest.main([{', '.join(map(repr, PLUGIN))}, '-q']) == 0\n"
        "print(sorted(name for name in sys.modules if name.startswith(('torch', 'graphview'))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == str(
        [
            "graphview",
            "graphview.errors",
            "graphview.files",
            "graphview.pytest_plugin",
            "graphview.testing",
            "graphview.testing.run",
        ]
    )


def test_names_of_files_are_short_and_each_tests_own() -> None:
    home = Home(Path("folder"), "test_a")
    assert home.owns(home.path()) and home.owns(home.path("x"))
    other = Home(Path("folder"), "test_a[x--y]")
    assert not home.owns(other.path()) and not other.owns(home.path())
    long, longer = home.path("é" * 300).name, home.path("é" * 301).name
    assert long != longer and len(long.encode()) < 255


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(3, 8), nn.Linear(8, 1)

    def forward(self, x: torch.Tensor, *, detach: bool = False) -> torch.Tensor:
        hidden = torch.relu(self.fc1(x))
        out: torch.Tensor = self.fc2(hidden.detach() if detach else hidden)
        return out


@pytest.fixture
def capture() -> Iterator[Capture]:
    with capturing.watched() as capture:
        yield capture


def line_with(text: str) -> str:
    """The place in this file of the first line with this text."""
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    number = next(i for i, line in enumerate(lines, 1) if text in line)
    return f"tests/test_pytest_plugin.py:{number}"


def failure(assertion: Callable[[], None]) -> list[str]:
    with pytest.raises(AssertionError) as caught:
        assertion()
    return str(caught.value).splitlines()


def test_a_graph_in_types_of_python(capture: Capture) -> None:
    model = Net()
    graph = capture(model(torch.ones(2, 3)).mean(), model=model)
    assert isinstance(graph, Graph)
    assert leaf_names(graph) == {"fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"}
    assert operation_counts(graph) == {"t": 2, "addmm": 2, "relu": 1, "mean": 1}


def test_what_is_not_reached_is_named_with_what_the_graph_knows(capture: Capture) -> None:
    model = Net()
    loss = model(torch.ones(2, 3), detach=True).mean()
    assert failure(lambda: assert_reaches(loss, model)) == [
        "loss does not reach 2 of 4 parameters of Net:",
        f"  fc1.weight and fc1.bias: cut by detach at {line_with('hidden.detach() if')}",
    ]
    assert_reaches(loss, model, but="fc1.*")
    assert_reaches(loss, model, only=["fc2.weight", "fc2.bias"])
    weight = nn.functional.linear(torch.ones(2, 8), model.fc2.weight).mean()
    assert failure(lambda: assert_reaches(weight, model.fc2)) == [
        "weight does not reach 1 of 2 parameters of Linear:",
        f"  bias  (1,): used at {line_with('hidden.detach() if')}, and what is computed of it "
        "reaches no root",
    ]


def test_what_is_frozen_is_not_reached_unless_that_is_said(capture: Capture) -> None:
    model = Net()
    model.fc1.requires_grad_(False)
    loss = model(torch.ones(2, 3)).mean()
    assert failure(lambda: assert_reaches(loss, model)) == [
        "loss does not reach 2 of 4 parameters of Net:",
        "  fc1.weight and fc1.bias: frozen, requires_grad is False",
        'What is to stay frozen is named so: frozen="fc1.*".',
    ]
    assert_reaches(loss, model, frozen="fc1.*")
    assert_reaches(loss, model, frozen=["fc1.weight", "fc1.bias"])
    assert failure(lambda: assert_reaches(loss, model, frozen="fc1.weight"))[1:] == [
        "  fc1.bias  (8,): frozen, requires_grad is False",
        'What is to stay frozen is named so: frozen="fc1.bias".',
    ]
    assert failure(lambda: assert_reaches(loss, model, only="fc1.bias")) == [
        "loss does not reach 1 of 1 parameter of Net:",
        "  fc1.bias  (8,): frozen, requires_grad is False",
    ]
    model.fc1.requires_grad_(True)
    thawed = model(torch.ones(2, 3)).mean()
    assert failure(lambda: assert_reaches(thawed, model, frozen="fc1.*"))[0] == (
        "thawed reaches what frozen=fc1.* leaves out: fc1.weight, fc1.bias"
    )
    assert_reaches(thawed, model, frozen="fc1.*", but="fc1.*")


class Deep(nn.Module):
    """A body of three blocks, of which nobody uses the last, before a head."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(*[nn.Linear(4, 4) for _ in range(3)])
        self.head = nn.Linear(4, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():  # around two blocks
            hidden = self.body[1](self.body[0](x))
        return self.head(hidden)  # type: ignore[no-any-return]


def test_each_cause_is_told_once_with_its_line(capture: Capture) -> None:
    model = Deep()
    loss = model(torch.ones(2, 4)).mean()
    assert failure(lambda: assert_reaches(loss, model)) == [
        "loss does not reach 6 of 8 parameters of Deep:",
        "  4 parameters of `body`: used only where gradients are off: no_grad at "
        f"{line_with('# around two blocks')}",
        "  body.2.weight and body.2.bias: no operation was seen to take them",
    ]


def test_what_nobody_watched_is_told_once_for_each_part() -> None:
    model = Deep()
    loss = model(torch.ones(2, 4)).mean()
    start = [
        "loss does not reach 6 of 8 parameters of Deep:",
        "  6 parameters of `body`",
    ]
    assert failure(lambda: assert_reaches(loss, model)) == [
        *start,
        "Why is not known: in a test that has the fixture graphview_capture, the line is told "
        "that cuts the gradient off.",
    ]
    with capturing.watched():
        assert failure(lambda: assert_reaches(loss, model)) == [
            *start,
            "Why is not known: operations ran before the test had the fixture graphview_capture.",
        ]


def test_a_watch_that_gave_up_says_so(capture: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise ValueError("on purpose")

    monkeypatch.setattr(Trails, "note", fails)
    model = Deep()
    loss = model(torch.ones(2, 4)).mean()
    assert failure(lambda: assert_reaches(loss, model))[-1] == (
        "Where gradients are cut could not be watched to the end: ValueError: on purpose."
    )


def test_a_loss_that_was_cut_off_itself_is_told_with_the_line(capture: Capture) -> None:
    model = Net()
    loss = model(torch.ones(2, 3)).mean().detach()  # the whole
    [told] = failure(lambda: assert_reaches(loss, model))
    assert told.startswith("root 'loss' has no autograd graph")
    assert told.endswith(f" Seen: cut by detach at {line_with('# the whole')}.")


def test_a_backward_of_the_tests_own_is_called_once(capture: Capture) -> None:
    w = torch.ones(2, requires_grad=True)
    with mock.patch.object(
        torch.Tensor, "backward", autospec=True, side_effect=torch.Tensor.backward
    ) as backward:
        (w * 2).sum().backward()
    assert backward.call_count == 1
    assert w.grad is not None


def test_a_watch_leaves_torch_as_it_was() -> None:
    kinds = (torch.no_grad, torch.set_grad_enabled, nn.Parameter, torch.Tensor)
    before = [vars(kind).copy() for kind in kinds]
    with capturing.watched(), capturing.watched():
        # Of two fixtures in one test one is enough.
        assert len(mode_stack()) == 1
        mode = torch.device("cpu")
        mode.__enter__()
    # A mode of the test's own stays.
    [stayed] = mode_stack()
    mode.__exit__(None, None, None)
    assert stayed is not None and mode_stack() == []
    assert [vars(kind).copy() for kind in kinds] == before


def test_what_is_reached_and_should_not_be_is_shown_with_the_way(capture: Capture) -> None:
    model = Net()
    loss = model(torch.ones(2, 3)).mean()
    line = sys._getframe().f_lineno - 1
    way = [
        "  loss (root)",
        f"  └─ MeanBackward0  tests/test_pytest_plugin.py:{line}",
    ]
    only = failure(lambda: assert_reaches(loss, model, only="fc2.*"))
    assert only[0] == "loss reaches what only=fc2.* leaves out: fc1.weight, fc1.bias"
    assert only[1:3] == way and only[-1].endswith("└─ fc1.weight (leaf)")
    found = failure(lambda: assert_not_reaches(loss, model.fc1))
    assert found[0] == "loss reaches 2 parameters of Linear: weight, bias"
    assert found[1:3] == way and found[-1].endswith("└─ weight (leaf)")
    assert_not_reaches(model(torch.ones(2, 3), detach=True).mean(), model.fc1)


def test_an_assertion_that_would_hold_whatever_is_fails() -> None:
    model = Net()
    loss = model(torch.ones(2, 3)).mean()
    assert failure(lambda: assert_reaches(loss, model, only="fc3.*")) == [
        "no parameter matches only='fc3.*'"
    ]
    assert failure(lambda: assert_reaches(loss, model, but="*")) == [
        "no parameter of Net is to be reached by a gradient"
    ]
    assert failure(lambda: assert_not_reaches(loss, nn.ReLU())) == ["ReLU has no parameters"]
    [graphless] = failure(lambda: assert_not_reaches(loss.detach(), model))
    assert graphless.startswith("root 'root' has no autograd graph: it has no grad_fn")


def test_leaves_are_told_apart_by_identity() -> None:
    model, stranger = {"w": torch.ones(1, requires_grad=True)}, torch.ones(1, requires_grad=True)
    w = stranger
    loss = (w * 2).sum()
    assert failure(lambda: assert_reaches(loss, model))[1] == "  w  (1,)"


def test_the_users_graph_is_left_as_it_was() -> None:
    model = Net()
    model.fc1.bias.requires_grad_(False)
    before = torch.is_anomaly_enabled()
    with capturing.watched() as capture:
        loss = model(torch.ones(2, 3)).mean()
        assert_reaches(loss, model, frozen="fc1.bias")
        graph = capture(loss, model=model)
        assert not loss.retains_grad
        loss.backward()
    assert torch.is_anomaly_enabled() is before
    assert [each.requires_grad for each in model.parameters()] == [True, False, True, True]
    # After backward, too.
    assert graphview.capture(loss, params=model).leaves == graph.leaves
    assert_reaches(loss, model, frozen="fc1.bias")


def test_the_document_says_what_is_so(project: pytest.Pytester) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    named = re.findall(r"```python\n# (\w+)\.py\n(.*?)```", text, re.DOTALL)
    assert len(named) == text.count("```python") == 3
    # The first line of each is its name.
    sources = {name: f"# {name}.py\n{source}" for name, source in named}
    project.makepyfile(**sources)
    run(project, UPDATE).assert_outcomes(passed=4)
    run(project, "-W", "error").assert_outcomes(passed=4)
    assert files(project) == ["test_step.json"]
    cut = sources["net"].replace("torch.relu(self.fc1(x))", "torch.relu(self.fc1(x).detach())")
    project.makepyfile(net=cut)
    reach, base = re.findall(r"```text\n(.*?)```", text, re.DOTALL)
    assert errors(run(project, "test_net.py")) == base.splitlines()
    trained = "test_reach.py::test_all_parameters_are_trained"
    assert errors(run(project, trained)) == reach.splitlines()
