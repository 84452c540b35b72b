"""Backward as the page tells it: every number is the recording's, the same wherever it stands."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from html import unescape
from html.parser import HTMLParser

import pytest
import torch
from backward import observed
from recordings import HOSTILE, hostile, lesson, page_of

from graphview.draw.boxes import drawing_of
from graphview.draw.drawing import to_dot
from graphview.draw.engines import layout
from graphview.model.backward import Backward, TensorValues
from graphview.model.coherence import faults_of_recording
from graphview.model.recording import Recording
from graphview.report.amount import amount, summary, times
from graphview.report.backward import MOST_STEPS, Walk, walk
from graphview.report.cards import Card, cards
from graphview.report.evidence import evidence
from graphview.report.identity import identities
from graphview.report.numbers import number

NODES = [
    "loss", "MeanBackward0", "PowBackward0", "SubBackward0", "AddBackward0",
    "AccumulateGrad of a", "MulBackward0", "AccumulateGrad of b", "The update",
]  # fmt: skip


@cache
def _backward() -> Backward:
    backward = lesson().backward
    assert backward is not None
    return backward


def _walk(recording: Recording) -> Walk:
    layouts = {name: layout(dot) for name, dot in recording.drawings.items()}
    told = walk(recording, layouts, identities(recording.graphs))
    assert told is not None
    return told


@cache
def _lesson_walk() -> Walk:
    return _walk(lesson())


@cache
def _lesson_page() -> str:
    return page_of(lesson())


def _text(html: str) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", html)))


class _Seen(HTMLParser):
    """The names of all elements and attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


def _section(html: str) -> str:
    found = re.search(r'<section id="backward">.*?</section>', html, re.S)
    assert found is not None
    return found[0]


def _items(html: str) -> Mapping[str, str]:
    """The text of each step, by its id."""
    found = re.findall(r'<li class="walk-step[^"]*" id="walk-step-(\w+)".*?</li>', html, re.S)
    whole = re.finditer(r'<li class="walk-step.*?</li>', _section(html), re.S)
    return dict(zip(found, (_text(item[0]) for item in whole), strict=True))


def _cards(recording: Recording) -> dict[tuple[str, str], Card]:
    keys = identities(recording.graphs)
    made = cards(recording.graphs, keys, recording.run, evidence(recording, keys))
    return {(card.kind, card.name): card for card in made}


# The steps


def test_the_steps_are_autograds_own_with_a_start_and_an_update() -> None:
    told = _lesson_walk()
    assert [step.title for step in told.steps] == NODES
    assert [step.number for step in told.steps] == list(range(1, 10))
    assert [step.id for step in told.steps[1:-1]] == [f"n{s.node}" for s in _backward().steps]
    assert told.steps[0].arrived is not None
    assert told.steps[0].arrived.arithmetic == number(1.0)


def test_every_number_of_the_pass_stands_in_its_step() -> None:
    items = _items(_lesson_page())
    for step in _backward().steps:
        text = items[f"n{step.node}"]
        shown = [step.arrived, *(flow.gradient for flow in step.sent)]
        shown += [flow.local for flow in step.sent if flow.local and flow.local.least != -1.0]
        for values in shown:
            assert number(values.first[0]).removesuffix(".0000") in text
            assert values.least == values.greatest or number(values.mean) in text


def test_derivatives_are_written_in_the_users_names() -> None:
    written = {
        (step.title, sent.local): sent.derivative.arithmetic
        for step in _lesson_walk().steps
        for sent in step.sent
        if sent.derivative
    }
    error = _backward().values[4].result
    assert error is not None
    twice = f"2 × {number(error.first[0])} = {number(2 * error.first[0])}"
    assert written == {
        ("MeanBackward0", "∂loss/∂(error**2)"): "1/80 = 0.0125",
        ("PowBackward0", "∂(error**2)/∂error"): f"2·error = {twice}",
        ("SubBackward0", "∂error/∂yhat"): "−1",
        ("AddBackward0", "∂yhat/∂a"): "1",
        ("AddBackward0", "∂yhat/∂(b * x_train_tensor)"): "1",
        ("MulBackward0", "∂(b * x_train_tensor)/∂b"): "x_train_tensor = 0.7713",
    }


def test_the_product_of_what_arrives_and_the_derivative_is_what_is_sent() -> None:
    for step in _backward().steps:
        for flow in step.sent:
            assert flow.local is not None
            product = step.arrived.first[0] * flow.local.first[0]
            if flow.gradient.shape == flow.local.shape:
                assert flow.gradient.first[0] == pytest.approx(product, rel=1e-6)
    (total,) = (flow for step in _backward().steps for flow in step.sent if flow.node == 0)
    assert total.gradient.mean == pytest.approx(80 * _backward().values[3].gradient.mean, rel=1e-5)  # type: ignore[union-attr]


def test_a_stretched_input_gets_the_sum_over_its_copies() -> None:
    sums = {sent.stretched: sent for step in _lesson_walk().steps for sent in step.sent}
    assert sums.keys() == {None, "a", "b"}
    assert [(sums[name].copies, sums[name].total) for name in "ab"] == [
        (80, "−3.1125"),
        (80, "−1.8156"),
    ]
    assert sums["b"].product.arithmetic == "−0.0510 × 0.7713 = −0.0393"
    text = _items(_lesson_page())["n2"]
    assert (
        "b was used 80 times, so the 80 products are added up, 80 times their mean, "
        f"{sums['b'].mean}: ∂loss/∂b = −1.8156"
    ) in text
    for name, total in (("a", -3.1125), ("b", -1.8156)):
        mean = (sums[name].mean or "").replace("−", "-")
        assert round(80 * float(mean), 4) == total


def test_the_chain_rule_is_written_out_for_each_leaf() -> None:
    a, b = _lesson_walk().chains
    assert (a.symbol, a.value, b.symbol, b.value) == ("∂loss/∂a", "−3.1125", "∂loss/∂b", "−1.8156")
    assert a.summed
    assert a.formulas == ("1/80", "2·error", "(−1)", "1")
    assert b.formulas == ("1/80", "2·error", "(−1)", "1", "x_train_tensor")
    assert a.factors == (
        "∂loss/∂(error**2)", "∂(error**2)/∂error", "∂error/∂yhat", "∂yhat/∂a",
    )  # fmt: skip
    html = _text(_section(_lesson_page()))
    assert "= Σ 1/80 · 2·error · (−1) · 1 · x_train_tensor = −1.8156" in html


def test_a_gradient_reads_the_same_everywhere_on_the_page() -> None:
    run, found, items = lesson().run, _cards(lesson()), _items(_lesson_page())
    assert run is not None
    told = {update.name: update for update in _lesson_walk().updates}
    for place, name in enumerate("ab"):
        gradient = number(run.gradients[name][0])
        card = found["leaf", name]
        assert dict(card.facts)["its .grad after backward in epoch 0"] == gradient
        assert dict(found["accumulate", f"AccumulateGrad of {name}"].numbers) == {
            "gradient that arrived": gradient
        }
        assert f"{name}.grad = {gradient}" in items[f"n{place}"]
        assert told[name].gradient == times(run.gradients[name][0])
        assert told[name].before == number(run.parameters[name][0])
        assert told[name].after == number(run.parameters[name][1])
        line = f"{told[name].before} − 0.1 × {told[name].gradient} = {told[name].after}"
        assert f"{name} ← {name} − lr · {name}.grad = {line}" in items["update"]
        assert _lesson_walk().chains[place].value == gradient


def test_the_picture_leads_to_the_steps_and_the_steps_to_the_cards() -> None:
    section = _section(_lesson_page())
    picture = re.findall(r'<a href="#([\w-]+)" aria-label', section)
    assert sorted(picture) == sorted(
        ["walk-step-root0", *(f"walk-step-n{i}" for i in range(7)), "walk-step-n0", "walk-step-n1"]
    )
    ids = set(re.findall(r'id="([\w-]+)"', _lesson_page()))
    assert set(picture) <= ids
    assert set(re.findall(r'href="#(card-\w+)"', section)) <= ids
    arrows = set(re.findall(r'class="gv-edge"[^>]* data-from="(\w+)" data-to="(\w+)"', section))
    legs = set(re.findall(r'class="leg" data-from="(\w+)" data-to="(\w+)"', section))
    assert legs == arrows


# Other graphs


def _recorded(make: object) -> Recording:
    live, backward, _ = observed(make)  # type: ignore[arg-type]
    graphs = {"loss": live.graph}
    drawings = {"loss": to_dot(drawing_of(live.graph))}
    return replace(lesson(), graphs=graphs, drawings=drawings, backward=backward, runs=(), steps=())


def _two_ways() -> dict[str, torch.Tensor]:
    x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = x * 2
    return {"x": x, "y": y, "loss": (y * y.exp()).sum()}


def test_what_comes_from_two_sides_is_added_up_and_has_no_single_chain() -> None:
    told = _walk(_recorded(_two_ways))
    assert told.chains == ()
    assert {step.title: step.senders for step in told.steps if step.senders > 1} == {
        "MulBackward0": 2
    }
    html = page_of(_recorded(_two_ways))
    assert "the sum of what 2 nodes sent" in _text(_section(html))
    assert told.updates == ()
    assert told.steps[-1].title.startswith("AccumulateGrad")


def test_a_few_numbers_are_shown_whole() -> None:
    recording = _recorded(_two_ways)
    (leaf,) = recording.graphs["loss"].leaves
    card = _cards(recording)["leaf", leaf.name or "an unnamed leaf"]
    assert dict(card.numbers)["value"] == "[1.0000, 2.0000, 3.0000]"


def test_without_a_backward_there_is_no_section() -> None:
    html = page_of(replace(lesson(), backward=None))
    assert 'id="backward"' not in html
    assert "#backward" not in html
    assert 'class="walk"' not in html


def test_a_pass_too_long_to_read_is_not_told() -> None:
    backward = replace(_backward(), steps=_backward().steps * (MOST_STEPS // 7 + 1))
    assert walk(replace(lesson(), backward=backward), {}, {}) is None
    assert walk(replace(lesson(), backward=replace(backward, steps=())), {}, {}) is None


def test_hostile_text_is_shown_as_text() -> None:
    recording = hostile()
    graph = recording.graphs[HOSTILE[4]]
    steps = tuple(
        replace(
            step,
            sent=tuple(
                replace(flow, argument=next(e.argument for e in graph.nodes[step.node].inputs))
                for flow in step.sent
            ),
        )
        for step in _backward().steps
    )
    updates = tuple(replace(update, name=HOSTILE[0]) for update in _backward().updates)
    backward = replace(_backward(), graph=HOSTILE[4], steps=steps, updates=updates)
    recording = replace(recording, backward=backward)
    assert list(faults_of_recording(recording)) == []
    section = _section(page_of(recording))
    seen = _Seen(section)
    assert not {"script", "img"} & seen.tags
    assert not [name for name in seen.attributes if name.startswith("on") or name == "style"]
    assert "<script>alert(1)" in _text(section)


# Cards


def test_cards_have_forward_and_backward_numbers() -> None:
    found = _cards(lesson())
    mul, loss = _backward().values[2], _backward().values[6]
    assert mul.result is not None
    assert mul.gradient is not None
    assert loss.result is not None
    assert dict(found["operation", "MulBackward0"].numbers) == {
        "result in numbers": summary(mul.result),
        "gradient that arrived": summary(mul.gradient),
    }
    assert dict(found["root", "loss"].numbers) == {
        "result in numbers": number(loss.result.mean),
        "gradient that backward starts with": "1.0000",
    }


def test_a_root_without_a_backward_of_its_own_says_whose_gradient_it_is() -> None:
    found = _cards(lesson())
    for name, node in (("yhat", 3), ("error", 4)):
        values = _backward().values[node]
        assert values.result is not None
        assert values.gradient is not None
        assert dict(found["root", name].numbers) == {
            "result in numbers": summary(values.result),
            f"gradient of loss by {name}": summary(values.gradient),
        }


def test_without_a_backward_no_card_has_a_gradient() -> None:
    found = _cards(replace(lesson(), backward=None))
    assert [name for card in found.values() for name, _ in card.numbers] == []


def test_a_card_leads_to_its_neighbours_in_every_graph() -> None:
    found = _cards(lesson())
    sub = found["operation", "SubBackward0"]
    assert [one.name for one in sub.made_from] == ["AddBackward0"]
    assert [one.name for one in sub.goes_to] == ["error", "PowBackward0"]
    assert [one.name for one in found["leaf", "a"].goes_to] == ["AccumulateGrad of a"]
    assert found["leaf", "a"].made_from == []
    assert found["root", "loss"].goes_to == []
    assert sub.goes_to[1].key == found["operation", "PowBackward0"].key


# Words for numbers


@pytest.mark.parametrize(
    ("values", "said", "short"),
    [
        (TensorValues((), 2.0, 2.0, 2.0, (2.0,), (2.0,)), "2.0000", "2.0000"),
        (TensorValues((2,), 1.5, 1.0, 2.0, (1.0, 2.0), (1.0, 2.0)),
         "1.0000, the first of [1.0000, 2.0000]", "1.0000 …"),
        (TensorValues((80, 1), 0.5, 0.5, 0.5, (0.5,)), "0.5000 for each of the 80", "0.5000 …"),
        (TensorValues((1000,), 0.5, 0.0, 1.0, (0.25,)),
         "0.2500 for the first of 1,000, mean 0.5000", "0.2500 …"),
        (TensorValues((), *[float("nan")] * 3, (float("nan"),), (float("nan"),)), "NaN", "NaN"),
    ],
)  # fmt: skip
def test_an_amount_says_whose_numbers_it_has(values: TensorValues, said: str, short: str) -> None:
    told = amount(values)
    assert (told.first + told.rest, told.short) == (said, short)


def test_a_cards_summary_has_the_first_row_and_the_extremes() -> None:
    values = TensorValues((4, 9), 0.5, -1.0, 1.0, (0.25, 0.5))
    said = "first row [0.2500, 0.5000, …], mean 0.5000, from −1.0000 to 1.0000"
    assert summary(values) == said
    column = replace(values, shape=(9, 1), first=(0.25,))
    assert summary(column) == "first 0.2500, mean 0.5000, from −1.0000 to 1.0000"


def test_a_pass_that_leaves_its_graph_is_refused() -> None:
    first, *rest = _backward().steps
    (flow,) = first.sent
    astray = replace(first, sent=(replace(flow, argument="other"),))
    empty = replace(first, arrived=replace(first.arrived, first=()))
    for step, fault in ((astray, "where there is no edge"), (empty, "a tensor without numbers")):
        broken = replace(_backward(), steps=(step, *rest))
        assert fault in next(iter(faults_of_recording(replace(lesson(), backward=broken))))
