"""What the user gave as target -> named root tensors, in a fixed order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import torch
from torch.autograd.graph import Node as Function
from torch.autograd.graph import get_gradient_edge

from graphview.autograd.tensors import forbidden
from graphview.errors import RootError

NameOf = Callable[[torch.Tensor], str | None]


class NamedRoot(NamedTuple):
    name: str
    tensor: torch.Tensor
    function: Function
    output: int


def named_roots(target: object, name_of: NameOf) -> list[NamedRoot]:
    """Find the roots in a tensor, or in any nesting of mappings, tuples and lists of tensors.

    Errors: RootError for what is no tensor, for a tensor that autograd knows nothing of, and for
    what contains itself.
    """
    try:
        tensors = list(_tensors(target, None, name_of))
    except RecursionError:
        raise RootError(
            "what was given as root contains itself, or is nested too deeply; give its tensors."
        ) from None
    found = [_root(name, tensor) for name, tensor in tensors]
    if not found:
        raise RootError("there is no tensor in what was given as root; give at least one.")
    return found


def _tensors(
    target: object, path: str | None, name_of: NameOf
) -> Iterator[tuple[str, torch.Tensor]]:
    if isinstance(target, torch.Tensor):
        yield path or name_of(target) or "root", target
    elif isinstance(target, Mapping):
        for key, value in target.items():
            yield from _tensors(value, f"{path}[{key!r}]" if path else str(key), name_of)
    elif isinstance(target, tuple | list):
        for position, value in enumerate(target):
            yield from _tensors(value, _item_name(value, position, path, name_of), name_of)
    elif target is not None:
        raise RootError(_not_a_tensor(target, path))


def _item_name(value: object, position: int, path: str | None, name_of: NameOf) -> str:
    known = name_of(value) if isinstance(value, torch.Tensor) and not path else None
    return known or f"{path or 'root'}[{position}]"


def _not_a_tensor(target: object, path: str | None) -> str:
    where = f"{path!r} is" if path else "the root is"
    kind = type(target).__name__
    if isinstance(target, torch.nn.Module):
        return f"{where} a module ({kind}), not a tensor; call it and give what it returns."
    return f"{where} of type {kind}, not a tensor; give a tensor, or a mapping or tuple of tensors."


def _root(name: str, tensor: torch.Tensor) -> NamedRoot:
    if not tensor.requires_grad:
        raise RootError(_without_graph(name, tensor))
    if (words := forbidden(tensor)) is not None:
        raise RootError(f"root {name!r} may not be used: {' '.join(words.split())}")
    # For a leaf this finds its AccumulateGrad, which only a use of the tensor can show.
    try:
        edge = get_gradient_edge(tensor)
    except (RuntimeError, NotImplementedError, ValueError, AttributeError, TypeError) as error:
        # torch makes a view of a leaf to find it, which sparse, lazy and other kinds refuse.
        raise RootError(
            f"root {name!r} is a leaf at which torch cannot start a graph "
            f"({str(error).splitlines()[0][:120]}); give a result that is computed from it."
        ) from error
    return NamedRoot(name, tensor, edge.node, edge.output_nr)


def _without_graph(name: str, tensor: torch.Tensor) -> str:
    start = f"root {name!r} has no autograd graph: it has no grad_fn and needs no gradient"
    if not (tensor.is_floating_point() or tensor.is_complex()):
        dtype = str(tensor.dtype).removeprefix("torch.")
        return f"{start}, since {dtype} tensors never do; pick a floating-point tensor."
    if tensor.is_inference():
        return f"{start}, since it was made under torch.inference_mode(); leave that mode."
    return (
        f"{start}; compute it from a leaf with requires_grad=True, outside torch.no_grad() "
        "and without .detach()."
    )
