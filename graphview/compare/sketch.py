"""A graph as it is compared: operations by family, inside the calls of modules, without numbers.

What differs between machines, devices and runs is left out: ids, addresses, source lines, names of
backward classes. What stays is what people mean by "the same graph".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from graphview.model.graph import Graph, Node, TensorInfo, shape_text

# What goes into an operation: another one's place among all, a leaf's name, or no gradient.
Link = int | str | None


@dataclass(slots=True, eq=False)
class Op:
    """One operation: `place` is that in the order of the forward pass, `name` is unique in `frame`.

    `results` tell shape and dtype of what it gives, `arguments` what its links are called, and
    `taken` which result of an operation with several goes in at each link. `node` is its index in
    the graph; None in a baseline, which has no graph. Operations and frames with the same `hash`
    are alike, once they were matched.
    """

    place: int
    name: str
    family: str
    results: str
    arguments: tuple[str, ...]
    links: tuple[Link, ...]
    frame: Frame
    taken: tuple[int, ...] = ()
    node: int | None = None
    hash: int = 0

    def __str__(self) -> str:
        return f"{self.frame.key}/{self.name}" if self.frame.key else self.name


@dataclass(slots=True, eq=False)
class Frame:
    """One call of a module, or (with an empty key) what runs outside of all.

    `key` is the module's path, with `#1` for its second call; `module` is the path alone.
    """

    key: str
    kind: str
    module: str
    parent: Frame | None = None
    parts: list[Op | Frame] = field(default_factory=list)
    hash: int = 0

    def ops(self) -> Iterator[Op]:
        """All operations in it and in the frames inside, in order."""
        stack: list[Op | Frame] = [self]
        while stack:
            part = stack.pop()
            if isinstance(part, Op):
                yield part
            else:
                stack += reversed(part.parts)


@dataclass(frozen=True, slots=True)
class Origin:
    """What a root is: its shape and dtype, and which result of what."""

    tensor: str
    link: Link
    taken: int = 0


@dataclass(slots=True, eq=False)
class Sketch:
    """`leaves` have their shape and dtype by name, `roots` that and what they are the result of."""

    ops: list[Op]
    top: Frame
    leaves: dict[str, str]
    roots: dict[str, Origin]

    def frames(self) -> Iterator[Frame]:
        """All frames, each before those in it."""
        stack = [self.top]
        while stack:
            frame = stack.pop()
            yield frame
            stack += [part for part in reversed(frame.parts) if isinstance(part, Frame)]


def sketch(graph: Graph) -> Sketch:
    """Sketch a graph. Time grows linearly with its nodes."""
    frames, top = _frames(graph)
    names, told = _leaf_names(graph), cache(described)
    nodes = _in_order(graph)
    links: dict[int | None, Link] = {None: None}
    links.update((index, name) for index, name in names.items())
    links.update((node.index, place) for place, node in enumerate(nodes))
    families = {name: operator.family for name, operator in graph.operators.items()}
    ops = [
        Op(
            place,
            "",
            families[node.operator],
            ", ".join([told(output.shape, output.dtype) for output in node.outputs]),
            _unique([edge.argument or str(i) for i, edge in enumerate(node.inputs)]),
            tuple([links[edge.node] for edge in node.inputs]),
            frames.get(_home(node), top),
            tuple([edge.output for edge in node.inputs]),
            node.index,
        )
        for place, node in enumerate(nodes)
    ]
    _fill(ops, top)
    leaves = {names[leaf.node]: _told(leaf.tensor) for leaf in graph.leaves}
    roots = {
        root.name: Origin(_told(root.tensor), links[root.node], root.output) for root in graph.roots
    }
    return Sketch(ops, top, leaves, roots)


def _told(tensor: TensorInfo) -> str:
    return described(tensor.shape, tensor.dtype)


def described(shape: tuple[int | str, ...] | None, dtype: str) -> str:
    """`(32, 8) float32`."""
    return f"{shape_text(shape)} {dtype}"


def _unique(names: list[str]) -> tuple[str, ...]:
    """A list of tensors has one argument's name for all."""
    if len(set(names)) == len(names):
        return tuple(names)
    seen = Counter[str]()
    for i, name in enumerate(names):
        seen[name] += 1
        names[i] = name if seen[name] == 1 else f"{name}~{seen[name] - 1}"
    return tuple(names)


def _in_order(graph: Graph) -> list[Node]:
    """Operations in the order of the forward pass where it is known, else in that of the walk."""
    nodes = graph.operations
    if any(node.sequence is None for node in nodes):
        return list(nodes)
    return sorted(nodes, key=lambda node: (node.sequence or 0, node.index))


def _home(node: Node) -> int | str | None:
    return node.module if node.call is None else node.call


def _frames(graph: Graph) -> tuple[dict[int | str | None, Frame], Frame]:
    """A frame for each call of a module, and for modules whose calls were not seen."""
    top = Frame("", "", "")
    found: dict[int | str | None, Frame] = {}
    for index, call in enumerate(graph.calls):
        parent = top if call.parent is None else found[call.parent]
        path = call.module or (f"{parent.key}/{call.kind}" if parent.key else call.kind)
        key = f"{path}#{call.number}" if call.number else path
        found[index] = Frame(key, call.kind, path, parent)
    known = {frame.key for frame in found.values()}
    for module in dict.fromkeys(node.module for node in graph.nodes if node.call is None):
        if module and module not in known:
            found[module] = Frame(module, "", module, top)
    _make_unique(list(found.values()))
    return found, top


def _make_unique(frames: list[Frame]) -> None:
    """Two modules of one class without a known path would share a key."""
    seen = Counter[str]()
    for frame in frames:
        again = seen[frame.key]
        seen[frame.key] += 1
        if again:
            frame.key = f"{frame.key}~{again}"


def _leaf_names(graph: Graph) -> dict[int, str]:
    """A name for each leaf's node; where several share one, the later ones are numbered."""
    seen = Counter[str]()
    names = {}
    for leaf in graph.leaves:
        name = leaf.name or "leaf"
        seen[name] += 1
        names[leaf.node] = name if seen[name] == 1 else f"{name}~{seen[name] - 1}"
    return names


def _fill(ops: list[Op], top: Frame) -> None:
    """Put each operation into its frame, and each frame into the one around it where it begins."""
    begun = {top}
    numbers: dict[Frame, Counter[str]] = {}
    for op in ops:
        frame, count = op.frame, numbers.setdefault(op.frame, Counter())
        count[op.family] += 1
        op.name = op.family if count[op.family] == 1 else f"{op.family}#{count[op.family]}"
        _begin(frame, begun)
        frame.parts.append(op)


def _begin(frame: Frame, begun: set[Frame]) -> None:
    waiting = []
    at: Frame | None = frame
    while at is not None and at not in begun:
        begun.add(at)
        waiting.append(at)
        at = at.parent
    for each in reversed(waiting):
        if each.parent is not None:
            each.parent.parts.append(each)
