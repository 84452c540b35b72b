"""Many operations or leaves, named by the modules that they fill."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from graphview.compare.sketch import Frame, Op, Sketch


class Modules:
    """The modules of one sketch: how much is in each."""

    def __init__(self, sketch: Sketch) -> None:
        self._leaves = Counter(around for name in sketch.leaves for around in _around(name))
        self._ops = Counter(op.frame for op in sketch.ops)
        for frame in reversed(sketch.frames()):
            if frame.parent is not None:
                self._ops[frame.parent] += self._ops[frame]
        self._told: set[Op] = set()
        self._named: set[str] = set()

    def covered(self, names: Sequence[str]) -> list[str]:
        """The outermost modules all of whose leaves are among the names, and the other names."""
        counts = Counter(around for name in names for around in _around(name))
        found = dict.fromkeys(self._cover(name, counts) for name in names)
        return list(found)

    def _cover(self, name: str, counts: Counter[str]) -> str:
        whole = (each for each in _around(name) if counts[each] == self._leaves[each])
        return next(whole, name)

    def whole(self, ops: Sequence[Op]) -> list[tuple[Frame, list[Op]]]:
        """The outermost frames all of whose operations are among these, with the operations."""
        counts: Counter[Frame] = Counter()
        for op in ops:
            frame: Frame | None = op.frame
            while frame is not None and frame.key:
                counts[frame] += 1
                frame = frame.parent
        full = {frame for frame, count in counts.items() if count == self._ops[frame]}
        found: dict[Frame, list[Op]] = {}
        for op in ops:
            around = _outermost(op.frame, full)
            if around is not None:
                found.setdefault(around, []).append(op)
        self._told.update(op for inside in found.values() for op in inside)
        self._named.update(frame.module for frame in found)
        return list(found.items())

    def is_told(self, op: Op) -> bool:
        """Whether an operation is in a module that was told as a whole."""
        return op in self._told

    def untold(self, names: Sequence[str]) -> list[str]:
        """As `covered`, without the modules that were told as a whole."""
        return [each for each in self.covered(names) if each not in self._named]


def _outermost(frame: Frame, full: set[Frame]) -> Frame | None:
    found, at = None, frame
    while at is not None and at.key:
        found = at if at in full else found
        at = at.parent  # type: ignore[assignment]
    return found


def _around(name: str) -> Iterable[str]:
    """The paths of the modules around a leaf, the outermost first."""
    parts = name.split(".")
    return (".".join(parts[:end]) for end in range(1, len(parts)))
