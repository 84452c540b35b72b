"""Which groups of a tree are open: by a budget of boxes, to a depth, or where somebody asks."""

from __future__ import annotations

import difflib
import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from graphview.draw.folding.parts import Group, Item, Part, Tree
from graphview.errors import SelectionError

# What the eye takes in at once.
MOST_BOXES = 40
AUTO, NONE = "auto", "none"
MOST_NAMED = 5


@dataclass(slots=True)
class View:
    """What is shown of a tree. With `spread` all units of a run are shown, else its first one."""

    tree: Tree
    spread: bool = False
    opened: set[Group] = field(default_factory=set)

    def children(self, group: Group) -> list[Part]:
        """What is seen of an open group; of a run of groups it is the inside of the first."""
        if not group.units or self.spread:
            return list(self._seen(group.parts))
        first = group.units[0]
        if len(first) == 1 and isinstance(first[0], Group):
            return self.children(first[0])
        return list(self._seen(first))

    def _seen(self, parts: Iterable[Part]) -> Iterator[Part]:
        for part in parts:
            if isinstance(part, Item):
                yield part
            elif part.is_trivial or (self.spread and part.units):
                yield from self._seen(part.parts)
            elif len(part.parts) == 1 and isinstance(part.parts[0], Group):
                # A frame around nothing but a frame tells nothing.
                yield from self._seen(part.parts)
            else:
                yield part

    def open(self, group: Group) -> None:
        self.opened.add(group)


def view_of(tree: Tree, fold: str | int = AUTO, expand: Iterable[str] = ()) -> View:
    """Open groups: `auto` as many as can be taken in, a number to that depth, `none` folds nothing.

    `expand` are paths (globs) of groups to open besides. Errors: SelectionError.
    """
    view = View(tree, spread=fold == NONE)
    view.open(tree.top)
    if fold == AUTO:
        _open_for_budget(view)
    else:
        _open_to_depth(view, None if fold == NONE else int(fold))
    for path in expand:
        for group in groups_named(tree, path):
            _open_with_parents(view, group)
    return view


def groups_named(tree: Tree, path: str) -> list[Group]:
    """The groups that a path means. Errors: SelectionError with the paths that come near."""
    found = [group for group in tree.groups() if fnmatchcase(group.path, path)]
    if found:
        return found
    known = list(dict.fromkeys(group.path for group in tree.groups() if group.path))
    near = difflib.get_close_matches(path, known, MOST_NAMED, 0.5) or known[:MOST_NAMED]
    if not near:
        raise SelectionError(f"there is no group {path!r} to expand: this graph has no groups.")
    raise SelectionError(f"there is no group {path!r} to expand; near it are {', '.join(near)}.")


def _open_for_budget(view: View) -> None:
    """Open the outer and the large first, while all boxes together are few enough."""
    boxes = view.children(view.tree.top)
    count = _count(boxes)
    waiting = [_rank(box) for box in boxes if isinstance(box, Group)]
    heapq.heapify(waiting)
    while waiting:
        *_, group = heapq.heappop(waiting)
        inside = view.children(group)
        more = _count(inside) - 1
        if count + more > MOST_BOXES:
            continue
        view.open(group)
        count += more
        for part in inside:
            if isinstance(part, Group):
                heapq.heappush(waiting, _rank(part))


def _count(parts: list[Part]) -> int:
    beside = (len(part.above) + len(part.aside) for part in parts if isinstance(part, Item))
    return len(parts) + sum(beside)


def _rank(group: Group) -> tuple[int, int, int, Group]:
    return group.depth, -group.operations, group.number, group


def _open_to_depth(view: View, most: int | None) -> None:
    stack = [(view.tree.top, 0)]
    while stack:
        group, depth = stack.pop()
        view.open(group)
        if most is None or depth < most:
            inner = (part for part in view.children(group) if isinstance(part, Group))
            stack += [(part, depth + 1) for part in inner]


def _open_with_parents(view: View, group: Group) -> None:
    around: Group | None = group
    while around is not None:
        view.open(around)
        around = around.parent
