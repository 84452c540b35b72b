"""Backward, step by step: what arrives at each node, its derivative, and what it sends on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import isfinite

from graphview.draw.engines import Layout
from graphview.model.backward import Backward, BackwardStep, Flow, Update
from graphview.model.graph import Graph, node_id, root_id
from graphview.model.recording import Recording
from graphview.report.amount import Amount, amount, times
from graphview.report.derivative import Names, bracketed
from graphview.report.identity import Keys
from graphview.report.numbers import number
from graphview.report.pictures import Picture, picture

MOST_STEPS, MOST_CHAINS = 60, 4
MOST_DIGITS = 12
PREFIX = "walk-"
CONSTANT = re.compile(r"−?\d+")


@dataclass(frozen=True, slots=True)
class Leg:
    """An arrow of the picture, walked against its direction: from box `user` to box `producer`."""

    producer: str
    user: str
    value: str


@dataclass(frozen=True, slots=True)
class Sum:
    """A line of arithmetic, and in words whose numbers they are."""

    arithmetic: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """What one node sends to another: `symbol` names it, `product` says how it comes about.

    `local` names the derivative, and `derivative` says what it is where it was to be seen.
    `stretched` names the input whose `copies` got a gradient each, which `total` adds up; `mean` is
    theirs where the total is a single number.
    """

    to: str
    key: str
    symbol: str
    product: Sum
    local: str
    derivative: Sum | None
    leg: Leg
    stretched: str | None = None
    copies: int = 0
    total: str = ""
    mean: str | None = None


@dataclass(frozen=True, slots=True)
class WalkStep:
    """One step of the walk; `boxes` are those of the picture that are at work."""

    number: int
    id: str
    kind: str
    title: str
    key: str | None
    boxes: tuple[str, ...]
    expression: str | None = None
    symbol: str = ""
    arrived: Sum | None = None
    senders: int = 1
    sent: tuple[Sent, ...] = ()
    leaf: str | None = None
    gathered: str | None = None
    legs: tuple[Leg, ...] = ()


@dataclass(frozen=True, slots=True)
class Chain:
    """The chain rule for one leaf: factors by name, then as formulas, and what came out."""

    symbol: str
    factors: tuple[str, ...]
    formulas: tuple[str, ...] | None
    summed: bool
    value: str


@dataclass(frozen=True, slots=True)
class ToldUpdate:
    """One parameter's update with its numbers."""

    name: str
    before: str
    rate: str
    gradient: str
    after: str


@dataclass(frozen=True, slots=True)
class Walk:
    """The section: its picture, the steps in autograd's order, and the update at the end."""

    root: str
    picture: Picture
    chains: tuple[Chain, ...]
    steps: tuple[WalkStep, ...]
    updates: tuple[ToldUpdate, ...]


def walk(
    recording: Recording, layouts: Mapping[str, Layout], keys: Mapping[str, Keys]
) -> Walk | None:
    """The backward pass of a recording; None without one, or for one too long to be read."""
    backward = recording.backward
    graph = recording.graphs.get(backward.graph) if backward else None
    if backward is None or graph is None or not 0 < len(backward.steps) <= MOST_STEPS:
        return None
    own = keys[backward.graph]
    teller = _Teller(backward, graph, own)
    return Walk(
        graph.roots[0].name,
        _picture(backward, graph, layouts[backward.graph], own),
        tuple(teller.chains()),
        teller.steps(),
        tuple(map(_update, backward.updates)),
    )


def _picture(backward: Backward, graph: Graph, layout: Layout, keys: Keys) -> Picture:
    """The graph once more; a box leads to its step, and to its card if backward passed it by."""
    targets = {id_: f"#card-{key}" for id_, key in keys.items()}
    for step in backward.steps:
        targets[node_id(step.node)] = f"#{PREFIX}step-{node_id(step.node)}"
    for leaf in graph.leaves:
        targets[leaf.id] = targets[node_id(leaf.node)]
    targets[root_id(0)] = f"#{PREFIX}step-{root_id(0)}"
    return picture(
        backward.graph, graph, layout, keys, prefix=PREFIX, seen=frozenset(), caption="",
        targets=targets,
    )  # fmt: skip


def _update(update: Update) -> ToldUpdate:
    return ToldUpdate(
        update.name,
        number(update.before),
        f"{update.learning_rate:g}",
        times(update.gradient),
        number(update.after),
    )


class _Teller:
    """Holds what the steps of one pass are told with."""

    def __init__(self, backward: Backward, graph: Graph, keys: Keys) -> None:
        self.backward, self.graph, self.keys = backward, graph, keys
        self.names = Names(graph)
        self.senders: dict[int, list[tuple[BackwardStep, Flow]]] = {}
        for step in backward.steps:
            for flow in step.sent:
                self.senders.setdefault(flow.node, []).append((step, flow))

    def steps(self) -> tuple[WalkStep, ...]:
        told = [self._start(), *map(self._step, self.backward.steps)]
        if self.backward.updates:
            told.append(self._end())
        return tuple(replace(step, number=number) for number, step in enumerate(told, 1))

    def _start(self) -> WalkStep:
        root, first = self.graph.roots[0], self.backward.steps[0]
        arrived = amount(first.arrived)
        id_ = root_id(0)
        leg = Leg(node_id(root.node), id_, arrived.short)
        return WalkStep(
            0, id_, "root", root.name, self.keys[id_], (id_,),
            symbol=f"∂{bracketed(root.name)}/∂{bracketed(root.name)}",
            arrived=_plain(arrived),
            legs=(leg,),
        )  # fmt: skip

    def _end(self) -> WalkStep:
        names = {update.name for update in self.backward.updates}
        boxes = tuple(leaf.id for leaf in self.graph.leaves if leaf.name in names)
        return WalkStep(0, "update", "update", "The update", None, boxes)

    def _step(self, step: BackwardStep) -> WalkStep:
        node, leaf = self.graph.nodes[step.node], self.names.leaves.get(step.node)
        source = self.graph.source_of(node)
        sent = tuple(self._sent(step, flow) for flow in step.sent)
        told = WalkStep(
            0, node.id, node.kind, node.name, self.keys[node.id], (node.id,),
            expression=source.expression if source else None,
            symbol=self.names.by(step.node),
            arrived=_plain(amount(step.arrived)),
            senders=len(self.senders.get(step.node, ())),
            sent=sent,
            legs=tuple(each.leg for each in sent),
        )  # fmt: skip
        if leaf is None:
            return told
        gathered = self.backward.values[step.node].gradient
        final = None if gathered is None else amount(gathered)
        return replace(
            told,
            title=self._title(step.node),
            boxes=(node.id, leaf.id),
            leaf=leaf.name or "the leaf",
            gathered=_text(final) if final else None,
            legs=(Leg(leaf.id, node.id, final.short),) if final else (),
        )

    def _title(self, index: int) -> str:
        leaf, node = self.names.leaves.get(index), self.graph.nodes[index]
        return f"{node.name} of {leaf.name or 'the leaf'}" if leaf else node.name

    def _sent(self, step: BackwardStep, flow: Flow) -> Sent:
        gradient, index = amount(flow.gradient), step.node
        sent = Sent(
            to=self._title(flow.node),
            key=self.keys[node_id(flow.node)],
            symbol=self.names.by(flow.node),
            product=_product(step, flow),
            local=self.names.local(index, flow.node),
            derivative=self._derivative(step, flow),
            leg=Leg(node_id(flow.node), node_id(index), gradient.short),
        )
        if not _stretched(step, flow):
            return sent
        copies, name = amount(step.arrived).count, self.names.of(flow.node)
        total = flow.gradient.first[0]
        mean = _mean(total, copies) if gradient.count == 1 and isfinite(total) else None
        return replace(sent, stretched=name, copies=copies, total=_text(gradient), mean=mean)

    def _derivative(self, step: BackwardStep, flow: Flow) -> Sum | None:
        """`2·error = 2 × 2.0385 = 4.0770`, for the first of 80, mean 3.1125."""
        if flow.local is None:
            return None
        local, formula = amount(flow.local), self._formula(step, flow)
        if formula and CONSTANT.fullmatch(formula) and local.uniform:
            return Sum(formula, local.rest)
        parts = (formula, self._filled(step, flow), local.first)
        return Sum(" = ".join(filter(None, parts)), local.rest)

    def _formula(self, step: BackwardStep, flow: Flow) -> str | None:
        return self.names.derivative(step.node, self._position(step.node, flow))

    def _position(self, index: int, flow: Flow) -> int:
        edges = [(edge.argument, edge.node) for edge in self.graph.nodes[index].inputs]
        return edges.index((flow.argument, flow.node))

    def _filled(self, step: BackwardStep, flow: Flow) -> str | None:
        """`2 × 2.0385`, the only formula that has a number in it which stands nowhere else."""
        node, result = self.graph.nodes[step.node], self.backward.values[flow.node].result
        squared = self.graph.operator_of(node).op == "pow.Tensor_Scalar"
        if not squared or result is None or node.attributes.get("exponent") != 2:
            return None
        return f"2 × {times(result.first[0])}"

    def chains(self) -> list[Chain]:
        """The chain rule for each leaf that is reached on one way only."""
        leaves = self.graph.leaves[: MOST_CHAINS + 1]
        found = [self._chain(leaf.node) for leaf in leaves]
        return [chain for chain in found if chain] if len(leaves) <= MOST_CHAINS else []

    def _chain(self, leaf: int) -> Chain | None:
        path: list[tuple[BackwardStep, Flow]] = []
        at = leaf
        while at != self.graph.roots[0].node:
            senders = self.senders.get(at, [])
            if len(senders) != 1:
                return None
            path.insert(0, senders[0])
            at = senders[0][0].node
        if not path:
            return None
        formulas = [self._formula(step, flow) for step, flow in path]
        known = tuple(_factor(formula) for formula in formulas if formula)
        return Chain(
            self.names.by(leaf),
            tuple(self.names.local(step.node, flow.node) for step, flow in path),
            known if len(known) == len(path) else None,
            any(_stretched(step, flow) for step, flow in path),
            _text(amount(path[-1][1].gradient)),
        )


def _plain(told: Amount) -> Sum:
    return Sum(told.first, told.rest)


def _text(told: Amount) -> str:
    return told.first + told.rest


def _factor(formula: str) -> str:
    """In brackets where a sign would stand beside the dot."""
    return f"({formula})" if formula.startswith("−") or " " in formula else formula


def _stretched(step: BackwardStep, flow: Flow) -> bool:
    """Whether the argument was stretched to fit, so that its copies' gradients are added up."""
    return (
        flow.local is not None
        and flow.local.shape == step.arrived.shape
        and flow.gradient.shape != step.arrived.shape
    )


def _mean(total: float, copies: int) -> str:
    """With as many digits as it takes for the total to come out by hand."""
    text = number(total / copies)
    for digits in range(5, MOST_DIGITS):
        if number(copies * float(text.replace("−", "-"))) == number(total):
            break
        text = f"{total / copies:.{digits}f}".replace("-", "−")
    return text


def _product(step: BackwardStep, flow: Flow) -> Sum:
    """`0.0125 × 4.0770 = 0.0510`, for the first of 80, mean 0.0389."""
    gradient = amount(flow.gradient)
    if flow.local is None:
        return Sum(gradient.first, gradient.rest)
    one, other = step.arrived.first[0], flow.local.first[0]
    factors = f"{number(one)} × {times(other)}"
    if not _stretched(step, flow):
        return Sum(f"{factors} = {gradient.first}", gradient.rest)
    # Only the sum over the copies was there to be seen.
    words = f" for the first of {amount(step.arrived).count:,}"
    return Sum(f"{factors} = {number(one * other)}", words)
