"""`graphview explain` says what any name stands for, with torch and without."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from graphview.catalogue.derivatives import operators
from graphview.check.rules import CODES
from graphview.cli import COULD_NOT, FINE, run
from graphview.explain.lookup import aliases, look_up, names
from graphview.explain.words import topics

KEYS = [key for words in topics().values() for key in words]
WITHOUT_TORCH = "import sys; sys.modules['torch'] = None; from graphview.cli import main; main()"
NO_IMPORT = """
import sys
from graphview.cli import run
code = run(sys.argv[1:])
assert "torch" not in sys.modules
sys.exit(code)
"""


def _said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(["explain", *arguments]) == FINE
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out


def test_a_family_is_explained_with_its_overloads(capsys: pytest.CaptureFixture[str]) -> None:
    said = _said(capsys, "mul")
    assert said.startswith("mul\nMultiplies two tensors element by element.\n\n")
    assert "    out = p·q   ⇒   ∂out/∂p = q,  ∂out/∂q = p\n" in said
    assert "  MulBackward0: mul.Tensor(Tensor self, Tensor other) -> Tensor\n" in said
    assert "    gradient of self = mul_tensor_backward(grad, other, self.scalar_type())\n" in said
    assert max(map(len, said.splitlines())) <= 88


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("mul.Tensor", ["mul"]),
        ("MulBackward0", ["mul"]),
        ("mulbackward", ["mul"]),
        ("MulBackward99", ["mul"]),
        ("PowBackward0", ["pow.Tensor_Scalar"]),
        ("pow", ["pow.Tensor_Scalar", "pow.Tensor_Tensor", "pow.Scalar"]),
        (" POW.Scalar ", ["pow.Scalar"]),
        ("_softmax", ["softmax"]),
        ("CopySlices", ["copy_slices"]),
        ("CopyBackwards", ["copy"]),
        ("conv2d", ["convolution"]),
        ("Conv2d", ["convolution"]),
        ("nn.LayerNorm", ["layer_norm"]),
        ("torch.nn.functional.leaky_relu", ["leaky_relu"]),
        ("F.cross_entropy", ["log_softmax", "nll_loss_forward"]),
        ("aten::mul", ["mul"]),
        ("mul_", ["mul"]),
        ("cross_entropy", ["log_softmax", "nll_loss_forward"]),
        ("polygamma", ["polygamma"]),
    ],
)
def test_a_name_in_any_form_is_found(name: str, found: list[str]) -> None:
    assert [each.name for each in look_up(name)] == found


@pytest.mark.parametrize("name", ["leaf", "Operation", "ROOT", "AccumulateGrad", "saved"])
def test_the_words_of_the_pictures_are_explained(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    said = _said(capsys, name)
    assert len(said.splitlines()) >= 2
    assert "torch:" not in said


def test_without_words_there_is_torchs_own_formula(capsys: pytest.CaptureFixture[str]) -> None:
    said = _said(capsys, "polygamma")
    assert "no words of ours" in said
    assert "gradient of self = grad * polygamma(n + 1, self)" in said


@pytest.mark.parametrize("key", KEYS)
def test_everything_listed_can_be_looked_up(key: str) -> None:
    found = look_up(key)
    assert key in [each.name for each in found]
    assert all(each.words for each in found)


@pytest.mark.parametrize("alias", aliases())
def test_an_alias_leads_to_what_is_explained_by_hand(alias: str) -> None:
    assert set(aliases()[alias]) <= set(KEYS)
    assert look_up(alias)


def test_every_node_of_torch_has_an_explanation() -> None:
    assert len(operators()) > 600
    for operator in operators().values():
        assert operator in [each for found in look_up(operator.name) for each in found.operators]


def test_an_unknown_name_gets_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "softmx"]) == COULD_NOT
    assert capsys.readouterr().err == (
        "graphview: nothing is called 'softmx' here; did you mean softmax, _softmax, softmin?\n"
    )


def test_a_name_like_no_other_leads_to_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "mul", "qqqqqqqqqq"]) == COULD_NOT
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == (
        "graphview: nothing is called 'qqqqqqqqqq' here; `graphview explain` lists the names.\n"
    )


def test_without_a_name_everything_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    said = _said(capsys)
    assert all(topic in said for topic in topics())
    assert all(key in said.replace("\n", " ") for key in KEYS)


def test_a_program_gets_json(capsys: pytest.CaptureFixture[str]) -> None:
    (found,) = json.loads(_said(capsys, "mul", "--json"))
    assert found["words"]["mathematics"].startswith("out = p·q")
    assert found["operators"][0]["schema"] == "mul.Tensor(Tensor self, Tensor other) -> Tensor"
    by_topic = json.loads(_said(capsys, "--json"))
    kinds, *topics_, codes = by_topic.values()
    assert "leaf" in kinds
    assert codes == list(CODES)
    assert [key for keys in topics_ for key in keys] == KEYS


@pytest.mark.parametrize("name", ["leaf", "mul", "polygamma"])
def test_torch_is_not_imported(name: str) -> None:
    done = subprocess.run([sys.executable, "-c", NO_IMPORT, "explain", name], check=False)
    assert done.returncode == FINE


def test_without_torch_the_words_are_there() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH, "explain", "mul"],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (done.returncode, done.stderr) == (FINE, "")
    assert "out = p·q" in done.stdout
    assert done.stdout.endswith("Its schema and formulas stand here where torch is installed.\n")


@pytest.fixture
def no_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graphview.explain.lookup.operators", dict)
    monkeypatch.setattr("graphview.explain.told.operators", dict)


@pytest.fixture(scope="module")
def explained() -> dict[str, str]:
    """The key of the words on each node that has some; of the module, to be made with torch."""
    return {
        operator.name: operation.name
        for operator in operators().values()
        if "AutogradNestedTensor" not in operator.name and not operator.name.endswith("_copy")
        for operation in look_up(operator.op)
        if operation.words and operator in operation.operators
    }


@pytest.mark.usefixtures("no_torch")
def test_without_torch_a_nodes_name_leads_to_the_same_words(explained: dict[str, str]) -> None:
    assert len(explained) > 300
    lost = {name: key for name, key in explained.items() if not _leads(name, key)}
    assert not lost


def _leads(name: str, key: str) -> bool:
    return key in [each.name for each in look_up(name)]


@pytest.mark.usefixtures("no_torch")
@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("mul.Tensor", ["mul"]),
        ("pow.Scalar", ["pow.Scalar"]),
        ("ConvolutionBackward0", ["convolution"]),
        ("ConvolutionBackwardBackward0", ["convolution_backward"]),
        ("NllLossBackward0", ["nll_loss_forward"]),
        ("native_layer_norm", ["layer_norm"]),
    ],
)
def test_without_torch_the_spelling_decides(name: str, found: list[str]) -> None:
    assert [each.name for each in look_up(name)] == found


@pytest.mark.usefixtures("no_torch")
@pytest.mark.parametrize("name", ["polygamma", "copysign.Scalar"])
def test_without_torch_what_has_no_words_is_unknown(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["explain", name]) == COULD_NOT
    assert "(without torch, only what was explained by hand is known)" in capsys.readouterr().err


def test_a_long_formula_stands_on_several_lines(capsys: pytest.CaptureFixture[str]) -> None:
    said = _said(capsys, "layer_norm")
    assert "    out = w·z + b with z = (p − p̄)/s\n    ⇒   ∂L/∂w = Σ g·z\n" in said


def test_names_are_sorted_and_once_each() -> None:
    assert names() == sorted(set(names()))
