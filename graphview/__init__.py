"""graphview: see what autograd recorded.

The public names are loaded on first use, so that importing graphview costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from graphview.autograd import capture, watch_nodes
    from graphview.errors import GraphviewError
    from graphview.model.graph import Graph
    from graphview.model.recording import Recording
    from graphview.recording import record

__version__ = "0.1.0"
__all__ = [
    "Graph",
    "GraphviewError",
    "Recording",
    "__version__",
    "capture",
    "record",
    "watch_nodes",
]

_HOME = {
    "Graph": "graphview.model.graph",
    "GraphviewError": "graphview.errors",
    "Recording": "graphview.model.recording",
    "capture": "graphview.autograd",
    "record": "graphview.recording",
    "watch_nodes": "graphview.autograd",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'graphview' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)


def load_ipython_extension(shell: InteractiveShell) -> None:
    """What IPython calls for `%load_ext graphview`: adds `%graphview` and `%%graphview`."""
    import_module("graphview.ipython").load(shell)
