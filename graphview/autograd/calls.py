"""The calls of modules around the nodes of a graph, in the order of the forward pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from torch.autograd.graph import Node as Function

from graphview.autograd.sources import ModuleCall, Stamp
from graphview.autograd.walk import is_accumulate
from graphview.model.graph import Call


def forward_order(functions: Sequence[Function]) -> list[int | None]:
    """The place of each operation among all that were recorded, from 0; None for bookkeeping."""
    numbers = {
        place: (function._sequence_nr(), place)
        for place, function in enumerate(functions)
        if not is_accumulate(function)
    }
    found: list[int | None] = [None] * len(functions)
    for rank, place in enumerate(sorted(numbers, key=numbers.__getitem__)):
        found[place] = rank
    return found


class Calls:
    """Numbers calls as they are met; `names` are the paths of modules by their identity."""

    def __init__(self, names: Mapping[int, str]) -> None:
        self.names = names
        self.found: list[Call] = []
        self._index: dict[ModuleCall, int] = {}
        # While a module lives all references to it are one object, and the calls hold that.
        self._times: Counter[int] = Counter()

    def of(self, stamps: Sequence[Stamp | None], order: Sequence[int | None]) -> list[int | None]:
        """The index of the innermost call around each node; None outside of modules."""
        result: list[int | None] = [None] * len(stamps)
        called = [
            (order[place] or 0, place, stamp.call)
            for place, stamp in enumerate(stamps)
            if stamp is not None and stamp.call is not None
        ]
        for _, place, call in sorted(called, key=lambda entry: entry[:2]):
            result[place] = self._number(call)
        return result

    def path(self, call: int | None) -> str | None:
        """The module's path where it is known, else the class names from outside in."""
        if call is None:
            return None
        found, kinds = self.found[call], []
        if found.module:
            return found.module
        while call is not None:
            kinds.append(self.found[call].kind)
            call = self.found[call].parent
        return "/".join(reversed(kinds))

    def _number(self, call: ModuleCall) -> int:
        around: list[ModuleCall] = []
        inner: ModuleCall | None = call
        while inner is not None and inner not in self._index:
            around.append(inner)
            inner = inner.parent
        parent = None if inner is None else self._index[inner]
        for each in reversed(around):
            parent = self._add(each, parent)
        return self._index[call]

    def _add(self, call: ModuleCall, parent: int | None) -> int:
        module, times = call.module(), self._times[id(call.module)]
        self._times[id(call.module)] += 1
        path = None if module is None else self.names.get(id(module))
        self._index[call] = len(self.found)
        self.found.append(Call(call.kind, path, times, parent))
        return self._index[call]
