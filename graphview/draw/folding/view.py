"""Which groups of a tree are open: by a budget of boxes, to a depth, or where somebody asks."""

from __future__ import annotations

import difflib
import heapq
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from graphview.draw.drawing import legible
from graphview.draw.folding.parts import STRETCH, Group, Item, Part, Tree
from graphview.errors import SelectionError

# What the eye takes in at once.
MOST_BOXES = 40
# With fewer boxes than this part of the most, a first view would show hardly anything.
HARDLY = 4
AUTO, NONE = "auto", "none"
FIRST_CALL = re.compile(r"#0\b")
MOST_NAMED, LONGEST_NAME = 5, 80

Alike = list[Group]


@dataclass(slots=True)
class View:
    """What is shown of a tree. With `spread` all units of a run are shown, else its first one.

    With `cut` also groups are shown that merely cut a long stretch of parts into shorter ones.
    """

    tree: Tree
    spread: bool = False
    cut: bool = False
    opened: set[Group] = field(default_factory=set)

    def children(self, group: Group) -> list[Part]:
        """What is seen of an open group; of a run of groups it is the inside of the first."""
        parts = group.parts
        while group.units and not self.spread:
            parts = group.units[0]
            if len(parts) > 1 or not isinstance(parts[0], Group):
                break
            group = parts[0]
            parts = group.parts
        return self._seen(parts)

    def _seen(self, parts: list[Part]) -> list[Part]:
        found, stack = [], list(reversed(parts))
        while stack:
            part = stack.pop()
            if isinstance(part, Group) and self._is_clear(part):
                stack += reversed(part.parts)
            else:
                found.append(part)
        return found

    def _is_clear(self, group: Group) -> bool:
        """Whether what is in a group is seen in place of it."""
        if group.is_trivial or (self.spread and group.units):
            return True
        if group.kind == STRETCH and not self.cut:
            return True
        # A frame around nothing but a frame tells nothing.
        return len(group.parts) == 1 and isinstance(group.parts[0], Group)

    def open(self, group: Group) -> None:
        self.opened.add(group)


def view_of(
    tree: Tree, fold: str | int = AUTO, expand: Iterable[str] = (), most: int = MOST_BOXES
) -> View:
    """Open groups: `auto` as many as can be taken in, a number to that depth, `none` folds nothing.

    Taken in are `most` boxes. `expand` are paths (globs) of groups to open besides; a group of a
    run is opened in the first of its units, which stands for all. Errors: SelectionError.
    """
    view = View(tree, spread=fold == NONE, cut=fold == AUTO)
    view.open(tree.top)
    if fold == AUTO:
        _open_for_budget(view, most)
    else:
        _open_to_depth(view, None if fold == NONE else _depth(fold))
    asked = [group for path in expand for group in groups_named(tree, path)]
    likes = _likes(tree) if asked else {}
    for group in asked:
        while group in likes:
            group = likes[group]
        _open_with_parents(view, group)
    return view


def _depth(fold: str | int) -> int:
    try:
        return int(fold)
    except ValueError:
        told = f"{AUTO}, {NONE} or a number of levels"
        raise SelectionError(f"there is no fold {fold!r}; give {told}.") from None


def _likes(tree: Tree) -> dict[Group, Group]:
    """For groups in all units of a run but the first: what is in their place there."""
    found: dict[Group, Group] = {}
    for run in tree.groups():
        pairs = [pair for unit in run.units[1:] for pair in zip(unit, run.units[0], strict=False)]
        while pairs:
            part, like = pairs.pop()
            if isinstance(part, Group) and isinstance(like, Group):
                found[part] = like
                pairs += zip(part.parts, like.parts, strict=False)
    return found


def groups_named(tree: Tree, path: str) -> list[Group]:
    """The groups that a path means. Errors: SelectionError with the paths that come near."""
    # The first call has no number. Brackets stand in names: params['w'], ws[0].
    pattern = FIRST_CALL.sub("", path).replace("[", "[[]")
    found = [group for group in tree.groups() if fnmatchcase(group.path, pattern)]
    if found:
        return found
    told = f"there is no group '{legible(path, LONGEST_NAME)}' to expand"
    known = list(dict.fromkeys(group.path for group in tree.groups() if group.path))
    if not known:
        raise SelectionError(f"{told}: this graph has no groups.")
    raise SelectionError(f"{told}; near it are {', '.join(_near(path, known))}.")


def _near(path: str, known: list[str]) -> list[str]:
    # difflib takes time with the square of the length.
    short = [name for name in known if len(name) <= LONGEST_NAME]
    near = difflib.get_close_matches(path[:LONGEST_NAME], short, MOST_NAMED, 0.5)
    return [legible(name, LONGEST_NAME) for name in near or known[:MOST_NAMED]]


def _open_for_budget(view: View, most: int) -> None:
    """Open the outer and the large first, while all boxes together are few enough.

    Equal groups are opened together or not at all, unless that would show hardly anything.
    """
    if _open_sets(view, most, _alike) < most // HARDLY:
        _open_sets(view, most, _each)


def _open_sets(view: View, most: int, sets_of: Callable[[list[Part]], Iterable[Alike]]) -> int:
    """Open whole sets of groups; the number of boxes that are seen then."""
    view.opened = {view.tree.top}
    boxes = view.children(view.tree.top)
    count = _count(boxes)
    waiting = [(_rank(alike[0]), alike) for alike in sets_of(boxes)]
    heapq.heapify(waiting)
    while waiting:
        _, alike = heapq.heappop(waiting)
        inside = [part for group in alike for part in view.children(group)]
        more = _count(inside) - len(alike)
        if count + more > most:
            continue
        view.opened.update(alike)
        count += more
        for each in sets_of(inside):
            heapq.heappush(waiting, (_rank(each[0]), each))
    return count


def _alike(parts: list[Part]) -> Iterable[Alike]:
    """The groups among parts, equal ones together."""
    found: dict[object, Alike] = {}
    for (group,) in _each(parts):
        # Only calls of modules have a number that equal ones share.
        look = (group.kind, group.name, group.operations) if group.rough < 0 else group.rough
        found.setdefault(look, []).append(group)
    return found.values()


def _each(parts: list[Part]) -> Iterator[Alike]:
    return ([part] for part in parts if isinstance(part, Group))


def _count(parts: list[Part]) -> int:
    beside = (len(part.above) + len(part.aside) for part in parts if isinstance(part, Item))
    return len(parts) + sum(beside)


def _rank(group: Group) -> tuple[int, int, int]:
    return group.depth, -group.operations, group.number


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
    while around is not None and around not in view.opened:
        view.open(around)
        around = around.parent
