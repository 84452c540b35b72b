"""Tensors and output metadata -> `TensorInfo`."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Any

import torch
from torch.autograd.graph import Node as Function

from graphview.model.graph import TensorInfo


def node_of(tensor: torch.Tensor) -> Function | None:
    """What made a tensor; None also where torch forbids to ask, see `forbidden`."""
    try:
        return tensor.grad_fn
    except RuntimeError:
        return None


def forbidden(tensor: torch.Tensor) -> str | None:
    """Torch's words on a view that it lets nobody use, after a change in place without gradients.

    It says them whenever somebody asks for the node behind it.
    """
    try:
        _ = tensor.grad_fn
    except RuntimeError as error:
        return str(error)
    return None


def is_leaf(tensor: torch.Tensor) -> bool:
    """As torch has it, and False where it forbids to ask."""
    return node_of(tensor) is None and forbidden(tensor) is None


def tensor_info(tensor: torch.Tensor) -> TensorInfo:
    """Describe a tensor without touching its values."""
    ragged = tensor.is_nested and tensor.layout is torch.strided
    shape = None if ragged else _shape(tensor.shape)
    return _info(shape, tensor.dtype, tensor.device)


def output_info(metadata: Any) -> TensorInfo:
    """Describe one entry of `Node._input_metadata`, autograd's record of a forward result."""
    # Asking a strided nested tensor for its shape raises in C++.
    shape = None if metadata.is_cpp_nested_tensor else _shape(metadata.shape)
    return _info(shape, metadata.dtype, metadata.device)


def _shape(shape: Iterable[Any]) -> tuple[int | str, ...]:
    # A ragged dimension is a symbol whose number differs from run to run.
    return tuple([size if isinstance(size, int) else "*" for size in shape])


@lru_cache(maxsize=10_000)
def _info(
    shape: tuple[int | str, ...] | None, dtype: torch.dtype, device: torch.device
) -> TensorInfo:
    # Most nodes of a graph repeat a few shapes: one object serves them all.
    return TensorInfo(shape, _text(dtype).removeprefix("torch."), _text(device))


@cache
def _text(value: torch.dtype | torch.device) -> str:
    return str(value)
