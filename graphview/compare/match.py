"""Which operation and leaf of one sketch is which of the other.

First by modules, from the outside in: what a module consists of is aligned in order, so that one
that is renamed, inserted or gone leaves the others where they are. Then by structure, wherever it
moved to. What is left goes along the edges from what is matched already.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from graphview.compare.align import align
from graphview.compare.sketch import Frame, Link, Op, Sketch

# How well two parts go together, for `align`: structure counts more than a name.
SAME, STRUCTURE, NAME, KIND, WEAK = 6.0, 5.0, 4.0, 2.0, 1.0
OPERATION, RESULT_DIFFERS = 2.0, 1.0


@dataclass(slots=True)
class Match:
    """What belongs together: places of operations, frames, and names of leaves, old -> new."""

    ops: dict[int, int] = field(default_factory=dict)
    frames: dict[Frame, Frame] = field(default_factory=dict)
    leaves: dict[str, str] = field(default_factory=dict)

    def turned(self) -> Match:
        """The same from the other side."""
        return Match(
            {new: old for old, new in self.ops.items()},
            {new: old for old, new in self.frames.items()},
            {new: old for old, new in self.leaves.items()},
        )


def match(old: Sketch, new: Sketch) -> Match:
    """Match two sketches; which of them is the old one makes no difference."""
    if _rank(new) < _rank(old):
        return _Matcher(new, old).match().turned()
    return _Matcher(old, new).match()


def _rank(sketch: Sketch) -> tuple[object, ...]:
    sizes = len(sketch.ops), len(sketch.leaves)
    ops = [(op.name, op.results) for op in sketch.ops]
    return sizes, ops, sorted(sketch.leaves.items()), [frame.key for frame in sketch.frames()]


class _Matcher:
    def __init__(self, old: Sketch, new: Sketch) -> None:
        self.old, self.new, self.found = old, new, Match()
        # Of the new sketch, what belongs to something.
        self.taken: set[int] = set()
        self.given: set[str] = set()
        self._numbers: dict[Hashable, int] = {}
        for each in (old, new):
            self._hash(each)

    def match(self) -> Match:
        self._frames(self.old.top, self.new.top)
        self._moved_frames()
        self._along_edges()
        self._leaves()
        return self.found

    def _hash(self, sketch: Sketch) -> None:
        """Give what is of equal structure equal numbers, from inside out."""
        for op in sketch.ops:
            op.hash = self._number((op.family, op.results, tuple(map(type, op.links))))
        for frame in reversed(list(sketch.frames())):
            frame.hash = self._number(tuple([part.hash for part in frame.parts]))

    def _number(self, value: Hashable) -> int:
        return self._numbers.setdefault(value, len(self._numbers))

    def _frames(self, old: Frame, new: Frame) -> None:
        """Match two frames, and all in them that goes together."""
        waiting = [(old, new)]
        while waiting:
            left, right = waiting.pop()
            self.found.frames[left] = right
            for one, other in self._aligned(left, right):
                if isinstance(one, Frame) and isinstance(other, Frame):
                    waiting.append((one, other))
                elif isinstance(one, Op) and isinstance(other, Op):
                    self._try(one.place, other.place)

    def _aligned(self, old: Frame, new: Frame) -> Iterator[tuple[Op | Frame, Op | Frame]]:
        left, right = old.parts, new.parts
        tokens = [_token(part) for part in left], [_token(part) for part in right]
        for i, j in align(*tokens, lambda i, j: self._score(left[i], right[j])):
            yield left[i], right[j]

    def _score(self, old: Op | Frame, new: Op | Frame) -> float:
        if isinstance(old, Op) and isinstance(new, Op):
            if old.family != new.family:
                return 0.0
            return OPERATION if old.results == new.results else RESULT_DIFFERS
        if isinstance(old, Frame) and isinstance(new, Frame):
            return _score_of_frames(old, new)
        return 0.0

    def _moved_frames(self) -> None:
        """Frames that stand elsewhere now, and consist of the same."""
        homeless: dict[int, list[Frame]] = defaultdict(list)
        for frame in self.new.frames():
            if self._is_free(frame, self.taken):
                homeless[frame.hash].append(frame)
        for frame in self.old.frames():
            here = homeless[frame.hash]
            if here and self._is_free(frame, self.found.ops):
                named = next((i for i, each in enumerate(here) if each.key == frame.key), 0)
                self._frames(frame, here.pop(named))

    def _is_free(self, frame: Frame, taken: Collection[int]) -> bool:
        """Whether nothing in a frame is matched; one operation alone is like any other."""
        places = [op.place for op in islice(frame.ops(), 2)]
        return len(places) > 1 and not any(place in taken for place in places)

    def _along_edges(self) -> None:
        """Operations beside matched ones, in the same place and of the same family."""
        if len(self.found.ops) in (len(self.old.ops), len(self.new.ops)):
            return
        users = _users(self.old), _users(self.new)
        self._paired(
            (origin.link, self.new.roots[name].link)
            for name, origin in self.old.roots.items()
            if name in self.new.roots
        )
        waiting = list(self.found.ops.items())
        while waiting:
            left, right = waiting.pop()
            one, other = self.old.ops[left], self.new.ops[right]
            waiting += self._paired(zip(one.links, other.links, strict=False))
            waiting += self._paired(zip(users[0][left], users[1][right], strict=False))

    def _paired(self, links: Iterable[tuple[Link, Link]]) -> list[tuple[int, int]]:
        """Pair what can be; returns these pairs."""
        return [
            (old, new)
            for old, new in links
            if isinstance(old, int) and isinstance(new, int) and self._try(old, new)
        ]

    def _try(self, old: int, new: int) -> bool:
        """Pair two operations that are free and of one family."""
        if old in self.found.ops or new in self.taken:
            return False
        if self.old.ops[old].family != self.new.ops[new].family:
            return False
        self.found.ops[old] = new
        self.taken.add(new)
        return True

    def _leaves(self) -> None:
        """Leaves in modules that go together, then of one name, then in one place of the graph."""
        self._leaves_of_renamed()
        for name in self.old.leaves:
            self._pair_leaves(name, name)
        if len(self.found.leaves) in (len(self.old.leaves), len(self.new.leaves)):
            return
        for left, right in sorted(self.found.ops.items()):
            links = zip(self.old.ops[left].links, self.new.ops[right].links, strict=False)
            for one, other in links:
                if isinstance(one, str) and isinstance(other, str):
                    self._pair_leaves(one, other)

    def _leaves_of_renamed(self) -> None:
        """Without this a layer more in the middle would make each one look like its neighbour."""
        renamed = {
            old.module: new.module
            for old, new in self.found.frames.items()
            if old.module != new.module
        }
        for name in self.old.leaves if renamed else ():
            module, dot, own = name.rpartition(".")
            if module in renamed:
                self._pair_leaves(name, f"{renamed[module]}{dot}{own}")

    def _pair_leaves(self, old: str, new: str) -> None:
        known = old in self.old.leaves and new in self.new.leaves
        if known and old not in self.found.leaves and new not in self.given:
            self.found.leaves[old] = new
            self.given.add(new)


def _token(part: Op | Frame) -> Hashable:
    return (_tail(part), part.hash) if isinstance(part, Frame) else part.hash


def _score_of_frames(old: Frame, new: Frame) -> float:
    named = _tail(old) == _tail(new)
    if old.hash == new.hash:
        return SAME if named else STRUCTURE
    if old.kind == new.kind:
        return NAME if named else KIND
    return WEAK if named else 0.0


def _tail(frame: Frame) -> str:
    """The name inside the frame around."""
    parent = frame.parent
    if parent is None or not parent.key:
        return frame.key
    return frame.key.removeprefix(parent.key)


def _users(sketch: Sketch) -> list[list[int]]:
    users: list[list[int]] = [[] for _ in sketch.ops]
    for op in sketch.ops:
        for link in op.links:
            if isinstance(link, int):
                users[link].append(op.place)
    return users
