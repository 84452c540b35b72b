"""Watch where gradients are cut: which operation gave a result without one, at which line.

While the mode is on, each function of torch is looked at after it ran. A tensor that came of one
with a gradient and has none itself is `lost`; what is computed from lost tensors is lost too, until
it meets a tensor with a gradient: the node made there is marked, so that a graph tells which
cut-off values went into it.
"""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from graphview.autograd import capture_live
from graphview.autograd.untraced import untraced, untraced_deeply
from graphview.model.graph import Graph, Source
from graphview.observe.blocks import Block, Blocks
from graphview.observe.leaves import LeafFacts, Leaves
from graphview.observe.places import Places

Tensor = torch.Tensor
JOINED = "graphview.joined"
# A cut that happens again and again is looked at this often: other parameters may come by.
MOST_LOOKS, MOST_CUTS = 8, 500
TORCH = Path(torch.__file__).parent
# Torch's own housekeeping with parameters, which is no use of them.
HOUSEKEEPING = tuple(
    str(TORCH / name)
    for name in (
        "optim",
        "nn/init.py",
        "nn/utils",
        "nn/modules/module.py",
        "nn/parameter.py",
        "_tensor.py",
        "_utils.py",
        "serialization.py",
        "storage.py",
    )
)
# These give Python something that is no tensor.
LEAVING = {
    Tensor.item: "item",
    Tensor.tolist: "tolist",
    Tensor.numpy: "numpy",
    Tensor.__array__: "numpy",
    Tensor.__bool__: "bool",
    Tensor.__float__: "float",
    Tensor.__int__: "int",
    Tensor.__complex__: "complex",
    Tensor.__index__: "int",
}
# The values of what they give do not come of the tensor that they are given.
NOT_MADE_OF = {
    "zeros_like",
    "ones_like",
    "empty_like",
    "full_like",
    "rand_like",
    "randn_like",
    "randint_like",
    "new_zeros",
    "new_ones",
    "new_empty",
    "new_full",
    "grad",
    "backward",
}
# These leave the graph behind also where gradients are on.
OUTRIGHT = ("detach", "data", "Parameter")
# Attributes that are tensors; of all others nothing is computed.
DATA: Any = Tensor.data.__get__  # type: ignore[attr-defined]
GRAD: Any = Tensor.grad.__get__  # type: ignore[union-attr]


@dataclass(slots=True, eq=False)
class Cut:
    """A call at which gradients end. `graphs` are those of the tensors that lost theirs.

    `left` is true where the value went into Python; `silent` for what was done without gradients,
    in `block` where that is known.
    """

    call: str
    at: Source
    left: bool = False
    silent: bool = False
    block: Block | None = None
    looks: int = 0
    leaves: set[LeafFacts] = field(default_factory=set)
    graphs: list[tuple[Graph, dict[LeafFacts, int]]] = field(default_factory=list)

    @property
    def by(self) -> str:
        """What is to blame: the block in which gradients were off, else the function itself."""
        return self.call if self.block is None else self.block.by

    @property
    def source(self) -> Source:
        return self.at if self.block is None else self.block.source


@dataclass(frozen=True, slots=True)
class Joint:
    """Where a value that had been cut off went on into a graph."""

    cut: Cut
    source: Source


class Trails(TorchFunctionMode):
    """The watch; `cuts` are in the order in which they happened."""

    def __init__(self, leaves: Leaves) -> None:
        super().__init__()
        self.leaves, self.places = leaves, Places()
        self.blocks = Blocks(self.places)
        self.cuts: dict[tuple[str, Source, Block | None], Cut] = {}
        self.lost: dict[int, tuple[weakref.ref[Tensor], tuple[Cut, ...]]] = {}
        self.active = True
        self.trouble: str | None = None

    @untraced
    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        # Of torch.compile's own tracing nothing is to be told, and it could not follow us.
        if self.active and not torch.compiler.is_compiling() and _may_matter(func, result):
            try:
                # A tensor subclass of the program's must not see our questions.
                with torch._C.DisableTorchFunctionSubclass():
                    self.note(func, (*args, *kwargs.values()), result, sys._getframe(1))
            except Exception as error:
                self._give_up(error)
        return result

    def _give_up(self, error: Exception) -> None:
        """The program must go on as if nobody had looked; the recording will say it."""
        self.active, self.trouble = False, f"{type(error).__name__}: {error}"

    @untraced_deeply
    def note_parameter(self, data: Tensor, made: Tensor, caller: FrameType) -> None:
        """A new parameter has the values of `data`, and nothing of its graph."""
        if not self.active or _is_housekeeping(caller.f_code.co_filename):
            return
        try:
            source = self.places.of(caller)
            if source is not None:
                with torch._C.DisableTorchFunction():
                    self._note_result("Parameter", [data], made, source)
        except Exception as error:
            self._give_up(error)

    @untraced_deeply
    def note(self, func: Any, arguments: Any, result: Any, caller: FrameType) -> None:
        """Look at one call, after it ran."""
        given = [tensor for tensor in _tensors(arguments) if self._carries(tensor)]
        if not given or _is_housekeeping(caller.f_code.co_filename):
            return
        if _has_node(result) and not (self.lost and any(id(t) in self.lost for t in given)):
            # What nearly every call of a model is: nothing is lost, and nothing was.
            self._note_use(given, caller)
            return
        source, name = self.places.of(caller), _name_of(func)
        if source is None or name in NOT_MADE_OF:
            return
        if func in LEAVING:
            self._note_leaving(LEAVING[func], given, source)
            return
        made = [t for t in _tensors((result,)) if t is not arguments[0]]
        if func is Tensor.__setitem__:
            made = [arguments[0]]
        if any(map(_has_node, made)):
            self._note_use(given, caller)
        for tensor in made:
            self._note_result(name, given, tensor, source)

    def _carries(self, tensor: Tensor) -> bool:
        return tensor.requires_grad or id(tensor) in self.lost

    def _note_use(self, given: list[Tensor], caller: FrameType) -> None:
        for tensor in given:
            if tensor.is_leaf and tensor.requires_grad:
                facts = self.leaves.of(tensor)
                if facts.used is None:
                    facts.used = self.places.of(caller)

    def _note_leaving(self, by: str, given: list[Tensor], source: Source) -> None:
        for cut in self._cuts_of(given):
            cut.left = True
        self._cut(by, given, source, left=True)

    def _note_result(self, name: str, given: list[Tensor], made: Tensor, source: Source) -> None:
        cuts = self._cuts_of(given)
        if _has_node(made):
            if cuts:
                joints = made.grad_fn.metadata.setdefault(JOINED, [])  # type: ignore[union-attr]
                joints += [Joint(cut, source) for cut in cuts]
            return
        silent = not torch.is_grad_enabled() and name not in OUTRIGHT
        new = self._cut(name, given, source, silent=silent)
        cuts |= {} if new is None else {new: None}
        if cuts:
            self._lose(made, cuts)

    def cuts_behind(self, tensor: Tensor) -> list[Cut]:
        """Where what a tensor was computed from lost its gradient."""
        return list(self._cuts_of([tensor]))

    def _cuts_of(self, tensors: list[Tensor]) -> dict[Cut, None]:
        found: dict[Cut, None] = {}
        for tensor in tensors:
            _, cuts = self.lost.get(id(tensor), (None, ()))
            found |= dict.fromkeys(cuts)
        return found

    def _lose(self, tensor: Tensor, cuts: Iterable[Cut]) -> None:
        key, lost = id(tensor), self.lost
        # An id names a tensor only while it lives.
        reference = weakref.ref(tensor, lambda _: lost.pop(key, None))
        lost[key] = reference, tuple(cuts)

    def _cut(
        self,
        by: str,
        given: list[Tensor],
        source: Source,
        *,
        left: bool = False,
        silent: bool = False,
    ) -> Cut | None:
        ending = [tensor for tensor in given if tensor.requires_grad]
        if not ending or len(self.cuts) >= MOST_CUTS:
            return None
        block = self.blocks.around() if silent else None
        cut = self.cuts.setdefault((by, source, block), Cut(by, source, left, silent, block))
        if cut.looks < MOST_LOOKS or any(tensor.is_leaf for tensor in ending):
            cut.looks += 1
            for tensor in ending:
                self._look(cut, tensor)
        return cut

    def _look(self, cut: Cut, tensor: Tensor) -> None:
        """Note the leaves from which the tensor came, and the graph between."""
        if tensor.is_leaf:
            cut.leaves.add(self.leaves.of(tensor))
            return
        live = capture_live({"cut": tensor})
        functions: list[Any] = live.functions
        leaves = {
            self.leaves.of(functions[leaf.node].variable): leaf.node for leaf in live.graph.leaves
        }
        if leaves.keys() - cut.leaves or not cut.graphs:
            cut.graphs.append((live.graph, leaves))
        cut.leaves |= leaves.keys()


def joints_of(functions: list[Any]) -> list[Joint]:
    """The cut-off values that went into a graph, by its autograd nodes."""
    return [joint for function in functions for joint in function.metadata.get(JOINED, ())]


@untraced_deeply
def _may_matter(func: Any, result: Any) -> bool:
    """Most calls ask for a shape or a dtype: those are over here."""
    if isinstance(result, Tensor | tuple | list):
        return bool(func != GRAD)
    return func in LEAVING or func is Tensor.__setitem__


def _has_node(value: Any) -> bool:
    # A view of a leaf asks for a gradient also where it was made without: backward never fills it.
    return isinstance(value, Tensor) and value.requires_grad and not value.is_leaf


def _tensors(values: Any) -> Iterator[Tensor]:
    """The tensors among the values, two levels deep: `torch.cat([x, y])`."""
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, tuple | list):
            for item in value:
                if isinstance(item, Tensor):
                    yield item
                elif isinstance(item, tuple | list):
                    yield from (each for each in item if isinstance(each, Tensor))


def _name_of(func: Any) -> str:
    if func == DATA:
        return "data"
    name: str = getattr(func, "__name__", type(func).__name__)
    return name.strip("_")


@cache
def _is_housekeeping(filename: str) -> bool:
    return filename.startswith(HOUSEKEEPING)
