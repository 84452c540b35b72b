"""DOT -> SVG: one registry of layout engines, tried in order, and one check of what they return."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar
from xml.etree import ElementTree
from xml.parsers import expat

from graphview.draw.drawing import counts_of_dot
from graphview.draw.engines import native, wasm
from graphview.errors import EngineUnavailable, LayoutError

SVG = "{http://www.w3.org/2000/svg}"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Layout:
    """A drawn graph, and which engine drew it: its name here and Graphviz's own version."""

    svg: bytes
    engine: str
    version: str


class Engine(Protocol):
    """What a module in this package offers; both raise EngineUnavailable when it cannot draw."""

    def version(self) -> str:
        """Graphviz's version, as in `16.1.0`."""

    def render(self, dot: bytes, timeout: float, form: str = "svg") -> bytes:
        """UTF-8 DOT text as svg, or plain (positions as text), within `timeout` seconds."""


ENGINES: dict[str, Engine] = {
    "wasm": wasm,
    "dot": native,
}


def layout(
    dot: str,
    *,
    engine: str = "auto",
    timeout: float = 30.0,
    expect: tuple[int, int] | None = None,
) -> Layout:
    """Draw DOT text by one engine, or by the first that can (`auto`).

    `timeout` is in seconds for each engine; `expect` is how many nodes and edges must come back,
    by default as many as the DOT has, if it is of our making. Raises LayoutTimeout,
    EngineUnavailable, or LayoutError for DOT that Graphviz refuses.
    """
    source, expected = _encode(dot), expect or counts_of_dot(dot)
    return _by_first(engine, lambda name: _draw(name, source, timeout, expected))


def positions(dot: str, *, engine: str = "auto", timeout: float = 30.0) -> str:
    """Where an engine places nodes and edges, in Graphviz's plain format: inches, y upwards.

    Raises as `layout` does.
    """
    source = _encode(dot)
    return _by_first(engine, lambda name: _positions(name, source, timeout))


def _positions(name: str, source: bytes, timeout: float) -> str:
    try:
        return ENGINES[name].render(source, timeout, "plain").decode()
    except UnicodeDecodeError:
        raise EngineUnavailable(
            f"the layout engine {name} answered with what is no text; try another engine."
        ) from None


def available() -> list[tuple[str, str]]:
    """Name and Graphviz version of each engine that can draw here, in the order of `auto`."""
    found = []
    for name, engine in ENGINES.items():
        try:
            found.append((name, engine.version()))
        except LayoutError:
            continue
    return found


def candidates(engine: str) -> list[str]:
    """The engines that this name stands for, in order; raises LayoutError for an unknown one."""
    if engine == "auto":
        return list(ENGINES)
    if engine not in ENGINES:
        known = ", ".join(["auto", *ENGINES])
        raise LayoutError(f"there is no layout engine {engine!r}; choose one of {known}.")
    return [engine]


def _by_first(engine: str, answer: Callable[[str], T]) -> T:
    """The answer of the first engine that can draw.

    Only one that cannot gives way to the next: another one would refuse the same DOT, and after a
    time-out it would merely make the user wait twice.
    """
    problems = []
    for name in candidates(engine):
        try:
            return answer(name)
        except EngineUnavailable as problem:
            problems.append(problem)
    raise problems[0] if len(problems) == 1 else _none_left(problems)


def _encode(dot: str) -> bytes:
    try:
        source = dot.encode()
    except UnicodeEncodeError:
        raise LayoutError("the DOT text has a lone surrogate; replace it by U+FFFD.") from None
    # A NUL would end the text early, and Graphviz would draw what came before it.
    if b"\0" in source:
        raise LayoutError("the DOT text has a NUL character; replace it by U+FFFD.")
    return source


def _draw(name: str, source: bytes, timeout: float, expect: tuple[int, int] | None) -> Layout:
    engine = ENGINES[name]
    drawn = Layout(engine.render(source, timeout), name, engine.version())
    _check(drawn, expect)
    return drawn


def _check(drawn: Layout, expect: tuple[int, int] | None) -> None:
    by = f"Graphviz {drawn.version} (engine {drawn.engine})"
    try:
        tag = _root_tag(drawn.svg)
    except expat.ExpatError as problem:
        raise LayoutError(
            f"{by} returned no complete SVG ({problem}); try another engine."
        ) from None
    if tag != f"{SVG}svg":
        raise LayoutError(f"{by} returned <{tag}> where an SVG belongs; try another engine.")
    if expect is not None and (found := _count(ElementTree.fromstring(drawn.svg))) != expect:
        raise LayoutError(
            f"{by} drew {found[0]} nodes and {found[1]} edges of {expect[0]} and {expect[1]}; "
            "try another engine."
        )


def _root_tag(text: bytes) -> str:
    """The outermost element of what is well-formed; ExpatError for all else."""
    tags = list[str]()
    parser = expat.ParserCreate(namespace_separator="}")

    def note(tag: str, attributes: dict[str, str]) -> None:
        tags.append(f"{{{tag}" if "}" in tag else tag)
        # The parser goes through the rest by itself, several times as fast.
        parser.StartElementHandler = None

    parser.StartElementHandler = note
    parser.Parse(text, True)
    return tags[0]


def _count(root: ElementTree.Element) -> tuple[int, int]:
    # Graphviz writes its own class first and appends those that the DOT asks for.
    kinds = [group.get("class", "").partition(" ")[0] for group in root.iter(f"{SVG}g")]
    return kinds.count("node"), kinds.count("edge")


def _none_left(problems: list[EngineUnavailable]) -> EngineUnavailable:
    reasons = "; ".join(str(problem).rstrip(".") for problem in problems)
    return EngineUnavailable(f"no layout engine could draw the graph: {reasons}.")
