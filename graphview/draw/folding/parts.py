"""What a tree consists of: items, which are drawn as boxes, and groups of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal, Protocol

from graphview.draw.drawing import Box
from graphview.model.graph import Graph, node_id, root_id

# The kind of a group that was merely cut off, for want of anything better.
STRETCH = "stretch"

ItemKind = Literal["operation", "leaf", "root", "extra"]
# (the user, the source) of an edge, as places among all items or counted from a group's first one.
Wire = tuple[int, int]


@dataclass(slots=True, eq=False)
class Item:
    """An operation or a root; or, beside one of these, a use of a leaf or some other box.

    `number` is the node's, and of a root its place in `Graph.roots`; `extra` is the box of what is
    neither. `position` is the place among all items, and `inputs` are the positions of those whose
    results go in. `above` is what stands above an item and leads to nothing else, `aside` what
    stands right of it.
    """

    kind: ItemKind
    number: int
    use: int = 0
    inputs: tuple[int, ...] = ()
    above: tuple[Item, ...] = ()
    aside: tuple[Item, ...] = ()
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

    @property
    def end(self) -> int:
        return self.position + 1

    def suffixed(self, name: str) -> str:
        """The name of a box of this use: a leaf that is used again is drawn again."""
        return f"{name}x{self.use}" if self.use else name


class Counts(Protocol):
    """Tells what is among the items from one position up to another."""

    def operations(self, start: int, end: int) -> int: ...
    def leaves(self, start: int, end: int) -> int: ...
    def elements(self, start: int, end: int) -> int: ...


@dataclass(slots=True, eq=False)
class Group:
    """Parts that are folded together: the items from `position` up to `end`.

    `path` is what people call it (`blocks.0.attention`, `cell#3`), `name` the last piece of that,
    `kind` its class, function or line. Of a run of equal units `units` are those, and `variants`
    says how many different ones there are. Of a call of a module `key` and `rough` are numbers
    that equal ones share, and `outside` are the wires that come in, counted from `position`.
    `inner` is how many groups are inside. What nobody looks into has not been folded yet: `fill`
    then makes the parts.
    """

    name: str
    kind: str
    path: str
    made: list[Part] | None = None
    units: list[list[Part]] = field(default_factory=list)
    variants: int = 1
    parent: Group | None = None
    number: int = 0
    depth: int = 0
    position: int = 0
    end: int = 0
    inner: int = 0
    key: int = -1
    rough: int = -1
    outside: tuple[Wire, ...] | None = None
    counts: Counts | None = None
    fill: Callable[[], None] | None = None

    @property
    def id(self) -> str:
        return f"g{self.number}"

    @property
    def parts(self) -> list[Part]:
        if self.made is None and self.fill is not None:
            self.fill()
        return self.made or []

    @parts.setter
    def parts(self, parts: list[Part]) -> None:
        self.made = parts

    @property
    def operations(self) -> int:
        return 0 if self.counts is None else self.counts.operations(self.position, self.end)

    @property
    def leaves(self) -> int:
        """How often leaves are used."""
        return 0 if self.counts is None else self.counts.leaves(self.position, self.end)

    @property
    def elements(self) -> int:
        """The numbers in leaves, those of each leaf once."""
        return 0 if self.counts is None else self.counts.elements(self.position, self.end)

    @property
    def is_trivial(self) -> bool:
        """Whether there is one operation at most, which is its own best name."""
        return not self.units and self.operations <= 1

    @property
    def copies(self) -> int:
        return len(self.units) or 1


Part = Item | Group


def folded(
    name: str,
    kind: str,
    path: str,
    parts: list[Part],
    counts: Counts | None = None,
    *,
    number: int = 0,
) -> Group:
    """A group of some of the parts of another one."""
    start, end = parts[0].position, parts[-1].end
    group = Group(name, kind, path, parts, number=number, counts=counts)
    group.position, group.end = start, end
    return group


@dataclass(frozen=True, slots=True)
class Tree:
    """A graph's items in the order of the forward pass, inside `top`, the group of all.

    `item` gives the one at a position, `mark` a number that positions of equal operations share.
    """

    graph: Graph
    top: Group
    item: Callable[[int], Item]
    mark: Callable[[int], int]

    @property
    def items(self) -> tuple[Item, ...]:
        return tuple(items_of(self.top.parts))

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


def wires_into(parts: list[Part]) -> Iterator[Wire]:
    """What comes into each of these parts from outside of it, by positions, in order."""
    for part in parts:
        start = part.position
        if isinstance(part, Item):
            yield from ((start, source) for source in part.inputs)
        elif part.outside is not None:
            yield from ((start + user, start + source) for user, source in part.outside)
        else:
            inner = wires_into(part.parts)
            yield from (wire for wire in inner if not start <= wire[1] < part.end)
