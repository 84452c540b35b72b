"""A function is imported and called, and what it returns becomes graphs."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
import torch

from graphview.autograd import capture_live
from graphview.errors import RootError, SubjectError
from graphview.model.recording import Recording
from graphview.observe.recorder import Options
from graphview.subject.find import find_subject
from graphview.subject.record import record_subject

# Each test in an empty working directory.
pytestmark = pytest.mark.usefixtures("here")

START = """
from dataclasses import dataclass
from types import SimpleNamespace
from typing import NamedTuple
import torch
from torch import nn

net = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1))
x = torch.ones(2, 3)

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 1)
        self.spare = nn.Linear(1, 1)

    def forward(self, x):
        hidden = self.layer(x)
        return hidden
"""


def recorded(
    body: str, name: str = "make", device: str | None = None, options: Options | None = None
) -> Recording:
    Path("made.py").write_text(START + textwrap.dedent(body), encoding="utf-8")
    chosen = torch.device(device) if device else None
    return record_subject(find_subject(f"made.py:{name}"), options=options, device=chosen)


def refused(body: str, name: str = "make") -> str:
    with pytest.raises(SubjectError) as caught:
        recorded(body, name)
    return str(caught.value)


def leaves(recording: Recording, graph: str) -> set[str | None]:
    return {leaf.name for leaf in recording.graphs[graph].leaves}


@pytest.mark.parametrize(
    ("returned", "roots"),
    [
        ("yhat.sum()", ["make"]),
        ("loss", ["loss"]),
        ("(yhat, loss)", ["yhat", "loss"]),
        ("[yhat, loss * 2]", ["yhat", "make[1]"]),
        ("{'yhat': yhat, 'total': loss, 'n': 3, 'target': x}", ["yhat", "total"]),
        ("{'deep': {'a': yhat, 'b': [loss]}}", ["deep['a']", "deep['b'][0]"]),
        ("Pair(yhat, loss)", ["first", "second"]),
        ("Out(yhat, loss)", ["logits", "loss"]),
        ("SimpleNamespace(logits=yhat, loss=loss, _private=yhat * 2)", ["logits", "loss"]),
        ("(yhat, yhat, None, 'text')", ["yhat"]),
    ],
)
def test_each_tensor_that_is_returned_has_a_graph_of_its_own(
    returned: str, roots: list[str]
) -> None:
    made = recorded(f"""
        class Pair(NamedTuple):
            first: torch.Tensor
            second: torch.Tensor

        @dataclass
        class Out:
            logits: torch.Tensor
            loss: torch.Tensor
            note: str = "none"

        def make():
            yhat = net(x)
            loss = yhat.mean()
            return {returned}
        """)
    assert list(made.graphs) == list(made.drawings) == roots
    for name, graph in made.graphs.items():
        assert [root.name for root in graph.roots] == [name]
    assert made.subject == "made.py:make"
    assert made.journal is None


def test_very_many_roots_are_one_graph() -> None:
    made = recorded("""
        def make():
            return [net(x) * i for i in range(9)]
        """)
    assert list(made.graphs) == ["make"]
    assert [root.name for root in made.graphs["make"].roots] == [f"make[{i}]" for i in range(9)]


def test_leaves_have_the_names_of_the_functions_own_variables() -> None:
    made = recorded("""
        def make():
            model, shift = Net(), torch.zeros(1, requires_grad=True)
            loss = (model(x) + shift).mean()
            return loss
        """)
    assert leaves(made, "loss") == {"model.layer.weight", "model.layer.bias", "shift"}
    graph = made.graphs["loss"]
    assert {node.module for node in graph.operations} == {None, "model.layer"}
    assert {source.file for source in graph.sources} == {"made.py"}
    assert [(each.name, each.reason) for each in made.missing] == [
        ("model.spare.weight", "unused"),
        ("model.spare.bias", "unused"),
    ]


def test_leaves_have_names_wherever_their_module_stands() -> None:
    of_module = recorded("def make():\n    return net(x)\n")
    assert "net.0.weight" in leaves(of_module, "make")
    of_closure = recorded("""
        def factory():
            inner = Net()
            def made():
                return inner(x)
            return made
        make = factory()
        """)
    assert leaves(of_closure, "made") == {"inner.layer.weight", "inner.layer.bias"}
    nameless = recorded("def make():\n    return nn.Sequential(nn.Linear(3, 1))(x)\n")
    assert leaves(nameless, "make") == {"0.weight", "0.bias"}


def test_a_cut_is_explained() -> None:
    made = recorded("""
        def make():
            model = Net()
            hidden = model.layer(x)
            return model.spare(hidden.detach())
        """)
    assert [(each.name, each.reason, each.by) for each in made.missing] == [
        ("model.layer.weight", "cut", "detach"),
        ("model.layer.bias", "cut", "detach"),
    ]


@pytest.mark.parametrize("name", ["Class.method", "Class.static", "Class.made", "part", "bound"])
def test_whatever_can_be_called_without_arguments_is_called(name: str) -> None:
    made = recorded(
        """
        import functools
        class Class:
            @classmethod
            def method(cls):
                return net(x)
            @staticmethod
            def static(scale=2):
                return net(x) * scale
            made = functools.partial(static, scale=3)
        part = functools.partial(net, x)
        bound = Class.method
        """,
        name,
    )
    assert len(made.graphs) == 1


def test_a_module_is_found_from_the_working_folder(here: Path) -> None:
    package = here / "some_package_of_tests"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "models.py").write_text(START + "def make():\n    return net(x)\n")
    made = record_subject(find_subject("some_package_of_tests.models:make"))
    assert list(made.graphs) == ["make"]
    assert str(here) not in sys.path


def test_without_sources_there_are_none() -> None:
    Path("made.py").write_text(START + "def make():\n    return net(x)\n")
    made = record_subject(find_subject("made.py:make"), options=Options(sources=False))
    assert made.graphs["make"].sources == ()


def test_meta_needs_no_memory() -> None:
    made = recorded(
        """
        def make():
            model = nn.Sequential(*[nn.Linear(100_000, 100_000) for _ in range(20)])
            return model(torch.randn(2, 100_000)).sum()
        """,
        device="meta",
    )
    assert made.environment.device == "meta"
    assert len(made.graphs["make"].leaves) == 40
    assert {leaf.tensor.device for leaf in made.graphs["make"].leaves} == {"meta"}


def test_a_function_that_raises_has_no_graph_and_an_ending(
    capsys: pytest.CaptureFixture[str],
) -> None:
    made = recorded("def make():\n    raise ValueError('no data')\n")
    assert made.graphs == {}
    assert made.journal is not None
    failure = made.journal.ending.failure
    assert failure is not None
    assert (failure.type, failure.message) == ("ValueError", "no data")
    assert "graphview" not in capsys.readouterr().err


def test_a_module_that_raises_is_told_in_the_same_way() -> None:
    made = recorded("import no_such_package\n")
    assert made.journal is not None
    failure = made.journal.ending.failure
    assert failure is not None
    assert failure.type == "ModuleNotFoundError"
    assert failure.traceback.splitlines()[1].startswith('  File "made.py", line ')


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("async def make(): ...", "made.py:make is async;"),
        ("async def make():\n    yield", "made.py:make is async;"),
        ("def make(model, x, *rest, n=1): ...", "made.py:make needs model and x;"),
        ("make = net", "made.py:make is a module; give a function that calls it"),
        ("make = Net", "made.py:make is a module;"),
        ("class make: ...", "made.py:make is a class;"),
        ("make = 3", "made.py:make is of type int, which cannot be called;"),
        ("def other(): ...", "there is no make in made.py."),
        ("def make(): ...", "made.py:make returned None, in which there is no tensor."),
        ("def make():\n    return 'x'", "made.py:make returned a str, in which there is no"),
        ("def make():\n    yield x", "made.py:make returned a generator, in which"),
        ("def make():\n    return x", "nothing that made.py:make returned has an autograd graph;"),
        (
            "def make():\n    return net(x).detach()",
            "nothing that made.py:make returned has an autograd graph: cut by detach at "
            "made.py:21. Leave detach out",
        ),
        (
            "@torch.no_grad()\ndef make():\n    return net(x)",
            "nothing that made.py:make returned has an autograd graph: it is computed where "
            "gradients are off: no_grad at made.py:20. Take the forward pass out",
        ),
        ("def make(:", "made.py line 20 is no Python: invalid syntax."),
    ],
)
def test_what_gives_no_graph_is_said(body: str, said: str) -> None:
    assert refused(body).startswith(said)


def test_something_that_holds_itself_ends() -> None:
    assert "no tensor" in refused("def make():\n    a = []\n    a.append(a)\n    return a\n")


def test_a_module_that_is_missing_is_said() -> None:
    with pytest.raises(SubjectError, match="there is no module no_such_module here;"):
        record_subject(find_subject("no_such_module.models:make"))
    Path("broken_for_tests.py").write_text("x = (\n")
    with pytest.raises(SubjectError, match=r"broken_for_tests\.py line 1 is no Python"):
        record_subject(find_subject("broken_for_tests:make"))


def test_a_signature_that_cannot_be_read_is_no_obstacle() -> None:
    recording = recorded(
        """
        class Loss:
            @property
            def __signature__(self):
                # As for an annotation that names what is not there, from Python 3.14 on.
                raise NameError("Later")
            def __call__(self):
                return (torch.ones(2, requires_grad=True) * 2).sum()
        make = Loss()
        """
    )
    assert len(recording.graphs) == 1


def test_an_error_in_a_functions_own_backward_says_what_it_says_unwatched() -> None:
    recording = recorded(
        """
        def make():
            w = torch.ones(2, requires_grad=True)
            y = w.exp()
            y.add_(1)
            y.sum().backward()
        """
    )
    assert recording.journal is not None and recording.journal.ending.failure is not None
    assert "Hint: enable anomaly detection" in recording.journal.ending.failure.message


FORBIDDEN = """
    def make():
        w = torch.ones(4, requires_grad=True)
        with torch.no_grad():
            first = w[0]
            first.add_(1)
        return {returned}
    """


def test_a_view_that_torch_forbids_to_use_stops_no_function() -> None:
    recording = recorded(FORBIDDEN.replace("{returned}", "(w * 2).sum()"))
    assert leaves(recording, "make") == {"w"}
    with pytest.raises(RootError, match="A view was created in no_grad mode"):
        recorded(FORBIDDEN.replace("{returned}", "first"))


COMPILED = {
    "function": """
        def make():
            halved = torch.compile(lambda x: (x / 2).sin().sum(), backend="aot_eager")
            return halved(torch.ones(3, requires_grad=True))
        """,
    "module": """
        def make():
            layers = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1))
            return torch.compile(layers, backend="aot_eager")(torch.ones(2, 3)).sum()
        """,
    "module within": """
        def make():
            layers = nn.Sequential(Net(), nn.ReLU())
            layers[0].compile(backend="aot_eager")
            return layers(torch.ones(2, 3)).sum()
        """,
}


@pytest.mark.parametrize("sources", [True, False])
@pytest.mark.parametrize("what", COMPILED)
def test_what_torch_compiles_has_the_graph_that_it_has_unwatched(
    what: str, sources: bool, recwarn: pytest.WarningsRecorder
) -> None:
    torch._dynamo.reset()
    torch._dynamo.utils.counters.clear()
    recording = recorded(COMPILED[what], options=Options(sources=sources))
    watched = dict(torch._dynamo.utils.counters["frames"])
    torch._dynamo.reset()
    torch._dynamo.utils.counters.clear()
    unwatched = unwatched_nodes(COMPILED[what])
    (graph,) = recording.graphs.values()
    assert sorted(node.name for node in graph.nodes) == unwatched
    assert "CompiledFunctionBackward" in unwatched
    assert watched == dict(torch._dynamo.utils.counters["frames"])
    assert [str(each.message) for each in recwarn if "hook" in str(each.message)] == []
    torch._dynamo.reset()


def unwatched_nodes(body: str) -> list[str]:
    """The names of the nodes that a plain call of `make` gives."""
    scope: dict[str, Any] = {}
    exec(START + textwrap.dedent(body), scope)
    live = capture_live({"made": scope["make"]()})
    return sorted(node.name for node in live.graph.nodes)


def test_a_compiled_modules_parameters_have_names() -> None:
    recording = recorded(COMPILED["module"])
    torch._dynamo.reset()
    (graph,) = recording.graphs
    assert "_orig_mod.0.weight" in leaves(recording, graph)
