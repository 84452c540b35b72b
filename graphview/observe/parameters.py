"""Watch `nn.Parameter` being made of a tensor that has a graph, which ends there."""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from graphview.observe.replacing import replaced
from graphview.observe.trails import Trails


@contextmanager
def watch_parameters(trails: Trails) -> Iterator[None]:
    """Tell `trails` of each new parameter in the block; torch calls no mode for one."""
    make = torch.nn.Parameter.__new__

    @functools.wraps(make)
    def __new__(cls: type, data: Any = None, requires_grad: bool = True, **others: Any) -> Any:
        made: torch.Tensor = make(cls, data, requires_grad, **others)
        if isinstance(data, torch.Tensor) and data.requires_grad and data is not made:
            trails.note_parameter(data, made, sys._getframe(1))
        return made

    with replaced(torch.nn.Parameter, "__new__", __new__):
        yield
