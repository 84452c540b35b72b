"""`shapes`: of roots, leaves and variables, with symbols for sizes that are the same everywhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from graphview.check.causes import About, at_line
from graphview.check.evidence import Witness
from graphview.check.paths import FirstUses
from graphview.check.patterns import Patterns, is_glob
from graphview.check.rule import Case, Code, Found
from graphview.check.value import Value, shown
from graphview.check.words import ticked
from graphview.model.graph import Node, Source, TensorInfo, shape_text

KEY = "shapes"
EXAMPLE = 'shapes = { loss = [], "fc1.weight" = ["hidden", 4], yhat = ["batch", 10] }'
ANY = "*"
SYMBOL = re.compile(r"[A-Za-z_]\w*")
SHAPE = Code(
    "GV120",
    "shape",
    "A tensor has another shape than the contract asks for.",
    "Shapes that differ by an axis are stretched without an error: (80,) - (80, 1) gives 6,400 "
    "errors instead of 80, and a loss that is not the one that was meant.",
    'Look at the line that is named. A symbol, such as "batch", means the same size wherever it '
    "stands in this graph.",
)
CODES: tuple[Code, ...] = (SHAPE,)

Size = int | str


@dataclass(frozen=True, slots=True)
class Shaped:
    """A tensor of the graph, and where it is."""

    name: str
    what: str
    tensor: TensorInfo
    node: int
    source: Source | None


@dataclass(slots=True)
class _Symbols:
    """The size of each symbol, and what it was first seen in."""

    sizes: dict[str, tuple[Size, str]] = field(default_factory=dict)

    def bind(self, symbol: str, size: Size, name: str) -> tuple[Size, str]:
        return self.sizes.setdefault(symbol, (size, name))


def read(value: Value) -> dict[str, tuple[Size, ...]]:
    """A table from names, which may be globs, to lists of sizes, symbols and `"*"`."""
    return {name: tuple(map(_size, each.items())) for name, each in value.table().items()}


def check(asked: dict[str, tuple[Size, ...]], case: Case) -> Iterator[Found]:
    symbols, witness = _Symbols(), Witness(case)
    tensors = list(_tensors(case))
    for pattern, shape in asked.items():
        glob = Patterns((pattern,))
        found = [each for each in tensors if glob.match(each.name)]
        if not found:
            yield _absent(pattern, shape, witness)
        for each in found:
            fault = _fault(each, shape, symbols)
            if fault is not None:
                yield _found(each, shape, fault, case)


def _size(value: Value) -> Size:
    if not isinstance(value.raw, str):
        return value.whole()
    text = value.text()
    if text != ANY and not SYMBOL.fullmatch(text):
        raise value.refused(f'is {shown(text)}; a size is a number, a name such as "batch", or "*"')
    return text


def _tensors(case: Case) -> Iterator[Shaped]:
    graph = case.graph
    names = {root.name for root in graph.roots}
    for root in graph.roots:
        source = graph.source_of(graph.nodes[root.node])
        yield Shaped(root.name, "root", root.tensor, root.node, source)
    uses = FirstUses(graph)
    for leaf in graph.leaves:
        if leaf.name:
            yield Shaped(leaf.name, "leaf", leaf.tensor, leaf.node, uses.source(leaf.node))
    for node in graph.operations:
        # A root's variable is the root.
        if node.variable and node.outputs and not _is_root(node, names):
            source = graph.source_of(node)
            yield Shaped(node.variable, "variable", node.outputs[0], node.index, source)


def _is_root(node: Node, names: set[str]) -> bool:
    return node.variable in names


def _fault(each: Shaped, shape: tuple[Size, ...], symbols: _Symbols) -> str | None:
    """What is wrong with a shape, as half a sentence; symbols get their sizes on the way."""
    actual = each.tensor.shape
    if actual is None:
        return "a nested tensor has no shape"
    if len(actual) != len(shape):
        return f"{len(actual)} axes and not {len(shape)}"
    for axis, (wanted, size) in enumerate(zip(shape, actual, strict=True)):
        fault = _fault_of_axis(wanted, size, each.name, symbols)
        if fault is not None:
            return f"axis {axis} is {fault}"
    return None


def _fault_of_axis(wanted: Size, size: Size, name: str, symbols: _Symbols) -> str | None:
    if wanted == ANY:
        return None
    if isinstance(wanted, int):
        return None if wanted == size else f"{size} and not {wanted}"
    bound, where = symbols.bind(wanted, size, name)
    return None if bound == size else f"{size}, and {wanted} is {bound} in {ticked(where)}"


def _found(each: Shaped, shape: tuple[Size, ...], fault: str, case: Case) -> Found:
    return Found(
        SHAPE,
        f"{ticked(each.name)} has the shape {shape_text(each.tensor.shape)}: {fault}",
        expected=shape_text(shape),
        actual=shape_text(each.tensor.shape),
        node=each.node,
        source=each.source,
        hint=_hint(each, shape),
        cause=(at_line(each.source) if each.what != "leaf" else None) or ("shape", each.name),
        about=About((each.name,) if each.what == "leaf" else ()),
    )


def _hint(each: Shaped, shape: tuple[Size, ...]) -> str:
    if each.what == "leaf" or each.tensor.shape is None:
        return ""
    if len(each.tensor.shape) > len(shape):
        return (
            "An axis too many: a tensor of shape (n,) beside one of (n, 1) is stretched to "
            "(n, n); bring both to one shape first."
        )
    return ""


def _absent(pattern: str, shape: tuple[Size, ...], witness: Witness) -> Found:
    seen = witness.of(pattern)
    is_seen = bool(seen.way)
    kind = "is like" if is_glob(pattern) else "is called"
    message = f"no root, leaf or variable of {ticked(witness.case.name)} {kind} {ticked(pattern)}"
    return Found(
        SHAPE,
        f"{message}: {seen.message}" if is_seen else message,
        expected=shape_text(shape),
        actual=seen.actual if is_seen else "no such name",
        node=seen.node,
        source=seen.source,
        hint=seen.hint,
        cause=seen.cause_of_others,
        way=seen.way,
        about=About((pattern,)),
    )
