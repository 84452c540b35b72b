"""Each node knows the line and the exact expression that made it, and its module."""

from __future__ import annotations

import sys
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.fx.traceback as fx_traceback
from models import Scale, leaf
from torch import nn

from graphview.autograd import capture, capture_live, sources, watch_nodes
from graphview.autograd.locate import short_path
from graphview.autograd.sources import is_user_code, stamp_of
from graphview.model.graph import Graph, Source

Run = Callable[[str], dict[str, Any]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a script from a file in the working directory, watched; returns its variables."""
    monkeypatch.chdir(tmp_path)

    def run(text: str, name: str = "script.py") -> dict[str, Any]:
        Path(name).write_text(text, encoding="utf-8")
        variables: dict[str, Any] = {"__name__": "script"}
        code = compile(text, str(tmp_path / name), "exec")
        with watch_nodes():
            exec(code, variables)
        return variables

    return run


def places(graph: Graph) -> list[tuple[str, int | None, str | None, str | None]]:
    """(node, line, expression, variable) of each operation."""
    found = []
    for node in graph.operations:
        source = graph.source_of(node)
        line, text = (source.line, source.expression) if source else (None, None)
        found.append(
            (node.name.removesuffix("0").removesuffix("Backward"), line, text, node.variable)
        )
    return found


def from_source_alone(target: Any) -> Graph:
    """Captured with no variables in scope, so that names come from the source."""
    return capture_live(target).graph


LESSON = """\
import torch
a = torch.ones(1, requires_grad=True)
b = torch.ones(1, requires_grad=True)
x = torch.ones(3)
yhat = a + b * x
error = yhat - 1
loss = (error ** 2).mean()
"""


def test_every_node_of_a_script_has_its_line_expression_and_variable(run: Run) -> None:
    graph = capture(run(LESSON)["loss"])
    assert places(graph) == [
        ("Mul", 5, "b * x", None),
        ("Add", 5, "a + b * x", "yhat"),
        ("Sub", 6, "yhat - 1", "error"),
        ("Pow", 7, "error ** 2", None),
        ("Mean", 7, "(error ** 2).mean()", "loss"),
    ]
    assert graph.sources[0] == Source("script.py", 5, 5, 11, 16, "<module>", "b * x", None)


def test_an_accumulate_grad_has_no_source(run: Run) -> None:
    graph = capture(run(LESSON)["loss"])
    assert [node.source for node in graph.nodes if node.kind == "accumulate"] == [None, None]


CASES = {
    "nested functions": (
        "def outer(x):\n    def inner(y):\n        return y.exp()\n"
        "    return inner(x) * 2\nz = outer(x)",
        [("Exp", 5, "y.exp()", None), ("Mul", 6, "inner(x) * 2", None)],
    ),
    "a comprehension": (
        "parts = [x * i for i in (2.0, 3.0)]\nz = parts[0] + parts[1]",
        [
            ("Mul", 3, "x * i", None),
            ("Mul", 3, "x * i", None),
            ("Add", 4, "parts[0] + parts[1]", "z"),
        ],
    ),
    "one value for a tuple": (
        "first, second = x.split(1)\nz = first * second",
        [("Split", 3, "x.split(1)", "first, second"), ("Mul", 4, "first * second", "z")],
    ),
    "a tuple for a tuple": (
        "first, (second, third) = x.exp(), (x.sin(), x.cos())\nz = first + second * third",
        [
            ("Exp", 3, "x.exp()", "first"),
            ("Sin", 3, "x.sin()", "second"),
            ("Cos", 3, "x.cos()", "third"),
            ("Mul", 4, "second * third", None),
            ("Add", 4, "first + second * third", "z"),
        ],
    ),
    "augmented assignment": (
        "z = x.clone()\nz += 1\nz *= 3",
        [("Clone", 3, "x.clone()", "z"), ("Add", 4, "z += 1", "z"), ("Mul", 5, "z *= 3", "z")],
    ),
    "walrus and annotation": (
        "if (y := x * 2) is not None:\n    z: object = y.exp()",
        [("Mul", 3, "x * 2", "y"), ("Exp", 4, "y.exp()", "z")],
    ),
    "an attribute and an item": (
        "class Box: pass\nbox, table = Box(), {}\n"
        "box.y = x * 2\ntable['z'] = box.y.exp()\nz = table['z'] + 1",
        [
            ("Mul", 5, "x * 2", "box.y"),
            ("Exp", 6, "box.y.exp()", "table['z']"),
            ("Add", 7, "table['z'] + 1", "z"),
        ],
    ),
    "several lines": (
        "z = (\n    x *\n    2\n)",
        [("Mul", 4, "x *\n    2", "z")],
    ),
    "a chain of methods over several lines": (
        "z = (x\n     .exp()\n     .sin())",
        [("Exp", 4, "exp()", None), ("Sin", 5, "sin()", "z")],
    ),
    "not only ASCII": (
        "größe = 'ä€😀'; ŷ = x * len('😀😀'); z = ŷ.exp()",
        [("Mul", 3, "x * len('😀😀')", "ŷ"), ("Exp", 3, "ŷ.exp()", "z")],
    ),
    "many nodes in one expression": (
        "f = torch.nn.functional.linear\nz = f(x.view(1, 2), w, x)",
        [
            ("View", 4, "x.view(1, 2)", None),
            ("T", 4, "f(x.view(1, 2), w, x)", None),
            ("Addmm", 4, "f(x.view(1, 2), w, x)", "z"),
        ],
    ),
    "the same line in a loop": (
        "z = x\nfor i in range(3):\n    z = z * 2\nz = z + 0",
        [("Mul", 5, "z * 2", None)] * 2 + [("Mul", 5, "z * 2", "z"), ("Add", 6, "z + 0", "z")],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_exact_expression_is_found_in(case: str, run: Run) -> None:
    text, expected = CASES[case]
    leaves = "import torch; x = torch.ones(2, requires_grad=True)\n"
    variables = run(leaves + "w = torch.ones(2, 2, requires_grad=True)\n" + text)
    found = places(from_source_alone(variables["z"]))
    assert sorted(found, key=str) == sorted(expected, key=str)


def test_columns_count_characters_not_bytes(run: Run) -> None:
    graph = capture(run("import torch\nä = torch.ones(1, requires_grad=True); z = ä * 2\n")["z"])
    (source,) = graph.sources
    assert (source.column, source.end_column) == (43, 48)


def test_code_without_a_file_still_has_its_line() -> None:
    variables: dict[str, Any] = {"x": leaf(1)}
    with watch_nodes():
        exec("\n\nz = x * 2", variables)
    graph = capture({"z": variables["z"]})
    assert graph.sources == (Source("<string>", 3, 3, None, None, "<module>", None, None),)


def test_a_file_edited_and_run_again_is_read_again(run: Run) -> None:
    start = "import torch\nx = torch.ones(1, requires_grad=True)\n"
    capture(run(start + "first = x * 2\n")["first"])
    graph = capture({"root": run(start + "second_one = x * 2\n")["second_one"]})
    assert [(s.expression, s.variable) for s in graph.sources] == [("x * 2", "second_one")]


def test_a_source_that_is_no_python_gives_lines_without_variables(run: Run, tmp_path: Path) -> None:
    variables = run(LESSON)
    (tmp_path / "script.py").write_text("%matplotlib inline !\n" * 9)
    assert {name for *_, name in places(from_source_alone(variables["loss"]))} == {None}


MODEL = """\
import torch
from torch import nn
class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(2, 2)
    def forward(self, x):
        return self.inner(x).tanh()
model = nn.Sequential(Block(), nn.Linear(2, 1))
loss = model(torch.ones(1, 2)).sum()
"""


def test_a_modules_path_is_that_of_params(run: Run) -> None:
    variables = run(MODEL)
    graph = capture({"loss": variables["loss"]}, params=variables["model"])
    modules = [(node.name, node.module) for node in graph.operations]
    assert modules == [
        ("TBackward0", "0.inner"),
        ("AddmmBackward0", "0.inner"),
        ("TanhBackward0", "0"),
        ("TBackward0", "1"),
        ("AddmmBackward0", "1"),
        ("SumBackward0", None),
    ]


def test_an_unknown_modules_path_is_its_classes(run: Run) -> None:
    variables = run(MODEL)
    graph = capture({"loss": variables["loss"]})
    assert graph.operations[1].module == "Sequential/Block/Linear"
    assert graph.operations[2].module == "Sequential/Block"


def test_torchs_own_lines_are_the_users_call(run: Run) -> None:
    variables = run(MODEL)
    graph = capture({"loss": variables["loss"]}, params=variables["model"])
    assert {place[1:] for place in places(graph)[:2]} == {(8, "self.inner(x)", None)}


def test_a_stamp_keeps_no_module_alive(run: Run) -> None:
    variables = run(MODEL)
    loss, model = variables.pop("loss"), weakref.ref(variables["model"])
    variables.clear()
    assert model() is None
    assert capture(loss).operations[0].module == "Sequential/Block/Linear"


def test_nodes_made_by_double_backward_are_stamped() -> None:
    x = leaf(2)
    with watch_nodes():
        (grad,) = torch.autograd.grad((x**3).sum(), x, create_graph=True)
    (expression,) = {source.expression for source in capture(grad).sources}
    assert expression == "torch.autograd.grad((x**3).sum(), x, create_graph=True)"


def test_nodes_made_in_another_thread_are_stamped() -> None:
    x, results = leaf(2), []
    with watch_nodes():
        thread = threading.Thread(target=lambda: results.append(x.exp()))
        thread.start()
        thread.join()
    assert [source.expression for source in capture(results[0]).sources] == ["x.exp()"]


def test_a_custom_function_is_stamped_at_its_apply() -> None:
    x = leaf(2)
    with watch_nodes():
        y = Scale.apply(x)
    assert [source.expression for source in capture(y).sources] == ["Scale.apply(x)"]


@pytest.fixture
def without_hook(monkeypatch: pytest.MonkeyPatch) -> None:
    """A torch whose anomaly mode creates no tracebacks."""
    monkeypatch.setattr(torch, "set_anomaly_enabled", lambda *_: None)


@pytest.mark.usefixtures("without_hook")
def test_without_the_private_hook_simple_code_has_the_same_lines(run: Run) -> None:
    loss = run(LESSON)["loss"]
    # Fails where the hook fired in spite of the fixture.
    assert sources.ANOMALY_KEY not in loss.grad_fn.metadata
    assert places(capture(loss)) == [
        ("Mul", 5, "b * x", None),
        ("Add", 5, "a + b * x", "yhat"),
        ("Sub", 6, "yhat - 1", "error"),
        ("Pow", 7, "error ** 2", None),
        ("Mean", 7, "(error ** 2).mean()", "loss"),
    ]


@pytest.mark.usefixtures("without_hook")
def test_without_the_private_hook_modules_are_known_too(run: Run) -> None:
    variables = run(MODEL)
    graph = capture({"loss": variables["loss"]}, params=variables["model"])
    assert [node.module for node in graph.operations] == ["0.inner", "0.inner", "0", "1", "1", None]


@pytest.mark.usefixtures("without_hook")
def test_without_the_private_hook_older_nodes_stay_unstamped() -> None:
    old = leaf(2).exp()
    with watch_nodes():
        new = old * 2
    assert stamp_of(old.grad_fn) is None
    stamp = stamp_of(new.grad_fn)
    assert stamp is not None
    assert stamp.code is sys._getframe().f_code


def test_nodes_made_outside_have_no_source() -> None:
    x = leaf(2)
    before = x.exp()
    with watch_nodes():
        inside = before * 2
    after = inside + 1
    assert [node.source for node in capture(after).operations] == [None, 0, None]


def state() -> tuple[object, ...]:
    return (
        fx_traceback.format_stack,
        torch.is_anomaly_enabled(),
        torch.is_anomaly_check_nan_enabled(),
    )


def test_all_is_put_back_on_leaving_also_by_an_error() -> None:
    before = state()
    with watch_nodes():
        assert state() != before
    assert state() == before
    with pytest.raises(ZeroDivisionError), watch_nodes():
        raise ZeroDivisionError
    assert state() == before


@pytest.mark.usefixtures("without_hook")
def test_without_the_private_hook_all_is_put_back_too() -> None:
    before = state()
    with pytest.raises(ZeroDivisionError), watch_nodes():
        raise ZeroDivisionError
    assert state() == before
    assert torch.overrides._get_current_function_mode() is None


def test_watching_nests() -> None:
    before = state()
    x = leaf(1)
    with watch_nodes():
        outer = state()
        with watch_nodes():
            inner = x * 2
        assert state() == outer
        after = x * 3
    assert state() == before
    assert [s.expression for s in capture([inner, after]).sources] == ["x * 2", "x * 3"]


@pytest.mark.filterwarnings("ignore:Anomaly Detection has been enabled")
def test_a_users_anomaly_mode_still_finds_its_nan_and_its_whole_stack() -> None:
    x = torch.zeros(1, requires_grad=True)
    with torch.autograd.detect_anomaly():
        before = state()
        told = pytest.warns(UserWarning, match="Traceback of forward call")
        failed = pytest.raises(RuntimeError, match="returned nan values")
        with watch_nodes(), told as warned, failed:
            (x.sqrt() * 0).sum().backward()
        assert state() == before
    text = str(warned[0].message)
    assert "x.sqrt() * 0" in text
    assert "in pytest_pyfunc_call" in text
    assert "format_stack" not in text


@pytest.mark.filterwarnings("ignore:Anomaly Detection has been enabled")
def test_anomaly_mode_of_the_users_inside_ends_with_it() -> None:
    with watch_nodes():
        with torch.autograd.detect_anomaly():
            pass
        y = leaf(1) * 2
    assert capture(y).sources[0].expression == "leaf(1) * 2"


def test_watching_costs_no_nan_check() -> None:
    x = torch.zeros(1, requires_grad=True)
    with watch_nodes():
        (x.sqrt() * 0).sum().backward()
    assert x.grad is not None
    assert x.grad.isnan().all()


def test_watching_works_in_inference_mode() -> None:
    with torch.inference_mode(), watch_nodes(), torch.inference_mode(False):
        y = leaf(1) * 2
    assert sources.ANOMALY_KEY in y.grad_fn.metadata


def test_a_compiled_module_can_be_watched() -> None:
    model = torch.compile(nn.Linear(2, 2), backend="eager")
    with watch_nodes():
        y = model(torch.ones(1, 2))
    assert {source.expression for source in capture(y).sources} == {"model(torch.ones(1, 2))"}


def test_user_code_is_what_neither_torch_nor_python_nor_graphview_is() -> None:
    package = Path(sources.__file__).parents[1]
    assert is_user_code("train.py")
    assert is_user_code("<stdin>")
    assert is_user_code(__file__)
    assert is_user_code(pytest.__file__)
    assert is_user_code(str(package / "lesson" / "regression.py"))
    assert not is_user_code(str(package / "observe" / "script.py"))
    assert not is_user_code(torch.nn.functional.__file__)
    assert not is_user_code(str(Path(sys.modules["json"].__file__ or "")))
    assert not is_user_code("<frozen runpy>")
    assert not is_user_code("<eval_with_key>.3")
    assert is_user_code(str(package) + "_of_mine/train.py")


def test_folders_that_are_links_count_as_what_they_lead_to(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    link = tmp_path / "link"
    try:
        link.symlink_to(tmp_path / "real", target_is_directory=True)
    except OSError:
        pytest.skip("this system lets nobody make links")
    inside = sources._inside(link)
    assert str(link / "a.py").startswith(inside)
    assert str((tmp_path / "real").resolve() / "a.py").startswith(inside)


def test_a_path_is_written_from_where_it_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work, library = tmp_path / "work", tmp_path / "work" / "v" / "site-packages"
    library.mkdir(parents=True)
    monkeypatch.chdir(work)
    monkeypatch.setattr(sys, "path", [str(tmp_path / "other"), str(library)])
    assert short_path(str(work / "pkg" / "train.py")) == "pkg/train.py"
    assert short_path(str(library / "torch" / "x.py")) == "torch/x.py"
    assert short_path(str(tmp_path / "other" / "y.py")) == "y.py"
    assert short_path("<string>") == "<string>"
    elsewhere = str(tmp_path / "elsewhere.py")
    assert short_path(elsewhere) == elsewhere


def test_watches_may_end_in_any_order() -> None:
    before = fx_traceback.format_stack
    first, second = watch_nodes(), watch_nodes()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert torch.is_anomaly_enabled()
    second.__exit__(None, None, None)
    assert not torch.is_anomaly_enabled()
    assert fx_traceback.format_stack is before
