"""What a tree consists of: items, which are drawn as boxes, and groups of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from graphview.draw.drawing import Box
from graphview.model.graph import Graph, node_id, root_id

# The kind of a group that was merely cut off, for want of anything better.
STRETCH = "stretch"

ItemKind = Literal["operation", "leaf", "root", "extra"]


@dataclass(slots=True, eq=False)
class Item:
    """An operation or a root; or, beside one of these, a use of a leaf or some other box.

    `number` is the node's, and of a root its place in `Graph.roots`; `extra` is the box of what is
    neither. `inputs` are the items whose results go in, `above` what stands above an item and leads
    to nothing else, `aside` what stands right of it. `position` is the place among all items.
    """

    kind: ItemKind
    number: int
    use: int = 0
    inputs: list[Item] = field(default_factory=list)
    above: list[Item] = field(default_factory=list)
    aside: list[Item] = field(default_factory=list)
    position: int = 0
    parent: Group | None = None
    extra: Box | None = None

    @property
    def id(self) -> str:
        if self.kind == "root":
            return root_id(self.number)
        if self.extra is not None:
            return self.extra.id
        return self.suffixed(f"leaf{self.number}" if self.kind == "leaf" else node_id(self.number))

    def suffixed(self, name: str) -> str:
        """The name of a box of this use: a leaf that is used again is drawn again."""
        return f"{name}x{self.use}" if self.use else name


@dataclass(slots=True, eq=False)
class Group:
    """Parts that are folded together.

    `path` is what people call it (`blocks.0.attention`, `cell#3`), `name` the last piece of that,
    `kind` its class, function or line. Of a run of equal units `units` are those, and `variants`
    says how many different ones there are. `leaves` counts uses of leaves, `elements` the numbers
    in them, those of each leaf once. `position` is that of the first item.
    """

    name: str
    kind: str
    path: str
    parts: list[Part] = field(default_factory=list)
    units: list[list[Part]] = field(default_factory=list)
    variants: int = 1
    parent: Group | None = None
    number: int = 0
    depth: int = 0
    operations: int = 0
    leaves: int = 0
    elements: int = 0
    position: int = 0
    key: int = 0
    rough: int = 0

    @property
    def id(self) -> str:
        return f"g{self.number}"

    @property
    def is_trivial(self) -> bool:
        """Whether there is one operation at most, which is its own best name."""
        return not self.units and self.operations <= 1

    @property
    def copies(self) -> int:
        return len(self.units) or 1


Part = Item | Group


@dataclass(frozen=True, slots=True)
class Tree:
    """A graph's items in the order of the forward pass, inside `top`, the group of all."""

    graph: Graph
    top: Group
    items: tuple[Item, ...]

    def groups(self) -> Iterator[Group]:
        """All groups but the outermost, each before what is in it."""
        stack = list(reversed(self.top.parts))
        while stack:
            part = stack.pop()
            if isinstance(part, Group):
                yield part
                stack += reversed(part.parts)


def items_of(parts: list[Part]) -> Iterator[Item]:
    """All items in these parts, in order."""
    stack = list(reversed(parts))
    while stack:
        part = stack.pop()
        if isinstance(part, Item):
            yield part
        else:
            stack += reversed(part.parts)
