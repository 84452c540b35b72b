"""The autograd graph as plain data: no tensor, no torch, JSON there and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["root", "operation", "accumulate", "leaf"]
SavedStatus = Literal["kept", "packed", "freed", "unread"]
Origin = Literal["derivatives.yaml", "builtin", "custom", "unknown"]
Attribute = None | bool | int | float | str | list[Any]

ACCUMULATE = "AccumulateGrad"


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """What can be said of a tensor without its values.

    `shape` has an int for each dimension, `"*"` for a ragged one, and is None where a nested
    tensor has no shape at all.
    """

    shape: tuple[int | str, ...] | None
    dtype: str
    device: str

    def __str__(self) -> str:
        return f"{shape_text(self.shape)} {self.dtype} {self.device}"


def counted(number: int, one: str, many: str | None = None) -> str:
    """A count with its noun: `1 leaf`, `2 leaves`, `1,000 operations`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def shape_text(shape: tuple[int | str, ...] | None) -> str:
    """Write a shape as Python does, where there is one: `(80, 1)`, `(1,)`, `()`, `ragged`."""
    if shape is None:
        return "ragged"
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"


def node_id(index: int) -> str:
    """What a node is called in pictures and pages."""
    return f"n{index}"


def root_id(position: int) -> str:
    """What the root at this position of `Graph.roots` is called in pictures and pages."""
    return f"root{position}"


@dataclass(frozen=True, slots=True)
class Source:
    """Where in the user's code an operation ran, and what the result was called.

    Lines count from 1, columns from 0 in characters; `variable` is the assignment's target.
    """

    file: str
    line: int
    end_line: int
    column: int | None
    end_column: int | None
    function: str
    expression: str | None
    variable: str | None


@dataclass(frozen=True, slots=True)
class Formula:
    """The derivative for some arguments of an operator, in autograd's own words."""

    arguments: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Operator:
    """What all nodes of one class share: `MulBackward0` is `mul.Tensor` of the family `mul`.

    `arguments` are the differentiable ones, in the order of `next_functions`. `opaque` says what
    a node of this class hides. `file` and `line` are those of a custom Function.
    """

    name: str
    op: str
    family: str
    origin: Origin
    schema: str | None = None
    arguments: tuple[str, ...] = ()
    formulas: tuple[Formula, ...] = ()
    opaque: str | None = None
    file: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Edge:
    """One entry of `next_functions`: where the gradient for `argument` goes.

    `node` is None where no gradient is wanted: a constant, data, or a frozen parameter.
    """

    argument: str | None
    node: int | None
    output: int = 0


@dataclass(frozen=True, slots=True)
class SavedTensor:
    """A tensor that an operation keeps for backward.

    `bytes` counts each storage once, at the first node that kept it; tensors with the same
    `storage` number share it. `packed` tensors lie behind a hook and are never unpacked.
    """

    name: str
    status: SavedStatus
    tensor: TensorInfo | None = None
    bytes: int = 0
    storage: int | None = None
    variable: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a module in the forward pass, made inside the call `parent`.

    `kind` is the module's class, `module` its path where that is known (empty for the whole model),
    and `number` counts the calls of this module in the graph, from 0.
    """

    kind: str
    module: str | None = None
    number: int = 0
    parent: int | None = None


@dataclass(frozen=True, slots=True)
class Node:
    """One backward function (`grad_fn`), numbered in depth-first post-order from the roots.

    `outputs` describe the results of the forward operation, which are what backward receives
    gradients for. `operator` is the key in `Graph.operators`, `source` the index in
    `Graph.sources`, `call` the index in `Graph.calls` of the innermost call of a module.
    `sequence` is the operation's place in the order of the forward pass, from 0.
    """

    index: int
    name: str
    operator: str
    inputs: tuple[Edge, ...]
    outputs: tuple[TensorInfo, ...]
    attributes: dict[str, Attribute] = field(default_factory=dict)
    saved: tuple[SavedTensor, ...] = ()
    source: int | None = None
    module: str | None = None
    variable: str | None = None
    call: int | None = None
    sequence: int | None = None

    @property
    def id(self) -> str:
        return node_id(self.index)

    @property
    def kind(self) -> Kind:
        return "accumulate" if self.name == ACCUMULATE else "operation"

    @property
    def saved_bytes(self) -> int:
        return sum(saved.bytes for saved in self.saved)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A tensor whose `.grad` backward fills; `node` is the `AccumulateGrad` in front of it."""

    node: int
    name: str | None
    tensor: TensorInfo
    bytes: int = 0

    @property
    def id(self) -> str:
        return f"leaf{self.node}"

    @property
    def kind(self) -> Kind:
        return "leaf"


@dataclass(frozen=True, slots=True)
class Root:
    """A tensor that backward may start at: output number `output` of `node`.

    A leaf can be a root too; its node is then its own `AccumulateGrad`.
    """

    name: str
    tensor: TensorInfo
    node: int
    output: int = 0

    @property
    def kind(self) -> Kind:
        return "root"


@dataclass(frozen=True, slots=True, repr=False)
class Graph:
    """All that autograd would walk from the roots; of `calls` the outer ones come first."""

    roots: tuple[Root, ...]
    nodes: tuple[Node, ...]
    leaves: tuple[Leaf, ...]
    operators: dict[str, Operator]
    sources: tuple[Source, ...] = ()
    calls: tuple[Call, ...] = ()

    @property
    def operations(self) -> tuple[Node, ...]:
        """The backward nodes without the `AccumulateGrad` bookkeeping."""
        return tuple([node for node in self.nodes if node.name != ACCUMULATE])

    @property
    def saved_bytes(self) -> int:
        """Bytes kept for backward, beyond leaves and what the model or `params` own."""
        return sum(node.saved_bytes for node in self.nodes)

    def operator_of(self, node: Node) -> Operator:
        return self.operators[node.operator]

    def source_of(self, node: Node) -> Source | None:
        return None if node.source is None else self.sources[node.source]

    def leaf_at(self) -> Mapping[int, Leaf]:
        """The leaf that each `AccumulateGrad` fills, by node."""
        return {leaf.node: leaf for leaf in self.leaves}

    def edges(self) -> Iterator[tuple[int, int]]:
        """(producer, user) for each use of a result; backward walks them from user to producer."""
        for node in self.nodes:
            for edge in node.inputs:
                if edge.node is not None:
                    yield edge.node, node.index

    def to_svg(self, *, theme: str = "auto", fold: str | int = "auto") -> str:
        """Draw the graph as an SVG file; `theme` is auto, light or dark.

        auto is light, and dark where the reader's system is. `fold` is auto, which folds a large
        graph to some 40 boxes, none, or how many levels of modules are open. Errors: LayoutError
        for an unknown theme or fold, and where no engine can draw.
        """
        from graphview.display import svg

        return svg(self, theme=theme, fold=fold)

    def to_json(self) -> bytes:
        """Write the graph as UTF-8 JSON, without loss."""
        from graphview.model.store import to_json

        return to_json(self)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """What a notebook shows: the picture, or in words why there is none."""
        from graphview.display import mimebundle

        return mimebundle(self)

    def __repr__(self) -> str:
        names = ", ".join(root.name for root in self.roots)
        operations, leaves = len(self.nodes) - len(self.leaves), len(self.leaves)
        counts = f"{counted(operations, 'operation')}, {counted(leaves, 'leaf', 'leaves')}"
        return f"<Graph of {names}: {counts}>"
