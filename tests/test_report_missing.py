"""Why there is no gradient, as data: a finding for each cause, its words and its way."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest
from programs import DETACHED, cut, missing, place, texts

from graphview.model.graph import TensorInfo
from graphview.model.missing import Link, Missing, Reason
from graphview.report.missing import Finding, findings

REASONS: tuple[Reason, ...] = get_args(Reason)
WHERE = {"by": "detach", "source": place(22, "code.detach()", "model.py")}


def _one(*lost: Missing) -> Finding:
    (finding,) = findings(lost)
    return finding


def test_every_reason_has_words_of_its_own() -> None:
    assert len(REASONS) == 7
    for kind in ("parameter", "root"):
        # That backward brought nothing is said of parameters only.
        reasons = [reason for reason in REASONS if (kind, reason) != ("root", "nothing")]
        found = [_one(missing("w", reason, kind=kind, **WHERE)) for reason in reasons]
        said = {texts(finding.what) for finding in found}
        clauses = {finding.clause for finding in found}
        assert len(said) == len(clauses) == len(reasons)
        assert all(texts(finding.remedy).endswith(".") for finding in found)
        assert not [text for text in said | clauses if "{" in text or "}" in text]


@pytest.mark.parametrize("reason", REASONS)
@pytest.mark.parametrize("kind", ["parameter", "root"])
def test_a_reason_can_be_told_without_its_place(reason: Reason, kind: str) -> None:
    finding = _one(missing("w", reason, kind=kind))
    assert " at ." not in texts(finding.what)
    assert "``" not in texts(finding.what)
    assert not finding.clause.endswith(" at ")


def test_a_cut_names_the_function_the_line_and_what_to_do() -> None:
    finding = _one(missing("encoder.weight", "cut", **DETACHED))
    assert texts(finding.what) == (
        "detach at model.py:22 gives a result without a gradient, so backward never comes back to "
        "it."
    )
    assert texts(finding.remedy).startswith("Leave it out where the gradient is to pass")
    assert finding.clause == "encoder.weight was cut by detach at model.py:22"
    assert finding.state == "attention"


@pytest.mark.parametrize(
    ("by", "said"),
    [
        ("data", ".data"),
        ("argmax", "softmax"),
        ("tensor", "torch.stack"),
        ("heaviside", "an operation that has a derivative"),
    ],
)
def test_what_to_do_depends_on_the_function(by: str, said: str) -> None:
    finding = _one(missing("w", "cut", by=by, source=place(3)))
    assert said in texts(finding.remedy)


def test_the_way_leads_from_the_parameter_over_the_operations_to_the_cut_and_on() -> None:
    way = _one(missing("encoder.weight", "cut", **DETACHED)).way
    assert [(stop.kind, stop.name, stop.place) for stop in way] == [
        ("start", "encoder.weight", None),
        ("operation", "AddmmBackward0", "model.py:21"),
        ("operation", "ReluBackward0", "model.py:21"),
        ("cut", "detach", "model.py:22"),
        ("on", "goes on, without a gradient", "model.py:23"),
    ]
    assert way[2].expression == "torch.relu(self.encoder(x))"
    assert way[-1].expression == "self.decoder(kept)"


def test_the_way_to_a_root_ends_with_it() -> None:
    way = _one(missing("loss", "cut", kind="root", **WHERE, trail=DETACHED["trail"])).way
    assert [(stop.kind, stop.name) for stop in way] == [
        ("operation", "AddmmBackward0"),
        ("operation", "ReluBackward0"),
        ("cut", "detach"),
        ("on", "loss"),
    ]


def test_of_a_long_way_both_ends_are_told() -> None:
    trail = tuple(Link(f"op{number}", None) for number in range(60))
    way = _one(missing("w", "cut", by="detach", trail=trail)).way
    names = [stop.name for stop in way]
    assert names == [
        "w",
        *(f"op{number}" for number in range(6)),
        "49 more operations",
        *(f"op{number}" for number in range(55, 60)),
        "detach",
    ]


def test_operations_that_the_recording_left_out_are_counted() -> None:
    ends = tuple(Link(f"op{number}", None) for number in range(30))
    trail = (*ends, Link("7,940 more operations", None), *ends)
    way = _one(missing("w", "cut", by="detach", trail=trail)).way
    assert [stop.name for stop in way if stop.kind == "more"] == ["7,989 more operations"]


def test_a_parameter_made_anew_is_told_as_what_it_is() -> None:
    finding = _one(missing("w", "cut", by="Parameter", source=place(3)))
    assert texts(finding.what).startswith("Parameter at train.py:3 makes a new leaf")
    assert texts(finding.remedy).startswith("Compute with the tensor itself")


def test_what_left_torch_was_followed_to_no_root() -> None:
    finding = _one(missing("loss", "left", kind="root", by="item", source=place(3)))
    assert finding.way == ()
    assert "taken out of torch by item at train.py:3" in texts(finding.what)


def test_what_was_never_used_has_no_way() -> None:
    assert _one(missing("w", "unused")).way == ()
    assert _one(missing("w", "dead end", source=place(3))).way == ()


def test_the_same_cut_is_one_finding_for_all_its_parameters() -> None:
    lost = [missing(f"layer.{number}", "cut", **DETACHED) for number in range(13)]
    finding = _one(*lost)
    assert finding.title == "13 parameters"
    assert finding.names == tuple(f"layer.{number}" for number in range(10))
    assert (finding.more, finding.count) == (3, 13)
    assert finding.clause == "layer.0 and 12 more were cut by detach at model.py:22"
    assert "comes back to them" in texts(finding.what)


def test_another_line_or_function_is_another_finding() -> None:
    one = missing("a", "cut", by="detach", source=place(3))
    lost = [
        one,
        replace(one, name="b", source=place(4)),
        replace(one, name="c", by="argmax"),
        replace(one, name="d", reason="left"),
    ]
    assert len(findings(lost)) == 4


def test_what_only_passes_where_gradients_are_off_is_told_apart() -> None:
    used = missing("a", "no_grad", by="no_grad", source=place(3), trail=(Link("mul", place(4)),))
    later = replace(used, name="b", trail=(Link("add", place(2)), Link("mul", place(4))))
    first, second = findings([used, later])
    assert texts(first.what) == (
        "Operations took it only where gradients are off: no_grad, at train.py:3."
    )
    assert texts(second.what) == (
        "What was computed of it went on where gradients are off: no_grad, at train.py:3."
    )
    assert second.clause == ("what was computed of b went on where gradients are off at train.py:3")


def test_each_root_is_a_finding_of_its_own_and_comes_first() -> None:
    info = TensorInfo((), "float32", "cpu")
    roots = [Missing(name, "root", info, "no_grad", "no_grad", place(12)) for name in "pq"]
    found = findings([missing("a", "unused"), *roots])
    assert [finding.title for finding in found] == ["p", "q", "a"]
    assert (
        texts(found[0].what) == "p was computed where gradients are off: no_grad, at train.py:12."
    )


def test_what_was_frozen_is_no_trouble_and_comes_last() -> None:
    found = findings(cut().missing)
    assert found[-1].reason == "frozen"
    assert [finding.state for finding in found] == ["attention"] * 6 + ["fact"]
    assert [finding.title for finding in found] == [
        "encoder.weight and encoder.bias",
        "scale",
        "gate",
        "head.weight",
        "side.weight",
        "odd",
        "24 parameters",
    ]


def test_other_cuts_are_named_once() -> None:
    other = Link("argmax", place(50))
    lost = [missing(name, "cut", **DETACHED, also=(other, other)) for name in "ab"]
    assert [(stop.name, stop.place) for stop in _one(*lost).also] == [("argmax", "train.py:50")]


def test_names_are_no_markup() -> None:
    name = "[[root]] `x` {by} {0}"
    finding = _one(missing(name, "dead end", kind="root"))
    assert [span.text for span in finding.what if span.kind == "code"] == [name]
    assert finding.clause == f"no parameter leads to {name}"
