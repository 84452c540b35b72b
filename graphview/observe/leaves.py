"""What is remembered of leaves: plain facts that outlive the tensors, which are not kept alive."""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch

from graphview.autograd.tensors import tensor_info
from graphview.model.graph import Source, TensorInfo, shape_text


@dataclass(slots=True, eq=False)
class LeafFacts:
    """One leaf, or one parameter that is frozen. `used` is the place of its first use.

    `reached` says that backward started from a graph that has it, `graded` that it was seen with
    a gradient.
    """

    reference: weakref.ref[torch.Tensor]
    tensor: TensorInfo
    wants_gradient: bool
    name: str | None = None
    used: Source | None = None
    reached: bool = False
    graded: bool = False
    optimized: bool = False

    @property
    def title(self) -> str:
        """Its name, or what can be said of one that nobody named."""
        return self.name or f"a parameter of shape {shape_text(self.tensor.shape)}"

    def look(self) -> None:
        """See whether it has a gradient by now."""
        tensor = self.reference()
        if tensor is None:
            return
        self.wants_gradient = tensor.requires_grad
        self.graded = self.graded or (tensor.is_leaf and tensor.grad is not None)


class Leaves:
    """All leaves that were met, in the order in which they were."""

    def __init__(self) -> None:
        self.all: list[LeafFacts] = []
        self._living: dict[int, LeafFacts] = {}

    def of(self, tensor: torch.Tensor) -> LeafFacts:
        """What is known of this tensor; from now on it is remembered."""
        known = self._living.get(id(tensor))
        if known is None:
            key = id(tensor)
            # Its id may then become another tensor's.
            reference = weakref.ref(tensor, lambda _: self._living.pop(key, None))
            known = LeafFacts(reference, tensor_info(tensor), tensor.requires_grad)
            self._living[key] = known
            self.all.append(known)
        return known

    def meet(self, named: Iterable[tuple[str, torch.Tensor]]) -> None:
        """Remember tensors by name; the first name stays."""
        for name, tensor in named:
            facts = self.of(tensor)
            facts.name = facts.name or name

    def look(self) -> None:
        """See which of those without a gradient have one by now."""
        for facts in list(self._living.values()):
            if not facts.graded:
                facts.look()

    def reached(self) -> Iterator[torch.Tensor]:
        """The leaves that still live of graphs from which backward started."""
        for facts in list(self._living.values()):
            tensor = facts.reference()
            if facts.reached and tensor is not None:
                yield tensor

    def of_interest(self) -> Iterator[LeafFacts]:
        """The tensors that ask for a gradient by themselves, and the parameters of trained models.

        A copy that is kept aside, an average or a target, is none: nothing of it was optimized,
        used for a result with gradients, or reached.
        """
        trained = {
            _model(facts.name)
            for facts in self.all
            if facts.optimized or facts.reached or facts.graded or facts.used
        }
        for facts in self.all:
            known = facts.name is not None and _model(facts.name) in trained
            by_itself = facts.name == _model(facts.name) and facts.wants_gradient
            if facts.optimized or known or (by_itself and facts.name is not None):
                yield facts


def _model(name: str | None) -> str | None:
    return None if name is None else name.partition(".")[0].partition("[")[0]
