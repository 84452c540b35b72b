"""Which operation and leaf of one sketch is which of the other.

First by modules, from the outside in: what a module consists of is aligned in order, so that one
that is renamed, inserted or gone leaves the others where they are. Then by structure, wherever it
moved to. What is left goes along the edges from what is matched already.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass, field
from itertools import islice

from graphview.compare.align import align
from graphview.compare.sketch import Frame, Link, Op, Sketch

# How well two parts go together, for `align`: a name in words counts more than structure, which
# changes with what goes in, and structure more than a number, which a layer more in front moves.
SAME, WORD, STRUCTURE, NUMBER, KIND, WEAK = 6.0, 5.5, 5.0, 4.0, 2.0, 1.0
OPERATION, RESULT_DIFFERS = 2.0, 1.0
# How many operations a frame must have to be looked for under any name: one is like any other.
FREE = 2

# Places of operations, by the place of one whose result they take.
_Users = dict[Link, list[int]]


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
    if _is_before(new, old):
        return _Matcher(new, old).match().turned()
    return _Matcher(old, new).match()


def _is_before(one: Sketch, other: Sketch) -> bool:
    """Whether a sketch comes first in an order of all; of two equal ones neither does."""
    sizes = _sizes(one), _sizes(other)
    if sizes[0] != sizes[1]:
        return sizes[0] < sizes[1]
    for op, beside in zip(one.ops, other.ops, strict=True):
        if op.name != beside.name or op.results != beside.results:
            return (op.name, op.results) < (beside.name, beside.results)
    return _names(one) < _names(other)


def _sizes(sketch: Sketch) -> tuple[int, int]:
    return len(sketch.ops), len(sketch.leaves)


def _names(sketch: Sketch) -> tuple[list[tuple[str, str]], list[str]]:
    return sorted(sketch.leaves.items()), [frame.key for frame in sketch.frames()]


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
        numbers = self._numbers
        for op in sketch.ops:
            structure = op.family, op.results, tuple(map(type, op.links))
            op.hash = numbers.setdefault(structure, len(numbers))
        for frame in reversed(sketch.frames()):
            inner = tuple([part.hash for part in frame.parts])
            frame.hash = numbers.setdefault(inner, len(numbers))

    def _frames(self, old: Frame, new: Frame) -> None:
        """Match two frames, and all in them that goes together."""
        waiting = [(old, new)]
        while waiting:
            left, right = waiting.pop()
            self.found.frames[left] = right
            for one, other in self._aligned(left, right):
                if isinstance(one, Op) and isinstance(other, Op):
                    self._try(one.place, other.place)
                elif isinstance(one, Frame) and isinstance(other, Frame):
                    waiting.append((one, other))

    def _aligned(self, old: Frame, new: Frame) -> Iterable[tuple[Op | Frame, Op | Frame]]:
        left, right = old.parts, new.parts
        tokens = [_token(part) for part in left], [_token(part) for part in right]
        if tokens[0] == tokens[1]:
            return zip(left, right, strict=True)
        pairs = align(*tokens, lambda i, j: self._score(left[i], right[j]))
        return [(left[i], right[j]) for i, j in pairs]

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
        if len(self.found.ops) in (len(self.old.ops), len(self.new.ops)):
            return
        named = {each.key: each for each in self.new.frames() if self._is_free(each, self.taken, 1)}
        for frame in self.old.frames():
            there = named.get(frame.key)
            if there is None or there.kind != frame.kind:
                continue
            if self._is_free(frame, self.found.ops, 1) and self._is_free(there, self.taken, 1):
                self._frames(frame, there)
        homeless: dict[int, list[Frame]] = defaultdict(list)
        for frame in self.new.frames():
            if self._is_free(frame, self.taken):
                homeless[frame.hash].append(frame)
        for frame in self.old.frames():
            here = homeless[frame.hash]
            if here and self._is_free(frame, self.found.ops):
                there = here.pop(0)
                # It may have been matched with the frame around it.
                if self._is_free(there, self.taken):
                    self._frames(frame, there)

    def _is_free(self, frame: Frame, taken: Collection[int], least: int = FREE) -> bool:
        """Whether a frame begins with so many operations that are not matched."""
        places = [op.place for op in islice(frame.ops(), least)]
        return len(places) == least and not any(place in taken for place in places)

    def _along_edges(self) -> None:
        """Operations beside matched ones, in the same place and of the same family."""
        if len(self.found.ops) in (len(self.old.ops), len(self.new.ops)):
            return
        self._paired(
            (origin.link, self.new.roots[name].link)
            for name, origin in self.old.roots.items()
            if name in self.new.roots
        )
        waiting = self._beside_free()
        users = self._users_of_pairs(waiting)
        while waiting:
            left, right = waiting.pop()
            one, other = self.old.ops[left], self.new.ops[right]
            waiting += self._paired(zip(one.links, other.links, strict=False))
            waiting += self._paired(zip(users[0][left], users[1][right], strict=False))

    def _beside_free(self) -> list[tuple[int, int]]:
        """The pairs whose old operation has a free one beside it; at others there is no more."""
        free = _others(self.old, self.found.ops)
        beside: set[Link] = {link for place in free for link in self.old.ops[place].links}
        beside.update(op.place for op in self.old.ops if not free.isdisjoint(op.links))
        return [pair for pair in self.found.ops.items() if pair[0] in beside]

    def _users_of_pairs(self, pairs: Iterable[tuple[int, int]]) -> tuple[_Users, _Users]:
        """What takes the results of these pairs, and of all that may be paired yet."""
        left, right = _others(self.old, self.found.ops), _others(self.new, self.taken)
        for old, new in pairs:
            left.add(old)
            right.add(new)
        return _users(self.old, left), _users(self.new, right)

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
        stayed = {old.module for old, new in self.found.frames.items() if old.module == new.module}
        renamed = {
            old.module: new.module
            for old, new in self.found.frames.items()
            if old.module != new.module and stayed.isdisjoint((old.module, new.module))
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
    tail = _tail(old)
    named = tail == _tail(new)
    if old.hash == new.hash:
        return SAME if named else STRUCTURE
    if old.kind == new.kind:
        if not named:
            return KIND
        return NUMBER if tail.strip(".").partition("#")[0].isdigit() else WORD
    return WEAK if named else 0.0


def _tail(frame: Frame) -> str:
    """The name inside the frame around."""
    parent = frame.parent
    if parent is None or not parent.key:
        return frame.key
    return frame.key.removeprefix(parent.key)


def _others(sketch: Sketch, places: Collection[int]) -> set[int]:
    """The places of all operations but these."""
    return {op.place for op in sketch.ops if op.place not in places}


def _users(sketch: Sketch, places: Collection[int]) -> _Users:
    """What takes the results of the operations in these places, in order."""
    users: _Users = {place: [] for place in places}
    for op in sketch.ops:
        for link in op.links:
            if link in users:
                users[link].append(op.place)
    return users
