"""`%load_ext graphview`: the magics, run in a real shell of IPython in this process."""

from __future__ import annotations

import atexit
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
from IPython.core.interactiveshell import ExecutionResult, InteractiveShell

import graphview
from graphview.autograd.sources import is_user_code
from graphview.model.graph import Graph

START = "import torch, graphview\nw = torch.ones(3, requires_grad=True)\nx = torch.ones(3)"


class Seen(NamedTuple):
    """A cell that was run: how it ended, what it wrote, and what it showed."""

    result: ExecutionResult
    output: str
    errors: str
    shown: list[dict[str, Any]]

    @property
    def pictures(self) -> list[str]:
        """What each graph that was shown says of itself."""
        return [data["text/plain"] for data in self.shown if "text/html" in data]


Run = Callable[[str], Seen]


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    # A shell puts itself in several places, and takes back most of them.
    monkeypatch.setattr(sys, "path", sys.path.copy())
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance(colors="nocolor", history_length=0)
    assert shell.history_manager is not None
    shell.history_manager.enabled = False
    yield shell
    shell.history_manager.end_session()
    shell.history_manager.close()
    # At the end of all tests each shell would look for garbage, which takes a while among so much.
    atexit.unregister(shell.atexit_operations)
    shell.restore_sys_module_state()
    InteractiveShell.clear_instance()


@pytest.fixture
def run(shell: InteractiveShell, capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> Run:
    """Runs a cell as a notebook does; `%load_ext graphview` and START have been run."""
    shown: list[dict[str, Any]] = []
    monkeypatch.setattr(shell.display_pub, "publish", lambda data, **_: shown.append(data))

    def run(cell: str) -> Seen:
        shown.clear()
        capsys.readouterr()
        result = shell.run_cell(cell, store_history=True)
        return Seen(result, *capsys.readouterr(), list(shown))

    assert run("%load_ext graphview").result.success
    assert run(START).result.success
    return run


def test_a_cell_shows_the_graph_of_its_last_result(run: Run) -> None:
    seen = run("%%graphview\ny = w * x\nloss = (y ** 2).mean()")
    assert seen.pictures == ["<Graph of loss: 3 operations, 1 leaf>"]
    assert seen.shown[0]["text/html"].count("<svg") == 1
    assert seen.output == seen.errors == ""


def test_a_cell_shows_the_value_of_its_last_line_and_its_graph(run: Run) -> None:
    without = run("loss = (w * x).sum()\nloss")
    seen = run("%%graphview\nloss = (w * x).sum()\nloss")
    assert without.output == "Out[3]: tensor(3., grad_fn=<SumBackward0>)\n"
    assert seen.output == without.output.replace("[3]", "[4]")
    assert isinstance(seen.result.result, torch.Tensor)
    assert seen.pictures == ["<Graph of loss: 2 operations, 1 leaf>"]
    assert run("_").result.result is seen.result.result


def test_a_last_line_goes_before_what_was_assigned(run: Run) -> None:
    seen = run("%%graphview\ny = w * x\nloss = y.sum()\ny.exp()")
    assert seen.pictures == ["<Graph of root: 2 operations, 1 leaf>"]


@pytest.mark.parametrize("value", ["{'y': y, 'loss': loss}", "(y, loss)", "[y, loss]"])
def test_a_mapping_or_tuple_of_tensors_is_one_graph(run: Run, value: str) -> None:
    seen = run(f"%%graphview\ny = w * x\nloss = y.sum()\n{value}")
    assert seen.pictures == ["<Graph of y, loss: 2 operations, 1 leaf>"]


def test_of_a_last_line_only_the_parts_with_a_graph_are_shown(run: Run) -> None:
    seen = run("%%graphview\n{'loss': w.sum(), 'n': 3, 'more': [x, (None, w.exp())]}")
    assert seen.pictures == ["<Graph of loss, more[1][1]: 2 operations, 1 leaf>"]


def test_a_variable_that_holds_tensors_is_shown_where_no_tensor_was_assigned(run: Run) -> None:
    seen = run("%%graphview\nout = {'y': w * x, 'name': 'model'}")
    assert seen.pictures == ["<Graph of out['y']: 1 operation, 1 leaf>"]


def test_a_list_that_holds_itself_has_an_end(run: Run) -> None:
    seen = run("%%graphview\nloop = []\nloop.append(loop)\nloop")
    assert seen.errors.startswith("graphview: this cell computed no tensor")


@pytest.mark.parametrize("last", ["3", "'text'", "x", "w", "None", "[1, w]", "object"])
def test_a_last_line_without_a_graph_leaves_it_to_the_variables(run: Run, last: str) -> None:
    seen = run(f"%%graphview\nloss = (w * x).sum()\n{last}")
    assert seen.pictures == ["<Graph of loss: 2 operations, 1 leaf>"]


def test_a_semicolon_hides_the_value_and_not_the_graph(run: Run) -> None:
    seen = run("%%graphview\nloss = (w * x).sum()\nloss;")
    assert seen.output == ""
    assert seen.pictures == ["<Graph of loss: 2 operations, 1 leaf>"]


def test_results_that_go_into_no_other_are_shown_together(run: Run) -> None:
    seen = run("%%graphview\ny = w * x\nfirst = y.sum()\nsecond = y.exp()\ncopy = second")
    assert seen.pictures == ["<Graph of first, copy: 3 operations, 1 leaf>"]


def test_halves_of_a_split_are_each_a_result(run: Run) -> None:
    seen = run("%%graphview\na, b, c = w.split(1)\nd = a * 2")
    assert seen.pictures == ["<Graph of b, c, d: 2 operations, 1 leaf>"]


def test_only_variables_of_the_cell_itself_count(run: Run) -> None:
    seen = run(
        "%%graphview\ndef f(x):\n    inside = x * 2\n    return inside\n"
        "for i in range(2):\n    loss = f(w).sum()\nfound = [(v := i) for i in range(3)]"
    )
    assert seen.pictures == ["<Graph of loss: 2 operations, 1 leaf>"]


@pytest.mark.parametrize("line", ["y", "--root y", "y --theme dark"])
def test_names_are_shown_before_all_else(run: Run, line: str) -> None:
    seen = run(f"%%graphview {line}\ny = w * x\nloss = y.sum()\nloss")
    assert seen.pictures == ["<Graph of y: 1 operation, 1 leaf>"]


def test_the_theme_can_be_asked_for(run: Run) -> None:
    html = run("%%graphview --theme dark\nloss = w.sum()").shown[0]["text/html"]
    assert "prefers-color-scheme" not in html


def test_leaves_have_the_names_of_modules_and_variables(run: Run) -> None:
    seen = run(
        "%%graphview\nmodel = torch.nn.Linear(3, 1)\nloss = (model(x) * w).sum()\nloss.backward()"
    )
    titles = ["leaf model.weight", "leaf model.bias", "leaf w"]
    assert all(title in seen.shown[0]["text/html"] for title in titles)


def test_what_a_cell_prints_stands_as_without_the_magic(run: Run) -> None:
    seen = run("%%graphview\nprint('one')\nloss = w.sum()\nprint('two')")
    assert seen.output == "one\ntwo\n"


def test_magics_within_the_cell_run(run: Run) -> None:
    seen = run("%%graphview\n%config Completer.use_jedi = False\nloss = w.sum()")
    assert seen.pictures == ["<Graph of loss: 1 operation, 1 leaf>"]


# Errors.


@pytest.mark.parametrize(
    "code",
    ["y = w * x\n1 / 0", "y = = 2", "def f():\n    1 / 0\nf()", "if x:\nprint()", "return 3", "\0"],
)
def test_an_error_appears_as_without_the_magic(run: Run, code: str) -> None:
    without = run(f"# A line in place of the magic.\n{code}")
    seen = run(f"%%graphview\n{code}")
    assert seen.shown == []
    assert not seen.result.success
    failed = seen.result.error_in_exec or seen.result.error_before_exec
    known = without.result.error_in_exec or without.result.error_before_exec
    assert type(failed) is type(known)
    expected = without.output.replace("In[3]", "In[4]").replace("# A line in place of", "")
    assert type(failed).__name__ in seen.output
    assert _lines(seen.output) == _lines(expected)
    assert seen.errors == without.errors


def _lines(traceback: str) -> list[str]:
    """A traceback without the line that stands for the magic."""
    return [line for line in traceback.splitlines() if not line.strip().startswith("1 ")]


def test_after_an_error_torch_is_as_before(run: Run) -> None:
    run("%%graphview\nloss = w.sum()\n1 / 0")
    assert not torch.is_anomaly_enabled()
    assert "at 0x" not in run("%%graphview\nx.sum()").errors


@pytest.mark.parametrize("code", ["n = 3", "x.sum()", "import math", "w", "y = w.detach()"])
def test_nothing_with_a_graph_is_one_sentence(run: Run, code: str) -> None:
    seen = run(f"%%graphview\n{code}")
    assert seen.result.success
    assert seen.shown == []
    assert seen.errors.startswith("graphview: this cell computed no tensor with a graph")
    assert len(seen.errors.splitlines()) == 1


MISTAKES = {
    "%graphview los": "there is no variable 'los'; tensors with a graph are loss.",
    "%graphview": "%graphview needs the name of a tensor, as in %graphview loss.",
    "%graphview x": "root 'x' has no autograd graph",
    "%graphview torch": "'torch' is of type module, not a tensor",
    "%graphview loss --theme pink": "argument --theme: invalid choice: 'pink'",
    "%graphview --nothing": "unrecognized arguments: --nothing",
    "%%graphview los\nloss = w.sum()": "there is no variable 'los'",
    "%%graphview\nawait thing()": "cannot run a cell with await",
}


@pytest.mark.parametrize("cell", MISTAKES, ids=str)
def test_a_mistake_is_one_sentence(run: Run, cell: str) -> None:
    assert run("loss = w.sum()").result.success
    seen = run(cell)
    assert not seen.result.success
    assert seen.shown == []
    assert MISTAKES[cell] in seen.errors
    assert len(seen.errors.splitlines()) == 1


def test_a_name_that_is_not_there_says_so_where_no_tensor_has_a_graph(run: Run) -> None:
    assert "no variable is a tensor with a graph" in run("%graphview los").errors


# The line magic, and graphs without any magic.


def test_the_line_magic_shows_what_exists(run: Run) -> None:
    assert run("loss = (w * x).sum()\nloss.backward()").result.success
    seen = run("%graphview loss")
    assert seen.pictures == ["<Graph of loss: 2 operations, 1 leaf>"]


def test_a_graph_shows_itself_and_the_terminal_says_its_repr(run: Run) -> None:
    seen = run("loss = (w * x).sum()\ngraphview.capture(loss)")
    assert seen.output == "Out[3]: <Graph of loss: 2 operations, 1 leaf>\n"
    assert isinstance(seen.result.result, Graph)


def test_a_tensor_is_called_by_its_variable_and_not_by_the_history(run: Run) -> None:
    run("loss = (w * x).sum()\nloss")
    seen = run("graphview.capture(loss)")
    assert seen.result.result.roots[0].name == "loss"


# Source lines.


def sources(graph: Graph) -> list[tuple[str, int, str | None, str | None]]:
    return [(s.file, s.line, s.expression, s.variable) for s in graph.sources]


def test_lines_of_a_watched_cell_count_from_the_magic(run: Run) -> None:
    run("%%graphview\n\n# A remark.\ny = w * x\nloss = y.sum()")
    graph = run("graphview.capture(loss)").result.result
    assert sources(graph) == [("cell 3", 4, "w * x", "y"), ("cell 3", 5, "y.sum()", "loss")]


def test_cells_are_places_without_the_magic_too(run: Run) -> None:
    run("def f(x):\n    return x.exp()")
    run("with graphview.watch_nodes():\n    loss = f(w).sum()")
    graph = run("graphview.capture(loss)").result.result
    assert sources(graph) == [
        ("cell 3", 2, "x.exp()", None),
        ("cell 4", 2, "f(w).sum()", "loss"),
    ]


def test_a_recorded_block_of_a_cell_is_called_by_it(run: Run) -> None:
    run("with graphview.record() as block:\n    loss = w.sum()\n    loss.backward()")
    recording = run("block.recording").result.result
    assert recording.subject == "cell 3"
    assert {source.file for source in recording.graphs["loss"].sources} == {"cell 3"}


@pytest.mark.parametrize("name", ["<ipython-input-3-abcdef123456>", "/tmp/ipykernel_7/123.py"])
def test_code_of_a_cell_is_the_users(name: str) -> None:
    assert is_user_code(name)


def test_loading_twice_changes_nothing(run: Run) -> None:
    run("%reload_ext graphview")
    assert len(run("%%graphview\nloss = w.sum()").pictures) == 1


def test_the_extension_is_no_public_name() -> None:
    assert "load_ipython_extension" not in graphview.__all__
    assert callable(graphview.load_ipython_extension)
