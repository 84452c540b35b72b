"""Why a parameter got no gradient: each way of losing one is told apart, with its line."""

from __future__ import annotations

import copy
import gc
import linecache
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from graphview.model.graph import Source
from graphview.model.journal import Ending
from graphview.model.missing import Missing
from graphview.observe.recorder import Recorder
from graphview.subject.find import find_subject
from graphview.subject.record import record_subject

Use = Callable[[Tensor, Tensor], Tensor | None]


def missing_of(program: Callable[[], None]) -> dict[str, Missing]:
    recorder = Recorder()
    with recorder.watching():
        program()
    # A watch that gave up would find nothing missing.
    assert recorder.trails.trouble is None
    recording = recorder.recording(subject="test", ending=Ending("finished"))
    return {missing.name: missing for missing in recording.missing}


def line_of(source: Source | None) -> str:
    assert source is not None
    return linecache.getline(__file__, source.line).strip()


def trained(use: Use) -> Missing | None:
    """Train `kept`, and `w` as far as `use` lets it: its result is added to the loss."""

    def program() -> None:
        kept, w = nn.Parameter(torch.ones(3)), nn.Parameter(torch.full((3,), 2.0))
        loss = (kept**2).sum()
        extra = use(w, kept)
        loss = loss if extra is None else loss + extra.sum()
        loss.backward()

    found = missing_of(program)
    assert found.keys() <= {"w"}
    return found.get("w")


def detached(w: Tensor, kept: Tensor) -> Tensor:
    hidden = (w * 3).exp()
    return hidden.detach() * kept


def by_data(w: Tensor, kept: Tensor) -> Tensor:
    return (w * 3).data * kept


def in_no_grad(w: Tensor, kept: Tensor) -> Tensor:
    with torch.no_grad():
        hidden = w * 3
    return hidden * kept


def by_argmax(w: Tensor, kept: Tensor) -> Tensor:
    return (w * kept.detach()).argmax() * kept


def by_comparing(w: Tensor, kept: Tensor) -> Tensor:
    return (w > 1) * kept


def by_rounding_to_int(w: Tensor, kept: Tensor) -> Tensor:
    return w.long() * kept


def by_sign_of_a_view(w: Tensor, kept: Tensor) -> Tensor:
    return w.view(3).detach().view(3, 1).squeeze() * kept


def by_set_requires_grad(w: Tensor, kept: Tensor) -> Tensor:
    with torch.set_grad_enabled(False):
        hidden = torch.sin(w)
    return hidden + kept


def written_without_gradients(w: Tensor, kept: Tensor) -> Tensor:
    buffer = torch.zeros(3)
    with torch.no_grad():
        buffer[0] = w[0]
    return buffer * kept


def detached_twice(w: Tensor, kept: Tensor) -> Tensor:
    return w.detach() * kept + w.exp().detach() * kept


CUTS: dict[str, tuple[Use, str, str, list[str]]] = {
    "detach": (
        detached,
        "detach",
        "return hidden.detach() * kept",
        ["MulBackward0", "ExpBackward0"],
    ),
    "data": (by_data, "data", "return (w * 3).data * kept", ["MulBackward0"]),
    "argmax": (by_argmax, "argmax", "return (w * kept.detach()).argmax() * kept", ["MulBackward0"]),
    "a comparison": (by_comparing, "gt", "return (w > 1) * kept", []),
    "whole numbers": (by_rounding_to_int, "long", "return w.long() * kept", []),
    "views": (
        by_sign_of_a_view,
        "detach",
        "return w.view(3).detach().view(3, 1).squeeze() * kept",
        ["ViewBackward0"],
    ),
}


@pytest.mark.parametrize("name", CUTS)
def test_a_cut_is_told_with_its_line_and_the_way_there(name: str) -> None:
    use, by, line, trail = CUTS[name]
    found = trained(use)
    assert found is not None
    assert (found.kind, found.reason, found.by) == ("parameter", "cut", by)
    assert line_of(found.source) == line
    assert [link.name for link in found.trail] == trail
    assert found.joins is not None


def test_where_the_cut_off_value_went_on_is_told() -> None:
    found = trained(in_no_grad)
    assert found is not None
    assert (found.reason, found.by) == ("no_grad", "no_grad")
    assert line_of(found.source) == "with torch.no_grad():"
    assert [(link.name, line_of(link.source)) for link in found.trail] == [
        ("mul", "hidden = w * 3")
    ]
    assert line_of(found.joins) == "return hidden * kept"


def double(w: Tensor) -> Tensor:
    return w * 2


@torch.no_grad()
def doubled_silently(w: Tensor) -> Tensor:
    return w * 2


@staticmethod
@torch.inference_mode()
def two_decorators(w: Tensor) -> Tensor:
    return w * 2


@torch.set_grad_enabled(False)
def yielded_silently(w: Tensor) -> Iterator[Tensor]:
    yield w * 2
    yield w * 3


def by_a_block_around_a_call(w: Tensor, kept: Tensor) -> Tensor:
    with torch.no_grad():
        hidden = double(w)
    return hidden * kept


def by_the_outer_block(w: Tensor, kept: Tensor) -> Tensor:
    with torch.inference_mode():  # outer
        with torch.no_grad():
            w * 5
        with torch.no_grad():
            hidden = w * 3
    return hidden.clone() * kept


def by_the_block_inside(w: Tensor, kept: Tensor) -> Tensor:
    with torch.no_grad(), torch.enable_grad(), torch.set_grad_enabled(False):  # all three
        hidden = w * 3
    return hidden * kept


def by_turning_them_off(w: Tensor, kept: Tensor) -> Tensor:
    with torch.no_grad():
        pass
    torch.set_grad_enabled(False)
    with torch.no_grad():
        hidden = w * 3
    torch.set_grad_enabled(True)
    return hidden * kept


def by_a_block_after_others_that_did_not_end_well(w: Tensor, kept: Tensor) -> Tensor:
    with pytest.raises(ValueError, match="on purpose"), torch.no_grad():
        raise ValueError("on purpose")
    torch.set_grad_enabled(False)
    torch.set_grad_enabled(True)
    with torch.no_grad():  # the last
        hidden = w * 3
    return hidden * kept


BLOCKS: list[tuple[Use, str, str]] = [
    (written_without_gradients, "no_grad", "with torch.no_grad():"),
    (by_set_requires_grad, "set_grad_enabled", "with torch.set_grad_enabled(False):"),
    (by_a_block_around_a_call, "no_grad", "with torch.no_grad():"),
    (by_the_outer_block, "inference_mode", "with torch.inference_mode():  # outer"),
    (
        by_the_block_inside,
        "set_grad_enabled",
        "with torch.no_grad(), torch.enable_grad(), torch.set_grad_enabled(False):  # all three",
    ),
    (by_turning_them_off, "set_grad_enabled", "torch.set_grad_enabled(False)"),
    (
        by_a_block_after_others_that_did_not_end_well,
        "no_grad",
        "with torch.no_grad():  # the last",
    ),
    (lambda w, kept: doubled_silently(w) * kept, "no_grad", "@torch.no_grad()"),
    (lambda w, kept: two_decorators(w).clone() * kept, "inference_mode", "@torch.inference_mode()"),
    (
        lambda w, kept: next(yielded_silently(w)) * kept,
        "set_grad_enabled",
        "@torch.set_grad_enabled(False)",
    ),
]


@pytest.mark.parametrize(("use", "by", "line"), BLOCKS)
def test_what_turned_gradients_off_is_told_with_its_line(use: Use, by: str, line: str) -> None:
    found = trained(use)
    assert found is not None
    assert (found.reason, found.by) == ("no_grad", by)
    assert line_of(found.source) == line


def test_where_nobody_saw_gradients_being_turned_off_the_call_is_told() -> None:
    def use(w: Tensor, kept: Tensor) -> Tensor:
        torch._C._set_grad_enabled(False)
        hidden = w * 3
        torch._C._set_grad_enabled(True)
        return hidden * kept

    found = trained(use)
    assert found is not None
    assert (found.reason, found.by) == ("no_grad", "mul")
    assert line_of(found.source) == "hidden = w * 3"
    assert found.trail == ()


def test_one_block_cuts_once() -> None:
    def use(w: Tensor, kept: Tensor) -> Tensor:
        with torch.no_grad():
            hidden = w * 3 + w.exp()
        return hidden * kept

    found = trained(use)
    assert found is not None
    assert (found.by, found.also) == ("no_grad", ())


def test_torchs_blocks_are_as_before_afterwards() -> None:
    kinds = (torch.no_grad, torch.inference_mode, torch.enable_grad, torch.set_grad_enabled)
    before = [vars(kind).copy() for kind in kinds]
    trained(in_no_grad)
    assert [vars(kind).copy() for kind in kinds] == before
    assert torch.is_grad_enabled()


def test_further_cuts_of_the_same_parameter_are_named() -> None:
    found = trained(detached_twice)
    assert found is not None
    assert (found.by, [link.name for link in found.also]) == ("detach", ["detach"])


def left_for_numpy(w: Tensor, kept: Tensor) -> Tensor:
    array = w.exp().detach().numpy()
    return torch.from_numpy(np.sin(array)) * kept


def left_by_item(w: Tensor, kept: Tensor) -> Tensor:
    return w.sum().item() * kept


def left_by_tolist(w: Tensor, kept: Tensor) -> Tensor:
    return torch.tensor(w.exp().tolist()) * kept


def left_by_a_condition(w: Tensor, kept: Tensor) -> Tensor:
    if w[0] > w[1] or w[0]:
        return kept * 2
    return kept


@pytest.mark.parametrize(
    ("use", "by", "line"),
    [
        (left_by_a_condition, "gt", "if w[0] > w[1] or w[0]:"),
        (left_for_numpy, "detach", "array = w.exp().detach().numpy()"),
        (left_by_item, "item", "return w.sum().item() * kept"),
        (left_by_tolist, "tolist", "return torch.tensor(w.exp().tolist()) * kept"),
    ],
)
def test_values_that_left_for_python_are_told_apart(use: Use, by: str, line: str) -> None:
    found = trained(use)
    assert found is not None
    assert (found.reason, found.by, found.joins) == ("left", by, None)
    assert line_of(found.source) == line


def test_a_condition_alone_is_a_way_to_leave_too() -> None:
    found = trained(lambda w, kept: kept * 2 if w[0] else kept)
    assert found is not None
    assert (found.reason, found.by) == ("left", "bool")
    assert [link.name for link in found.trail] == ["SelectBackward0"]


def made_a_parameter(w: Tensor, kept: Tensor) -> Tensor:
    anew = nn.Parameter(w * 2)
    return anew * kept


def test_a_parameter_made_of_a_result_is_a_cut() -> None:
    found = trained(made_a_parameter)
    assert found is not None
    assert (found.reason, found.by) == ("cut", "Parameter")
    assert line_of(found.source) == "anew = nn.Parameter(w * 2)"
    assert line_of(found.joins) == "return anew * kept"
    assert [link.name for link in found.trail] == ["MulBackward0"]


def test_a_parameter_made_of_values_is_no_cut() -> None:
    made = vars(nn.Parameter)["__new__"]

    def program() -> None:
        w = nn.Parameter(torch.ones(3))
        with torch.no_grad():
            half = nn.Parameter(w.detach().clone() / 2)
        (w * half).sum().backward()

    assert missing_of(program) == {}
    assert vars(nn.Parameter)["__new__"] is made


def test_a_tensor_made_again_from_a_tensor_is_a_cut() -> None:
    with pytest.warns(UserWarning, match="copy construct"):
        found = trained(lambda w, kept: torch.tensor(w) * kept)
    assert found is not None
    assert (found.reason, found.by) == ("cut", "tensor")


def test_a_result_that_went_nowhere_is_a_dead_end() -> None:
    def use(w: Tensor, kept: Tensor) -> Tensor | None:
        w.exp().sum()
        return None

    found = trained(use)
    assert found is not None
    assert found.reason == "dead end"
    assert line_of(found.source) == "w.exp().sum()"


def test_what_was_never_used_is_told() -> None:
    found = trained(lambda w, kept: None)
    assert found is not None
    assert (found.reason, found.source) == ("unused", None)


def test_what_is_frozen_is_told() -> None:
    def program() -> None:
        layer = nn.Linear(2, 2)
        layer.weight.requires_grad_(False)
        layer(torch.ones(1, 2)).sum().backward()

    (found,) = missing_of(program).values()
    assert (found.name, found.reason) == ("layer.weight", "frozen")
    assert str(found.tensor) == "(2, 2) float32 cpu"


def test_a_gradient_that_is_none_is_told() -> None:
    class Forgets(torch.autograd.Function):
        @staticmethod
        def forward(ctx: object, w: Tensor) -> Tensor:
            return w * 2

        @staticmethod
        def backward(ctx: object, grad: Tensor) -> None:  # type: ignore[override]
            return None

    found = trained(lambda w, kept: Forgets.apply(w))  # type: ignore[no-any-return]
    assert found is not None
    assert found.reason == "nothing"


@pytest.mark.parametrize(
    "use",
    [
        lambda w, kept: w * kept,
        lambda w, kept: F.relu(w),
        lambda w, kept: torch.cat([w, kept.detach()]),
        lambda w, kept: w * w.detach(),
        lambda w, kept: (w - w.mean().item()) * kept,
        lambda w, kept: w * (w > 1),
    ],
)
def test_what_has_a_gradient_is_not_missing(use: Use) -> None:
    assert trained(use) is None


class Net(nn.Module):
    """Two layers; the norm has buffers, which nobody wants a gradient of."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.norm = nn.Linear(3, 3), nn.BatchNorm1d(3)
        self.second = nn.Linear(3, 1)

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.norm(self.first(x))
        return self.second(hidden.detach())  # type: ignore[no-any-return]


def test_half_a_model_that_was_cut_off_has_one_cause() -> None:
    def program() -> None:
        model = Net()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for _ in range(3):
            optimizer.zero_grad()
            model(torch.randn(4, 3)).sum().backward()
            optimizer.step()

    found = missing_of(program)
    assert list(found) == [f"model.{n}.{p}" for n in ("first", "norm") for p in ("weight", "bias")]
    assert {line_of(missing.source) for missing in found.values()} == {
        "return self.second(hidden.detach())  # type: ignore[no-any-return]"
    }
    assert [link.name for link in found["model.first.bias"].trail] == [
        "AddmmBackward0",
        "NativeBatchNormBackward0",
    ]


def test_housekeeping_is_no_use_and_no_cut() -> None:
    def program() -> None:
        model = nn.ModuleDict({"used": nn.Linear(2, 1), "idle": nn.Linear(2, 2)})
        model.to(torch.float64).float()
        model.load_state_dict(model.state_dict())
        nn.init.normal_(model["idle"].weight)
        optimizer = torch.optim.Adam(model.parameters())
        model["used"](torch.ones(1, 2)).sum().backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        repr(model["idle"].weight)

    found = missing_of(program)
    assert {name: missing.reason for name, missing in found.items()} == {
        "model.idle.weight": "unused",
        "model.idle.bias": "unused",
    }


def test_copies_that_are_not_trained_are_left_out() -> None:
    def program() -> None:
        model, average = nn.Linear(2, 1), nn.Linear(2, 1).requires_grad_(False)
        model(torch.ones(1, 2)).sum().backward()
        with torch.no_grad():
            for mine, theirs in zip(average.parameters(), model.parameters(), strict=True):
                mine.lerp_(theirs, 0.1)

    assert missing_of(program) == {}


@pytest.mark.parametrize(
    ("spoil", "by"), [(lambda y: y.detach(), "detach"), (lambda y: y.round().long(), "long")]
)
def test_a_loss_that_needs_no_gradient_is_explained(
    spoil: Callable[[Tensor], Tensor], by: str
) -> None:
    def program() -> None:
        w = nn.Parameter(torch.ones(3))
        hidden = spoil(w * 2)
        loss = (hidden.float() - 1).mean()
        with pytest.raises(RuntimeError, match="does not require grad"):
            loss.backward()

    found = missing_of(program)
    assert (found["loss"].kind, found["loss"].reason, found["loss"].by) == ("root", "cut", by)
    assert next(link.name for link in found["loss"].trail) == "MulBackward0"


def test_a_loss_that_comes_of_no_parameter_is_told() -> None:
    def program() -> None:
        loss = torch.ones(3).sum()
        with pytest.raises(RuntimeError, match="does not require grad"):
            loss.backward()

    assert missing_of(program)["loss"].reason == "unused"


def _of_numbers(w: Tensor) -> Tensor:
    return torch.tensor(w.exp().sum().item())


def _of_nothing(w: Tensor) -> Tensor:
    w.exp()
    return torch.ones(3).sum()


def _of_what_is_frozen(w: Tensor) -> Tensor:
    return (w.requires_grad_(False) * 2).sum()


@pytest.mark.parametrize(
    ("made", "reason", "by"),
    [
        (_of_numbers, "left", "item"),
        (_of_nothing, "dead end", None),
        (_of_what_is_frozen, "frozen", None),
    ],
)
def test_what_is_behind_a_loss_without_a_gradient_is_told_apart(
    made: Callable[[Tensor], Tensor], reason: str, by: str | None
) -> None:
    def program() -> None:
        w = nn.Parameter(torch.ones(3))
        loss = made(w)
        with pytest.raises(RuntimeError, match="does not require grad"):
            loss.backward()

    found = missing_of(program)["loss"]
    assert (found.kind, found.reason, found.by) == ("root", reason, by)
    assert (found.source is None) == (by is None)


def test_chains_of_any_length_are_told_in_short() -> None:
    def use(w: Tensor, kept: Tensor) -> Tensor:
        for _ in range(500):
            w = w * 1.01
        return w.detach() * kept

    found = trained(use)
    assert found is not None
    names = [link.name for link in found.trail]
    assert names == ["MulBackward0"] * 30 + ["440 more operations"] + ["MulBackward0"] * 30


def test_watching_keeps_no_tensor_alive() -> None:
    recorder = Recorder()
    with recorder.watching():
        w = nn.Parameter(torch.ones(3))
        hidden = (w * 2).exp()
        lost = hidden.detach()
        (lost * w).sum().backward()
        references = [weakref.ref(tensor) for tensor in (w, hidden, lost)]
        del w, hidden, lost
    gc.collect()
    assert [reference() for reference in references] == [None, None, None]


def test_threads_and_transforms_are_survived() -> None:
    def program() -> None:
        w = nn.Parameter(torch.ones(3))
        torch.func.vmap(lambda x: x * 2)(w).detach()
        torch.func.grad(lambda x: (x**2).sum())(w)
        torch.func.jacrev(torch.sin)(w)
        (w * w).sum().backward()

    assert missing_of(program) == {}


def test_what_is_unfrozen_later_is_not_told_as_frozen() -> None:
    def program() -> None:
        model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1)).requires_grad_(False)
        model[1].requires_grad_(True)
        for step in range(4):
            model[0].requires_grad_(step > 1)
            model(torch.ones(1, 2)).sum().backward()

    assert missing_of(program) == {}


def test_dropout_of_a_cut_off_value_is_still_cut_off() -> None:
    found = trained(lambda w, kept: F.dropout(w.exp().detach(), 0.5) * kept)
    assert found is not None
    assert (found.reason, found.by) == ("cut", "detach")
    assert found.joins is not None


def test_gradients_of_single_samples_are_survived() -> None:
    def program() -> None:
        w = nn.Parameter(torch.ones(3))

        def slope(x: Tensor) -> Tensor:
            (found,) = torch.autograd.grad((w * x).sum(), w, create_graph=True)
            return found

        slope(torch.ones(3))
        torch.func.vmap(torch.func.grad(lambda x: (x**2).sum()))(torch.ones(4, 3))
        (w**2).sum().backward()

    assert missing_of(program) == {}


def test_what_autograd_grad_was_asked_for_has_its_gradient() -> None:
    def program() -> None:
        a, b = nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(2))
        for step in range(4):
            loss = (a * b).sum() ** 2
            torch.autograd.grad(loss, [a if step % 2 else b])

    assert missing_of(program) == {}


def test_where_backward_raised_nothing_is_said_of_gradients() -> None:
    def program() -> None:
        w = nn.Parameter(torch.ones(2))
        y = w.exp()
        y.add_(1)
        loss = y.sum()
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            loss.backward()

    assert missing_of(program) == {}


def test_a_deep_copy_is_no_cut() -> None:
    def program() -> None:
        model = nn.ModuleDict({"used": nn.Linear(1, 1), "idle": nn.Linear(1, 1)})
        copy.deepcopy(model)
        model["used"](torch.ones(1, 1)).sum().backward()

    assert {missing.reason for missing in missing_of(program).values()} == {"unused"}


PROGRAM = """\
import os
import torch
from torch import nn

layer, kept = nn.Linear(3, 3), nn.Linear(3, 1)


def loss():
    os.chdir("/")
    hidden = layer(torch.ones(1, 3)).exp()
    return kept(hidden.detach()).sum()


if __name__ == "__main__":
    loss().backward()
"""


@pytest.mark.parametrize("ending", ["", ":loss"])
def test_all_places_are_told_from_the_same_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    folder, elsewhere = tmp_path / "code", tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere.mkdir()
    (folder / "program.py").write_text(PROGRAM)
    monkeypatch.chdir(elsewhere)
    recording = record_subject(find_subject(f"{folder / 'program.py'}{ending}"))
    weight, bias = recording.missing
    assert (weight.name, bias.name) == ("layer.weight", "layer.bias")
    assert weight.joins is not None
    sources = (weight.source, weight.joins, *(link.source for link in weight.trail))
    assert [source and (source.file, source.line) for source in sources] == [
        ("program.py", 11),
        ("program.py", 11),
        ("program.py", 10),
        ("program.py", 10),
        ("program.py", 10),
    ]
