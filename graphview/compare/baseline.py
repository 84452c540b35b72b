"""A sketch as a file that is kept with the code, and reads well where people review changes.

What a module consists of stands there once, under its class, however many modules are like it:

    "Linear": [["t", {"self": "@weight"}, "(8, 4) float32"],
               ["addmm", {"self": "@bias", "mat1": "<0", "mat2": "t"}, "(32, 4) float32"]]

An operation is its family, what goes in, and the shape and dtype that come out. `@weight` is the
module's own leaf and `@:fc1.weight` one from elsewhere, `<0` the first thing that the module takes
from outside, `split[1]` the second result of a split, null what needs no gradient, and `> .fc1`
is where the module inside is called.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import msgspec

from graphview.collector import collector_paused
from graphview.compare.sketch import Frame, Link, Op, Origin, Sketch
from graphview.errors import BaselineError

SCHEMA = 1
REMEDY = "write it again with --baseline-update=all"
LEAF, OUTSIDE, CALL, ELSEWHERE = "@", "<", "> ", ":"

NUMBERED = re.compile(r"(?P<text>.*)\[(?P<number>[0-9]{1,6})\]", re.DOTALL)

Line = str | tuple[str, dict[str, str | None], str]


class Module(msgspec.Struct, frozen=True, omit_defaults=True):
    """One call of a module: which body it has, and what goes in from outside.

    `kind` is its class and `module` its path, where the body and the key don't say so already.
    """

    body: str
    kind: str | None = None
    module: str | None = None
    takes: tuple[str, ...] = ()


class RootFacts(msgspec.Struct, frozen=True):
    tensor: str
    result_of: str | None


class Baseline(msgspec.Struct, frozen=True):
    """What the file holds; `torch` and `device` say where it was written."""

    baseline: int
    torch: str
    device: str
    roots: dict[str, RootFacts]
    leaves: dict[str, str]
    modules: dict[str, Module]
    bodies: dict[str, tuple[Line, ...]]


class Place(NamedTuple):
    """Where a graph was made: torch's version without that of its build, the type of device."""

    torch: str
    device: str

    @classmethod
    def of(cls, torch: str, device: str) -> Place:
        """`2.13.0+cpu` is torch 2.13.0, `cuda:1` a `cuda`."""
        return cls(torch.partition("+")[0], device.partition(":")[0])

    def is_like(self, other: Place) -> bool:
        """Whether the same program should consist of the same operations here and there."""
        minor = self.torch.split(".")[:2] == other.torch.split(".")[:2]
        return minor and self.device == other.device

    def __str__(self) -> str:
        return f"torch {self.torch} on {self.device}"


@dataclass(frozen=True, slots=True)
class Kept:
    """A sketch that was read, and where it was written."""

    sketch: Sketch
    place: Place


def is_ci() -> bool:
    """Whether nobody would look at a baseline that is written now."""
    return os.environ.get("CI", "").lower() not in ("", "0", "false")


def to_text(sketch: Sketch, *, torch: str, device: str) -> str:
    """Write a baseline as JSON, one operation and one module a line."""
    with collector_paused():
        return _text(sketch, torch, device)


def _text(sketch: Sketch, torch: str, device: str) -> str:
    writer = _Writer(sketch)
    roots = {
        name: {"tensor": root.tensor, "result_of": writer.absolute(root)}
        for name, root in sketch.roots.items()
    }
    parts = [
        f'"baseline": {SCHEMA}',
        f'"torch": {_json(torch)}',
        f'"device": {_json(device)}',
        f'"roots": {_block(roots)}',
        f'"leaves": {_block(dict(sorted(sketch.leaves.items())))}',
        f'"modules": {_block(writer.modules)}',
        f'"bodies": {_bodies(dict(sorted(writer.bodies.items())))}',
    ]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def is_baseline(text: bytes) -> bool:
    """Whether a file is meant as a baseline, however well it can be read."""
    return text.lstrip()[1:].lstrip().startswith(b'"baseline"')


def from_text(text: bytes, name: str) -> Kept:
    """Read a baseline back. Errors: BaselineError with what is wrong in the file `name`."""
    try:
        read = msgspec.json.decode(text, type=Baseline)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BaselineError(f"{name} is no baseline of graphview ({error}); {REMEDY}.") from error
    if read.baseline != SCHEMA:
        raise BaselineError(
            f"{name} is a baseline of schema {read.baseline}, and this graphview reads {SCHEMA}; "
            f"{REMEDY}."
        )
    try:
        with collector_paused():
            return Kept(_Reader(read).sketch(), Place(read.torch, read.device))
    except (KeyError, ValueError, IndexError) as error:
        raise BaselineError(
            f"{name} is no baseline of graphview: nothing in it is {error}; {REMEDY}."
        ) from error


class _Writer:
    """Lines of operations, and names for the bodies that they make up."""

    def __init__(self, sketch: Sketch) -> None:
        self.ops = sketch.ops
        self.modules: dict[str, dict[str, Any]] = {}
        self.bodies: dict[str, tuple[str, ...]] = {}
        self._names: dict[tuple[str, tuple[str, ...]], str] = {}
        # The bodies of a module's calls have the same lines.
        self._told = cache(_told)
        for frame in sketch.frames():
            takes: dict[str, int] = {}
            lines = tuple([self._line(part, frame, takes) for part in frame.parts])
            body = self._body(frame, lines)
            facts: dict[str, Any] = {"body": body}
            facts |= {"kind": frame.kind} if frame.kind != _stem(body) else {}
            facts |= {"module": frame.module} if frame.module != frame.key else {}
            self.modules[frame.key] = facts | ({"takes": list(takes)} if takes else {})

    def _body(self, frame: Frame, lines: tuple[str, ...]) -> str:
        """The name of an equal body, or a new one."""
        stem = frame.kind or frame.key or "outside of modules"
        if (stem, lines) not in self._names:
            again = sum(_stem(name) == stem for name in self.bodies)
            name = f"{stem}~{again}" if again else stem
            self._names[stem, lines] = name
            self.bodies[name] = lines
        return self._names[stem, lines]

    def _line(self, part: Op | Frame, frame: Frame, takes: dict[str, int]) -> str:
        if isinstance(part, Frame):
            return _json(CALL + _relative(part.key, frame.key))
        links = [
            _numbered(self._link(link, frame, takes), result)
            for link, result in zip(part.links, part.taken, strict=True)
        ]
        return self._told(part.family, part.arguments, tuple(links), part.results)

    def _link(self, link: Link, frame: Frame, takes: dict[str, int]) -> str | None:
        if link is None:
            return None
        if isinstance(link, str):
            return LEAF + _relative(link, frame.module, leaf=True)
        op = self.ops[link]
        if op.frame is frame:
            return op.name
        if _is_inside(op.frame, frame):
            return f"{_relative(op.frame.key, frame.key)}/{op.name}"
        return f"{OUTSIDE}{takes.setdefault(_place(op), len(takes))}"

    def absolute(self, root: Origin) -> str | None:
        """What a root is the result of."""
        link = root.link
        if isinstance(link, str):
            return LEAF + link
        return None if link is None else _numbered(_place(self.ops[link]), root.taken)


def _told(
    family: str, arguments: tuple[str, ...], links: tuple[str | None, ...], results: str
) -> str:
    return _json([family, dict(zip(arguments, links, strict=True)), results])


class _Operation(NamedTuple):
    """An operation in a body, whatever call of the module it belongs to.

    `ends` are what its links lead to, as they are written; `taken` which results of these.
    """

    name: str
    family: str
    results: str
    arguments: tuple[str, ...]
    ends: tuple[str | None, ...]
    taken: tuple[int, ...]


def _lines(body: Iterable[Line]) -> Iterator[_Operation | str]:
    """The lines of a body; texts are those that call a module inside."""
    counts = Counter[str]()
    for line in body:
        if isinstance(line, str):
            yield line
            continue
        family, links, results = line
        counts[family] += 1
        name = family if counts[family] == 1 else f"{family}#{counts[family]}"
        pairs = [_without_number(text) for text in links.values()]
        ends, taken = tuple([end for end, _ in pairs]), tuple([number for _, number in pairs])
        yield _Operation(name, family, results, tuple(links), ends, taken)


class _Reader:
    def __init__(self, read: Baseline) -> None:
        self.read = read
        self.frames: dict[str, Frame] = {}
        self.ops: list[Op] = []
        self.places: dict[str, int] = {}
        # By the name of a body, which is read once, however many calls have it.
        self._bodies: dict[str, list[_Operation | str]] = {}
        # Of each operation, what its links lead to: perhaps to one further down.
        self._ends: list[tuple[str | None, ...]] = []

    def sketch(self) -> Sketch:
        top = self._frames()
        for op, ends in zip(self.ops, self._ends, strict=True):
            op.links = tuple([self._link(text, op.frame) for text in ends])
        roots = {name: self._origin(facts) for name, facts in self.read.roots.items()}
        return Sketch(self.ops, top, dict(self.read.leaves), roots)

    def _frames(self) -> Frame:
        top = self._frame("", None)
        stack = [iter(self._parts(top))]
        while stack:
            inner = next(stack[-1], None)
            if inner is None:
                stack.pop()
            else:
                stack.append(iter(self._parts(inner)))
        return top

    def _frame(self, key: str, parent: Frame | None) -> Frame:
        if key in self.frames:
            raise ValueError(f"{key!r} twice")
        facts = self.read.modules[key]
        kind = _stem(facts.body) if facts.kind is None else facts.kind
        frame = Frame(key, kind, key if facts.module is None else facts.module, parent)
        self.frames[key] = frame
        return frame

    def _parts(self, frame: Frame) -> Iterator[Frame]:
        """Read the body of a frame; stops at each frame inside, which comes before what follows."""
        for line in self._body(self.read.modules[frame.key].body):
            if isinstance(line, str):
                inner = self._frame(_absolute(line.removeprefix(CALL), frame.key), frame)
                frame.parts.append(inner)
                yield inner
                continue
            place, (name, family, results, arguments, ends, taken) = len(self.ops), line
            op = Op(place, name, family, results, arguments, (), frame, taken)
            self.places[_place(op)] = place
            self.ops.append(op)
            self._ends.append(ends)
            frame.parts.append(op)

    def _body(self, name: str) -> list[_Operation | str]:
        if name not in self._bodies:
            self._bodies[name] = list(_lines(self.read.bodies[name]))
        return self._bodies[name]

    def _link(self, text: str | None, frame: Frame) -> Link:
        if text is None:
            return None
        if text.startswith(LEAF):
            name = _absolute(text[1:], frame.module, leaf=True)
            return _known(name, self.read.leaves)
        if text.startswith(OUTSIDE):
            return self.places[self.read.modules[frame.key].takes[int(text[1:])]]
        key, inside, name = text.rpartition("/")
        return self.places[f"{_absolute(key, frame.key) if inside else frame.key}/{name}"]

    def _origin(self, facts: RootFacts) -> Origin:
        text, number = _without_number(facts.result_of)
        if text is None:
            return Origin(facts.tensor, None)
        if text.startswith(LEAF):
            return Origin(facts.tensor, _known(text[1:], self.read.leaves))
        return Origin(facts.tensor, self.places[text], number)


def _known(name: str, leaves: Mapping[str, str]) -> str:
    if name not in leaves:
        raise KeyError(name)
    return name


def _stem(body: str) -> str:
    """The class of a body's modules."""
    return body.partition("~")[0]


def _numbered(text: str | None, number: int) -> str | None:
    return f"{text}[{number}]" if text is not None and number else text


def _without_number(text: str | None) -> tuple[str | None, int]:
    """What a link leads to, and which result of it; names of leaves may end in brackets."""
    found = None if text is None or text.startswith(LEAF) else NUMBERED.fullmatch(text)
    return (text, 0) if found is None else (found["text"], int(found["number"]))


def _place(op: Op) -> str:
    return f"{op.frame.key}/{op.name}"


def _is_inside(frame: Frame, outer: Frame) -> bool:
    at = frame.parent
    while at is not None and at is not outer:
        at = at.parent
    return at is outer


def _relative(key: str, base: str, *, leaf: bool = False) -> str:
    """`a.b.c` inside `a.b` is `.c`, and of a leaf `c`; what is not inside stands behind a colon."""
    if leaf and base and key.startswith(f"{base}."):
        inside = key[len(base) + 1 :]
        return inside if not inside.startswith(ELSEWHERE) else ELSEWHERE + key
    if not leaf and base and key.startswith((f"{base}.", f"{base}/")):
        return key[len(base) :]
    return ELSEWHERE + key


def _absolute(text: str, base: str, *, leaf: bool = False) -> str:
    if text.startswith(ELSEWHERE):
        return text[1:]
    return f"{base}.{text}" if leaf else base + text


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _block(values: Mapping[str, Any]) -> str:
    """One entry a line."""
    lines = ",\n".join(f"  {_json(key)}: {_json(value)}" for key, value in values.items())
    return f"{{\n{lines}\n }}" if values else "{}"


def _bodies(bodies: Mapping[str, tuple[str, ...]]) -> str:
    told = (
        f"  {_json(name)}: [\n" + ",\n".join(f"   {line}" for line in lines) + "\n  ]"
        for name, lines in bodies.items()
    )
    return "{\n" + ",\n".join(told) + "\n }"
