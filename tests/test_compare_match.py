"""What is the same operation in two graphs, though it stands in another place of the model."""

from __future__ import annotations

from itertools import count

import pytest

from graphview.compare.match import match
from graphview.compare.sketch import Frame, Link, Op, Origin, Sketch


class Drafted:
    """A sketch in the making: its operations one by one, as they run; each names its result."""

    def __init__(self) -> None:
        self.sketch = Sketch([], Frame("", "", ""), {"w": "(2,) float32"}, {})
        self._numbers = count()

    def module(self, key: str, around: Frame | None = None) -> Frame:
        parent = around or self.sketch.top
        frame = Frame(key, key.rpartition(".")[2], key, parent)
        parent.parts.append(frame)
        return frame

    def op(self, family: str, *links: Link, inside: Frame | None = None) -> int:
        frame, place = inside or self.sketch.top, next(self._numbers)
        names = tuple(map(str, range(len(links))))
        op = Op(place, family, family, "(2,) float32", names, links, frame, (0,) * len(links))
        frame.parts.append(op)
        self.sketch.ops.append(op)
        return place

    def root(self, name: str, link: int) -> None:
        self.sketch.roots[name] = Origin("(2,) float32", link)


def _matched(old: Drafted, new: Drafted) -> dict[int, int]:
    """Of operations, as it must be from both sides."""
    found = match(old.sketch, new.sketch).ops
    assert match(new.sketch, old.sketch).turned().ops == found
    return found


def _user(*, moved: bool, root: str) -> Drafted:
    """`relu` takes what `exp` gives, and nothing takes what it gives."""
    made = Drafted()
    start = made.op("exp", "w")
    inside = made.module("act") if moved else None
    made.root(root, made.op("relu", start, inside=inside))
    return made


def _source(*, moved: bool) -> Drafted:
    """`exp` takes what `relu` gives, which takes nothing but a leaf."""
    made = Drafted()
    inside = made.module("act") if moved else None
    made.root("loss", made.op("exp", made.op("relu", "w", inside=inside)))
    return made


def _chain(*, moved: bool) -> Drafted:
    """Three operations that move together, each found from the one before."""
    made = Drafted()
    place = made.op("exp", "w")
    for number, family in enumerate(("relu", "neg", "tanh")):
        inside = made.module(f"part{number}") if moved else None
        place = made.op(family, place, inside=inside)
    made.root("moved" if moved else "loss", place)
    return made


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (_user(moved=False, root="loss"), _user(moved=True, root="error")),
        (_user(moved=False, root="loss"), _user(moved=True, root="loss")),
        (_source(moved=False), _source(moved=True)),
        (_chain(moved=False), _chain(moved=True)),
    ],
    ids=["user", "root", "source", "chain"],
)
def test_an_operation_that_moved_is_found_along_the_edges(old: Drafted, new: Drafted) -> None:
    places = range(len(old.sketch.ops))
    assert _matched(old, new) == {place: place for place in places}


def test_a_module_that_moved_is_found_by_what_it_consists_of() -> None:
    # Nothing leads from what stayed to the module: its results are roots of other names.
    old, new = Drafted(), Drafted()
    for made, module, root in ((old, "head", "loss"), (new, "tail", "error")):
        around = made.module(module) if made is new else None
        stays = made.op("exp", "w") if made is old else None
        inner = made.module(f"{module}.act", around)
        made.root(root, made.op("relu", made.op("neg", "w", inside=inner), inside=inner))
        made.root(f"{root} too", made.op("exp", "w") if stays is None else stays)
    assert _matched(old, new) == {0: 2, 1: 0, 2: 1}


def test_operations_that_are_others_are_not_matched() -> None:
    old, new = Drafted(), Drafted()
    for made, family in ((old, "tanh"), (new, "relu")):
        made.root("loss", made.op(family, made.op("exp", "w")))
    assert _matched(old, new) == {0: 0}
