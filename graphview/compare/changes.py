"""A match -> what changed: everything that touches goes together, for it has one cause."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise, zip_longest

from graphview.compare.align import align
from graphview.compare.joined import Joined
from graphview.compare.match import Match
from graphview.compare.sketch import Link, Op, Origin, Sketch

# Whose two operands may change places.
COMMUTATIVE = frozenset({"add", "mul"})
# What stands for a vertex that changed: its side, and its place or name.
Vertex = tuple[str, int | str]
OLD, NEW, ROOT = "old", "new", "root"
MOST_IN_ONE_EDIT = 40


@dataclass(frozen=True, slots=True)
class Rewired:
    """A matched operation, or the root `root`, that takes something else than it took.

    `old` and `new` are what it took and takes: an operation, a leaf's name or None; `results` are
    which result of these, of several. `is_dropped` where it takes fewer things than it took.
    """

    op: Op | None
    argument: str
    old: Op | str | None
    new: Op | str | None
    root: str = ""
    results: tuple[int, int] = (0, 0)
    is_dropped: bool = False


@dataclass(frozen=True, slots=True)
class Altered:
    """A leaf, a result or a root whose shape, dtype or name is another."""

    old: str
    new: str
    was: str
    now: str
    op: Op | None = None


@dataclass(slots=True)
class Change:
    """All that changed in one place, each list in the order of the forward pass."""

    gone: list[Op] = field(default_factory=list)
    came: list[Op] = field(default_factory=list)
    rewired: list[Rewired] = field(default_factory=list)
    results: list[Altered] = field(default_factory=list)
    leaves_gone: list[str] = field(default_factory=list)
    leaves_came: list[str] = field(default_factory=list)
    leaves: list[Altered] = field(default_factory=list)
    roots_gone: list[str] = field(default_factory=list)
    roots_came: list[str] = field(default_factory=list)
    roots: list[Altered] = field(default_factory=list)

    @property
    def cuts(self) -> list[Rewired]:
        """Where a gradient went on, and goes no more."""
        return [each for each in self.rewired if each.new is None and not each.is_dropped]


def changes_of(old: Sketch, new: Sketch, match: Match) -> list[Change]:
    """What changed, in the order of the forward pass; nothing for sketches of one graph."""
    return list(_Collector(old, new, match).changes())


class _Collector:
    def __init__(self, old: Sketch, new: Sketch, match: Match) -> None:
        self.old, self.new, self.match = old, new, match
        self.back = match.turned()
        self.joined = Joined[Vertex]()
        # Vertices that are not what they were; at others only what goes in is another.
        self.altered: set[Vertex] = set()
        self.resized: set[Vertex] = set()
        # What was rewired, and what it took and takes.
        self.rewired: dict[Vertex, list[Vertex]] = defaultdict(list)
        # What is to be told of a vertex, in the order in which it is told.
        self.facts: list[tuple[Vertex, str, object]] = []

    def changes(self) -> Iterator[Change]:
        self._operations()
        self._leaves()
        self._roots()
        self._join_neighbours()
        found: dict[Vertex, Change] = defaultdict(Change)
        for vertex, where, fact in self.facts:
            getattr(found[self.joined.of(vertex)], where).append(fact)
        yield from found.values()

    def _tell(self, vertex: Vertex, where: str, fact: object) -> None:
        self.joined.add(vertex)
        self.facts.append((vertex, where, fact))
        if where != "rewired" and not (isinstance(fact, Altered) and fact.was == fact.now):
            self.altered.add(vertex)
        if where == "results":
            self.resized.add(vertex)

    def _operations(self) -> None:
        for op in self.old.ops:
            if op.place not in self.match.ops:
                self._tell((OLD, op.place), "gone", op)
        for op in self.new.ops:
            before = self.back.ops.get(op.place)
            if before is None:
                self._tell((NEW, op.place), "came", op)
                continue
            was = self.old.ops[before]
            if was.results != op.results:
                told = Altered(str(was), str(op), was.results, op.results, op)
                self._tell((NEW, op.place), "results", told)
            if not self._stayed(was, op):
                self._rewired(was, op)

    def _stayed(self, was: Op, op: Op) -> bool:
        """Whether nothing was rewired; asked of each operation, and seldom otherwise."""
        ops, leaves = self.match.ops, self.match.leaves
        if was.taken != op.taken:
            return self._is_swapped(was, op)
        for before, after in zip(was.links, op.links, strict=True):
            if before is None:
                now: Link = None
            else:
                now = ops.get(before) if isinstance(before, int) else leaves.get(before)
                if now is None:
                    return False
            if now != after:
                return self._is_swapped(was, op)
        return True

    def _is_swapped(self, was: Op, op: Op) -> bool:
        """Whether `a + b` became `b + a`."""
        if op.family not in COMMUTATIVE or len(was.links) != 2 or len(op.links) != 2:
            return False
        turned = zip(was.links, reversed(op.links), strict=True)
        same = all(self._is_same(before, after) for before, after in turned)
        return same and was.taken == op.taken[::-1]

    def _rewired(self, was: Op, op: Op) -> None:
        vertex: Vertex = (NEW, op.place)
        for argument, before, after, taken in self._links(was, op):
            ends = _end(self.old, before), _end(self.new, after)
            dropped = after is None and len(op.links) < len(was.links)
            self._tell(vertex, "rewired", Rewired(op, argument, *ends, "", taken, dropped))
            self._join_ends(vertex, before, after)
            if len(was.links) == len(op.links):
                moved = self._now(before), after
                self.rewired[vertex] += [(NEW, end) for end in moved if end is not None]
        if len(was.links) != len(op.links):
            self.rewired[vertex] += [(NEW, end) for end in self._exchanged(was, op)]

    def _exchanged(self, was: Op, op: Op) -> list[int | str]:
        """What stayed and goes in more or less often; however the links are aligned."""
        before = Counter(end for link in was.links if (end := self._now(link)) is not None)
        after = Counter(link for link in op.links if link is not None)
        return [*(before - after), *(after - before)]

    def _links(self, was: Op, op: Op) -> Iterator[tuple[str, Link, Link, tuple[int, int]]]:
        """(argument, old, new, results) of each link that leads elsewhere."""
        if len(was.links) != len(op.links):
            yield from self._links_by_order(was, op)
            return
        ends = zip(op.arguments, was.links, op.links, was.taken, op.taken, strict=True)
        for argument, before, after, old, new in ends:
            if not self._is_same(before, after) or old != new:
                yield argument, before, after, (old, new)

    def _links_by_order(self, was: Op, op: Op) -> Iterator[tuple[str, Link, Link, tuple[int, int]]]:
        """Of more or fewer links than there were: what is left when those that stayed are taken."""
        lost = object()
        now = [lost if self._is_lost(link) else self._now(link) for link in was.links]
        kept = align(now, op.links, lambda i, j: float(now[i] == op.links[j]))
        left = [i for i in range(len(now)) if i not in {i for i, _ in kept}]
        right = [j for j in range(len(op.links)) if j not in {j for _, j in kept}]
        for i, j in zip_longest(left, right):
            argument = was.arguments[i] if j is None else op.arguments[j]
            ends = None if i is None else was.links[i], None if j is None else op.links[j]
            yield argument, *ends, (0, 0)

    def _now(self, link: Link) -> Link:
        """Where an old link would lead now; None if what it led to is gone."""
        if isinstance(link, int):
            return self.match.ops.get(link)
        return None if link is None else self.match.leaves.get(link)

    def _is_lost(self, link: Link) -> bool:
        return link is not None and self._now(link) is None

    def _is_same(self, old: Link, new: Link) -> bool:
        return not self._is_lost(old) and self._now(old) == new

    def _join_ends(self, vertex: Vertex, before: Link, after: Link) -> None:
        """What a link led to and leads to changed together with it, unless that stayed."""
        if before is not None and self._now(before) is None:
            self.joined.join(vertex, (OLD, before))
        if after is not None and self._before(after) is None:
            self.joined.join(vertex, (NEW, after))

    def _before(self, link: Link) -> Link:
        if isinstance(link, int):
            return self.back.ops.get(link)
        return None if link is None else self.back.leaves.get(link)

    def _leaves(self) -> None:
        for name, was in self.old.leaves.items():
            now = self.match.leaves.get(name)
            if now is None:
                self._tell((OLD, name), "leaves_gone", name)
            elif now != name or self.new.leaves[now] != was:
                told = Altered(name, now, was, self.new.leaves[now])
                self._tell((NEW, now), "leaves", told)
                if now != name:
                    # All leaves of a module that is called otherwise.
                    self.joined.join((NEW, now), ("renamed", " ".join(changed_part(name, now))))
        for name in self.new.leaves:
            if name not in self.back.leaves:
                self._tell((NEW, name), "leaves_came", name)

    def _roots(self) -> None:
        renamed = self._renamed_roots()
        for name, new in renamed.items():
            told = Altered(name, new, self.old.roots[name].tensor, self.new.roots[new].tensor)
            self._tell((ROOT, new), "roots", told)
        known = {*renamed, *renamed.values()}
        gone, came = (
            sorted({*one} - {*other} - known)
            for one, other in ((self.old.roots, self.new.roots), (self.new.roots, self.old.roots))
        )
        if len(gone) == len(came) == 1:
            self._join_roots(gone[0], came[0])
        for name in dict.fromkeys((*self.old.roots, *self.new.roots)):
            was, now = self.old.roots.get(name), self.new.roots.get(name)
            if name in known:
                continue
            if was is None:
                self._tell((ROOT, name), "roots_came", name)
            elif now is None:
                self._tell((ROOT, name), "roots_gone", name)
            else:
                self._root(name, was, now)

    def _join_roots(self, gone: str, came: str) -> None:
        """One root in the place of another, with what was put between."""
        self.joined.join((ROOT, gone), (ROOT, came))
        before, after = self.old.roots[gone].link, self.new.roots[came].link
        if before is not None and self._now(before) is None:
            self.joined.join((ROOT, gone), (OLD, before))
        if after is not None and self._before(after) is None:
            self.joined.join((ROOT, came), (NEW, after))

    def _renamed_roots(self) -> dict[str, str]:
        """Roots of one name on one side only that are the same result, old -> new."""
        came = {
            (self._before(origin.link), origin.taken): name
            for name, origin in self.new.roots.items()
            if name not in self.old.roots and self._before(origin.link) is not None
        }
        gone = {name: each for name, each in self.old.roots.items() if name not in self.new.roots}
        same = {name: came.get((each.link, each.taken)) for name, each in gone.items()}
        return {name: new for name, new in same.items() if new is not None}

    def _root(self, name: str, was: Origin, now: Origin) -> None:
        vertex: Vertex = (ROOT, name)
        if was.tensor != now.tensor:
            self._tell(vertex, "roots", Altered(name, name, was.tensor, now.tensor))
            if now.link is not None and (NEW, now.link) in self.altered:
                self.joined.join(vertex, (NEW, now.link))
        if not self._is_same(was.link, now.link) or was.taken != now.taken:
            ends = _end(self.old, was.link), _end(self.new, now.link)
            told = Rewired(None, "", *ends, root=name, results=(was.taken, now.taken))
            self._tell(vertex, "rewired", told)
            self._join_ends(vertex, was.link, now.link)

    def _join_neighbours(self) -> None:
        """What changed on both ends of an edge has one cause."""
        if not self.joined.known:
            return
        for side, op in self._told_ops():
            user = self._vertex(side, op.place)
            for link in op.links:
                if link is not None and self._is_one(user, self._vertex(side, link)):
                    self.joined.join(user, self._vertex(side, link))
        self._join_moved()
        altered = {link for side, link in self.altered if side == NEW}
        for op in self.new.ops:
            if not altered.isdisjoint(op.links):
                self._join_absorbed(op)
        for sketch, matched in ((self.old, self.match.ops), (self.new, self.back.ops)):
            self._join_frames(sketch, OLD if sketch is self.old else NEW, matched)

    def _told_ops(self) -> list[tuple[str, Op]]:
        """The operations of which there is something to tell, as they were and as they are."""
        gone = {at for side, at in self.joined.known if side == OLD and isinstance(at, int)}
        now = {at for side, at in self.joined.known if side == NEW and isinstance(at, int)}
        before = gone | {self.back.ops[place] for place in now if place in self.back.ops}
        return [
            *((OLD, self.old.ops[place]) for place in sorted(before)),
            *((NEW, self.new.ops[place]) for place in sorted(now)),
        ]

    def _vertex(self, side: str, link: int | str) -> Vertex:
        """What is matched is one vertex, from whichever side one comes."""
        now = self._now(link) if side == OLD else None
        return (side, link) if now is None else (NEW, now)

    def _is_one(self, user: Vertex, source: Vertex) -> bool:
        """Whether what changed at both ends of an edge has one cause."""
        # Another result may come of what goes in further up; what is new or gone stands for itself.
        return source in (self.joined.known if user in self.resized else self.altered)

    def _join_moved(self) -> None:
        """What takes something else is one edit with what it took or takes, if that does too."""
        for vertex, ends in self.rewired.items():
            for end in ends:
                if end in self.rewired:
                    self.joined.join(vertex, end)

    def _join_absorbed(self, op: Op) -> None:
        """Inputs that changed while the result is what it was: one goes with the other."""
        if (NEW, op.place) in self.joined.known:
            return
        ends = ((NEW, link) for link in op.links if link is not None)
        changed = [end for end in ends if end in self.altered]
        for one, other in pairwise(changed):
            self.joined.join(one, other)

    def _join_frames(self, sketch: Sketch, side: str, matched: dict[int, int]) -> None:
        """What changed in one call of a small module was one edit."""
        for frame in sketch.frames():
            own = [part for part in frame.parts if isinstance(part, Op)]
            if frame.key and len(own) <= MOST_IN_ONE_EDIT:
                changed = [(side, op.place) for op in own if op.place not in matched]
                for one, other in pairwise(changed):
                    self.joined.join(one, other)


def changed_part(old: str, new: str) -> tuple[str, str]:
    """Two names without the end that they share: `a.fc.weight`, `b.fc.weight` -> `a`, `b`."""
    left, right = old.split("."), new.split(".")
    while len(left) > 1 and len(right) > 1 and left[-1] == right[-1]:
        left, right = left[:-1], right[:-1]
    return ".".join(left), ".".join(right)


def _end(sketch: Sketch, link: Link) -> Op | str | None:
    return sketch.ops[link] if isinstance(link, int) else link


def signature(change: Change) -> Hashable:
    """Equal for changes of one kind, in whatever layer they are."""
    return (
        tuple(op.family for op in change.gone),
        tuple(op.family for op in change.came),
        tuple(
            (_family(each.op), each.argument, _family(each.old), _family(each.new), each.root)
            for each in change.rewired
        ),
        tuple((_family(each.op), each.was, each.now) for each in change.results),
        tuple(map(masked, change.leaves_gone)),
        tuple(map(masked, change.leaves_came)),
        tuple((masked(each.old), masked(each.new), each.was, each.now) for each in change.leaves),
        (*change.roots_gone, *change.roots_came, *change.roots),
    )


def _family(end: Op | str | None) -> str | None:
    return end.family if isinstance(end, Op) else None if end is None else masked(end)


def masked(name: str) -> str:
    """The name with its numbers left out: `blocks.3.weight` is like `blocks.4.weight`."""
    return ".".join("*" if part.isdigit() else part for part in name.split("."))
