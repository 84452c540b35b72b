"""Whether an operation was given an input that it may do without, such as a bias.

Autograd lists an input that is missing as it lists one that needs no gradient.
"""

from __future__ import annotations

import re

from graphview.model.graph import Graph, Node

# How convolution's node notes the shape of a bias that is not there.
NO_SHAPE = [0]


def is_given(graph: Graph, node: Node, argument: str | None) -> bool | None:
    """Whether the input is there; None where nothing that was recorded tells."""
    if argument is None or not _may_be_missing(graph.operator_of(node).schema, argument):
        return True
    if any(saved.name == argument for saved in node.saved):
        return True
    shape = node.attributes.get(f"{argument}_sym_sizes_opt")
    return None if shape is None else list(_sizes(shape)) != NO_SHAPE


def _may_be_missing(schema: str | None, argument: str) -> bool:
    optional = rf"\bTensor(\([^)]*\))?\? {re.escape(argument)}\b"
    return schema is not None and re.search(optional, schema) is not None


def _sizes(shape: object) -> tuple[object, ...]:
    return tuple(shape) if isinstance(shape, list | tuple) else (shape,)
