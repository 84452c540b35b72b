"""Assertions on autograd graphs, for tests; each fails with what is wrong, by name and line.

The public names are loaded on first use: the pytest plugin needs a module of this package in runs
that have nothing to do with torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from graphview.testing.baselines import BaselineWarning, GraphBaseline
    from graphview.testing.capturing import Capture
    from graphview.testing.contents import leaf_names, operation_counts
    from graphview.testing.reaching import assert_not_reaches, assert_reaches

__all__ = [
    "BaselineWarning",
    "Capture",
    "GraphBaseline",
    "assert_not_reaches",
    "assert_reaches",
    "leaf_names",
    "operation_counts",
]

_HOME = {
    "BaselineWarning": "baselines",
    "Capture": "capturing",
    "GraphBaseline": "baselines",
    "assert_not_reaches": "reaching",
    "assert_reaches": "reaching",
    "leaf_names": "contents",
    "operation_counts": "contents",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'graphview.testing' has no attribute {name!r}")
    return getattr(import_module(f"graphview.testing.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
