"""Watch optimizers: learning rates, and the norms of gradients and parameters after each step."""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import nan
from types import FrameType
from typing import Any

import torch
from torch._subclasses.fake_tensor import FakeTensor
from torch.nn.parameter import is_lazy
from torch.optim.optimizer import (
    Optimizer,
    register_optimizer_step_post_hook,
)

from graphview.autograd.names import names_from, scopes_of
from graphview.model.graph import counted
from graphview.model.journal import Series
from graphview.observe.budget import Clock
from graphview.observe.leaves import LeafFacts, Leaves
from graphview.observe.series import Thinned

MOST_NAMED = 10
# Of more parameters than these only the groups are followed.
MOST_FOLLOWED = 2_000


@dataclass(slots=True)
class _Followed:
    """One optimizer, `number` of all, and the series of its groups and parameters."""

    kind: str
    number: int = 0
    parameters: list[LeafFacts] = field(default_factory=list)
    rates: list[Thinned] = field(default_factory=list)
    group_gradients: list[Thinned] = field(default_factory=list)
    group_sizes: list[Thinned] = field(default_factory=list)
    gradients: dict[LeafFacts, Thinned] = field(default_factory=dict)
    sizes: dict[LeafFacts, Thinned] = field(default_factory=dict)

    @property
    def groups(self) -> int:
        return len(self.group_sizes)

    def add_group(self) -> None:
        for series in (self.rates, self.group_gradients, self.group_sizes):
            series.append(Thinned(""))

    def name_groups(self) -> None:
        """Once it is known how many there are."""
        for series in (self.rates, self.group_gradients, self.group_sizes):
            for place, thin in enumerate(series):
                thin.name = _group_name(self.kind, self.number, place, len(series))


class Updates:
    """What the optimizers did. `step` tells the number of the last start of backward."""

    def __init__(self, clock: Clock, leaves: Leaves, step: Callable[[], int]) -> None:
        self.clock, self.leaves, self.step = clock, leaves, step
        self.count = 0
        self.trouble: str | None = None
        self.followed: list[_Followed] = []
        self.by_hand: list[_Followed] = []
        self._of: weakref.WeakKeyDictionary[Optimizer, _Followed] = weakref.WeakKeyDictionary()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Follow every optimizer's steps inside the block."""
        handle = register_optimizer_step_post_hook(self._end)
        try:
            yield
        finally:
            handle.remove()

    def _end(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        frame = sys._getframe(1)
        try:
            with self.clock.spending(), torch._C.DisableTorchFunction():
                self._note(optimizer, frame)
        except Exception as error:
            # The program must go on as if nobody had looked; the recording will say it.
            self.trouble = self.trouble or f"{type(error).__name__}: {error}"

    def _note(self, optimizer: Optimizer, frame: FrameType) -> None:
        self.count += 1
        followed = self._of.get(optimizer) or self._follow(optimizer)
        if followed.groups < len(optimizer.param_groups):
            self._add_groups(followed, optimizer, frame)
        for group, thin in zip(optimizer.param_groups, followed.rates, strict=False):
            rate = group.get("lr")
            # Some optimizers find their own.
            thin.add(self.step(), nan if rate is None else float(rate))
        if self.clock.affords():
            with self.clock.spending(luxury=True):
                self._measure(optimizer, followed)

    def _follow(self, optimizer: Optimizer) -> _Followed:
        followed = _Followed(type(optimizer).__name__, len(self.followed))
        self.followed.append(followed)
        self._of[optimizer] = followed
        return followed

    def _add_groups(self, followed: _Followed, optimizer: Optimizer, frame: FrameType) -> None:
        """Its groups, at its first step or when it has got more of them."""
        # Those that came after the first backward have not been met yet.
        self.leaves.meet(names_from(None, scopes_of(frame)).leaves())
        for group in optimizer.param_groups[followed.groups :]:
            followed.add_group()
            for parameter in group["params"]:
                if not is_lazy(parameter):
                    facts = self.leaves.of(parameter)
                    facts.optimized = True
                    followed.parameters.append(facts)

    def measure_leaves(self) -> None:
        """The norms of a program without an optimizer, right after a backward."""
        graded = [leaf for leaf in self.leaves.reached() if leaf.grad is not None]
        plain = [leaf for leaf in graded if _plain(leaf)]
        if not self.by_hand:
            self.by_hand.append(_Followed("all leaves"))
            self.by_hand[0].add_group()
        self._note_norms(self.by_hand[0], 0, plain)

    def _measure(self, optimizer: Optimizer, followed: _Followed) -> None:
        for place, group in enumerate(optimizer.param_groups):
            self._note_norms(followed, place, [p for p in group["params"] if _plain(p)])

    def _note_norms(
        self, followed: _Followed, place: int, parameters: Sequence[torch.Tensor]
    ) -> None:
        step = self.step()
        graded = [p for p in parameters if p.grad is not None and _plain(p.grad)]
        sizes, gradients = _norms(parameters), _norms([p.grad for p in graded])
        _add(followed.group_sizes[place], step, sizes)
        _add(followed.group_gradients[place], step, gradients)
        if len(parameters) <= MOST_FOLLOWED:
            self._add_each(followed.sizes, step, parameters, sizes)
            self._add_each(followed.gradients, step, graded, gradients)

    def _add_each(
        self,
        series: dict[LeafFacts, Thinned],
        step: int,
        tensors: Sequence[torch.Tensor],
        norms: Sequence[float],
    ) -> None:
        for tensor, norm in zip(tensors, norms, strict=True):
            facts = self.leaves.of(tensor)
            if facts not in series:
                series[facts] = Thinned("")
            series[facts].add(step, norm)

    def told(self) -> Told:
        """The series under their parameters' names; the largest come first."""
        for each in (*self.followed, *self.by_hand):
            each.name_groups()
        return Told(
            tuple(_described(followed) for followed in self.followed),
            tuple(rate.series for f in self.followed for rate in f.rates),
            _ordered([(f.group_gradients, f.gradients) for f in self.followed or self.by_hand]),
            _ordered([(f.group_sizes, f.sizes) for f in self.followed or self.by_hand]),
        )


@dataclass(frozen=True, slots=True)
class Told:
    """As in `Journal`."""

    optimizers: tuple[str, ...]
    learning_rates: tuple[Series, ...]
    gradient_norms: tuple[Series, ...]
    parameter_norms: tuple[Series, ...]


def _described(followed: _Followed) -> str:
    parameters = counted(len(followed.parameters), "parameter")
    if followed.groups == 1:
        return f"{followed.kind} of {parameters}"
    return f"{followed.kind} of {parameters} in {followed.groups} groups"


def _group_name(kind: str, number: int, place: int, groups: int) -> str:
    name = kind if number == 0 else f"{kind} {number + 1}"
    return name if groups == 1 else f"{name}, group {place}"


def _ordered(
    norms: Sequence[tuple[list[Thinned], dict[LeafFacts, Thinned]]],
) -> tuple[Series, ...]:
    groups = [thin.series for of_groups, _ in norms for thin in of_groups if thin.points]
    single: list[Series] = []
    for _, of_leaves in norms:
        for facts, thin in of_leaves.items():
            thin.name = facts.title
            single.append(thin.series)
    single.sort(key=lambda series: -max((v for v in series.values if v == v), default=0.0))
    return (*groups, *single[:MOST_NAMED])


def _plain(tensor: torch.Tensor) -> bool:
    # Neither has numbers.
    if is_lazy(tensor) or isinstance(tensor, FakeTensor):
        return False
    # Eight bits have no norm of their own.
    real = tensor.is_floating_point() and tensor.layout is torch.strided and tensor.itemsize > 1
    return real and not tensor.is_meta and not tensor.is_nested


def _norms(tensors: Sequence[Any]) -> list[float]:
    """One Euclidean norm for each tensor: one transfer for each device."""
    found: dict[int, float] = {}
    by_device: dict[torch.device, list[int]] = {}
    for place, tensor in enumerate(tensors):
        by_device.setdefault(tensor.device, []).append(place)
    with torch.no_grad(), torch._C.DisableTorchFunction():
        for places in by_device.values():
            norms = torch._foreach_norm([tensors[place].detach() for place in places])
            values = torch.stack([norm.float() for norm in norms]).tolist()
            found |= dict(zip(places, values, strict=True))
    return [found[place] for place in range(len(tensors))]


def _add(series: Thinned, step: int, norms: Sequence[float]) -> None:
    if norms:
        series.add(step, sum(norm * norm for norm in norms) ** 0.5)
