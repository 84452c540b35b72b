"""What a node keeps for backward: attributes and tensors, read without running any hook."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import torch
from torch.autograd.function import BackwardCFunction
from torch.autograd.graph import Node as Function

from graphview.autograd.tensors import tensor_info
from graphview.model.graph import Attribute, SavedStatus, SavedTensor

SAVED, RAW = "_saved_", "_raw_saved_"
UNSIGNED, SIGN_BIT = 1 << 64, 1 << 63


@cache
def _slots(cls: type) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of a class's plain attributes and of its saved tensors."""
    names = dir(cls)
    raw = tuple(name.removeprefix(RAW) for name in names if name.startswith(RAW))
    plain = (name.removeprefix(SAVED) for name in names if name.startswith(SAVED))
    return tuple(name for name in plain if name not in raw and name != "tensors"), raw


def attributes(function: Function) -> dict[str, Attribute]:
    """The non-tensor arguments that the operation saved: `dim`, `exponent`, `keepdim`."""
    names, _ = _slots(type(function))
    return {name: _plain(getattr(function, SAVED + name)) for name in names}


def _plain(value: Any) -> Attribute:
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        # torch hands out int64 as unsigned: dim=-1 arrives as 18446744073709551615.
        return value - UNSIGNED if value >= SIGN_BIT else value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, torch.SymInt):
        # A ragged dimension's symbol is numbered anew in each run.
        return "*"
    return _named(value)


def _named(value: Any) -> str:
    text = str(value).removeprefix("torch.")
    # An address in the text would differ from run to run.
    return type(value).__name__ if " at 0x" in text else text


@dataclass(slots=True)
class Ledger:
    """Which storages are already paid for, so that each one's bytes count once in a graph.

    `names` maps the id of a tensor to what the user calls it.
    """

    names: dict[int, str] = field(default_factory=dict)
    numbers: dict[int, int] = field(default_factory=dict)
    owned: set[int] = field(default_factory=set)

    def own(self, tensor: torch.Tensor) -> None:
        """Take note that somebody else keeps the tensor alive: it costs a graph nothing."""
        self.owned |= {storage._cdata for storage in _storages(tensor)}

    def charge(self, tensor: torch.Tensor) -> tuple[int, int | None]:
        """Bytes not yet counted in the tensor's storages, and the number of its first storage."""
        total, first = 0, None
        for storage in _storages(tensor):
            key = storage._cdata
            if key not in self.numbers:
                self.numbers[key] = len(self.numbers)
                total += 0 if key in self.owned else storage.nbytes()
            first = self.numbers[key] if first is None else first
        return total, first


def saved_tensors(function: Function, ledger: Ledger) -> tuple[SavedTensor, ...]:
    """The tensors that the node keeps; none is unpacked, so no user's code runs."""
    return tuple(_saved(name, raw, gone, ledger) for name, raw, gone in _raw(function))


def _raw(function: Function) -> Iterator[tuple[str, Any, bool]]:
    """(name, raw SavedTensor, freed) of all that is or was saved."""
    if isinstance(function, BackwardCFunction):
        yield from _raw_custom(function)
        return
    for name in _slots(type(function))[1]:
        label = name.rstrip("_")
        try:
            value = getattr(function, RAW + name)
        except RuntimeError:
            # A list of tensors that backward has freed: torch keeps no count of them.
            yield label, None, True
            continue
        if isinstance(value, tuple):
            items = ((f"{label}[{position}]", item) for position, item in enumerate(value))
            yield from ((each, item, False) for each, item in items if not _is_empty(item))
        elif not _is_empty(value):
            yield label, value, False
        elif _is_freed(function, name):
            yield label, None, True


def _raw_custom(function: Any) -> Iterator[tuple[str, Any, bool]]:
    try:
        raws = function._raw_saved_tensors or ()
    except RuntimeError:
        # torch raises here once backward has freed the buffers, and keeps no count of them.
        yield "saved_tensors", None, True
        return
    for position, raw in enumerate(raws):
        if not _is_empty(raw):
            yield f"saved_tensors[{position}]", raw, False
    for name, value in vars(function).items():
        if isinstance(value, torch.Tensor):
            yield f"ctx.{name}", value, False


def _is_empty(raw: Any) -> bool:
    """Whether an optional tensor was not given, or was freed."""
    if isinstance(raw, torch.Tensor) or not hasattr(raw, "unpack_hook"):
        return False
    return raw.unpack_hook is None and raw.data is None


def _is_freed(function: Function, name: str) -> bool:
    try:
        # Safe: the caller found nothing in it, so there is nothing that a hook could unpack.
        getattr(function, SAVED + name)
    except RuntimeError:
        return True
    return False


def _saved(name: str, raw: Any, freed: bool, ledger: Ledger) -> SavedTensor:
    if freed:
        return SavedTensor(name, "freed")
    status, tensor = _look(raw)
    if tensor is None:
        return SavedTensor(name, status)
    size, storage = ledger.charge(tensor)
    return SavedTensor(
        name, status, tensor_info(tensor), size, storage, ledger.names.get(id(tensor))
    )


def _look(raw: Any) -> tuple[SavedStatus, torch.Tensor | None]:
    if isinstance(raw, torch.Tensor):
        return "kept", raw
    if not hasattr(raw, "unpack_hook"):
        # torch 2.5 cannot say whether a hook would run, so nothing is read.
        return "unread", None
    if raw.unpack_hook is not None:
        return "packed", None
    return "kept", raw.data


def _storages(tensor: torch.Tensor) -> Iterator[torch.UntypedStorage]:
    for part in _parts(tensor):
        try:
            yield part.untyped_storage()
        except NotImplementedError:
            # The wrappers of torch.func own no storage.
            continue


def _parts(tensor: torch.Tensor) -> list[torch.Tensor]:
    """The strided tensors that hold a tensor's data."""
    if tensor.layout is torch.sparse_coo:
        return [tensor._indices(), tensor._values()]
    if tensor.layout in (torch.sparse_csr, torch.sparse_bsr):
        return [tensor.crow_indices(), tensor.col_indices(), tensor.values()]
    if tensor.layout in (torch.sparse_csc, torch.sparse_bsc):
        return [tensor.ccol_indices(), tensor.row_indices(), tensor.values()]
    if hasattr(tensor, "__tensor_flatten__"):
        inner, _ = tensor.__tensor_flatten__()
        return [part for name in inner for part in _parts(getattr(tensor, name))]
    if tensor.layout is not torch.strided:
        return []
    return [tensor]
