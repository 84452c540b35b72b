"""Assertions on what backward reaches: which parameters a loss trains."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graphview.check.paths import Ways
from graphview.check.patterns import Patterns
from graphview.errors import GraphviewError
from graphview.formats.style import Style
from graphview.formats.way import way_lines
from graphview.formats.words import harmless
from graphview.model.graph import Graph, counted
from graphview.testing.unreached import unreached, without_graph
from graphview.testing.watching import leaves_of

if TYPE_CHECKING:
    import torch

    from graphview.autograd import Live

    Model = torch.nn.Module | Mapping[str, torch.Tensor]

MOST = 20
Asked = str | Iterable[str]


def assert_reaches(
    target: Any, model: Model, *, only: Asked = (), but: Asked = (), frozen: Asked = ()
) -> None:
    """Assert that backward from `target` reaches each parameter of `model`.

    `target` is a tensor, or a mapping or tuple of tensors, and `model` a module or a mapping of
    names to tensors. Those that match `frozen`, a pattern or several of names (`"backbone.*"`), are
    not to be reached, and of those that match `but` nothing is asked. With `only` exactly those
    that match it are to be reached and no others. The graph is looked at before or after backward,
    and left as it is.
    """
    __tracebackhide__ = True
    parameters = _parameters(model)
    asked = _Asked(
        _patterns("only", only, parameters),
        _patterns("but", but, parameters),
        _patterns("frozen", frozen, parameters),
    )
    wanted = {name: each for name, each in parameters.items() if asked.wants(name)}
    if not wanted:
        raise AssertionError(f"no parameter of {_title(model)} is to be reached by a gradient")
    live = _live(target, model)
    reached = _reached(live)
    missing = {name: each for name, each in wanted.items() if id(each) not in reached}
    if missing:
        lines = unreached(missing, live, may_be_frozen=not asked.only)
        start = f"{_roots(live.graph)} does not reach {len(missing):,} of "
        of = f"{counted(len(wanted), 'parameter')} of {_title(model)}:"
        raise AssertionError("\n".join([start + of, *lines]))
    others = [
        name
        for name, each in parameters.items()
        if asked.forbids(name) is not None and id(each) in reached
    ]
    if others:
        told = f"{_roots(live.graph)} reaches what {asked.forbids(others[0])} leaves out"
        node = reached[id(parameters[others[0]])]
        raise AssertionError("\n".join(_found(told, others, node, live.graph)))


def assert_not_reaches(target: Any, module: Model) -> None:
    """Assert that backward from `target` reaches no parameter of `module`.

    Both are as in `assert_reaches`. A target without a graph is a failure too: it tells nothing.
    """
    __tracebackhide__ = True
    parameters, live = _parameters(module), _live(target, module)
    reached = _reached(live)
    found = {name: reached[id(each)] for name, each in parameters.items() if id(each) in reached}
    if found:
        count = counted(len(found), "parameter")
        told = f"{_roots(live.graph)} reaches {count} of {_title(module)}"
        node = next(iter(found.values()))
        raise AssertionError("\n".join(_found(told, list(found), node, live.graph)))


@dataclass(frozen=True, slots=True)
class _Asked:
    """Which parameters are to be reached, and which are not."""

    only: Patterns
    but: Patterns
    frozen: Patterns

    def wants(self, name: str) -> bool:
        """Whether it is to be reached."""
        asked = self.only.match(name) if self.only else not self.frozen.match(name)
        return asked and not self.but.match(name)

    def forbids(self, name: str) -> str | None:
        """By what it is not to be reached, as the caller wrote it."""
        if self.but.match(name):
            return None
        if self.frozen.match(name):
            return f"frozen={', '.join(self.frozen)}"
        if self.only and not self.only.match(name):
            return f"only={', '.join(self.only)}"
        return None


def _parameters(model: Model) -> dict[str, torch.Tensor]:
    """By name, each once. Errors: AssertionError where there is none: it would hold whatever is."""
    __tracebackhide__ = True
    named = model if isinstance(model, Mapping) else dict(model.named_parameters())
    if not named:
        raise AssertionError(f"{_title(model)} has no parameters")
    return dict(named)


def _patterns(option: str, asked: Asked, names: Iterable[str]) -> Patterns:
    """Errors: AssertionError for a pattern that no parameter matches."""
    __tracebackhide__ = True
    patterns = Patterns((asked,) if isinstance(asked, str) else tuple(asked))
    matched = {pattern for name in names for pattern in patterns.matching(name)}
    for pattern in patterns:
        if pattern not in matched:
            raise AssertionError(f"no parameter matches {option}={pattern!r}")
    return patterns


def _live(target: Any, model: Model) -> Live:
    import torch

    from graphview.autograd import capture_live
    from graphview.autograd.names import scopes_of

    __tracebackhide__ = True
    try:
        # What a test watches is itself, and not this.
        with torch._C.DisableTorchFunction():
            return capture_live(target, params=model, scopes=scopes_of(sys._getframe(1)))
    except GraphviewError as error:
        reason = f"{error}{without_graph(target)}"
    raise AssertionError(reason)


def _reached(live: Live) -> dict[int, int]:
    """The node in front of each leaf, by the leaf's identity: two leaves may share a name."""
    pairs = zip(leaves_of(live), live.graph.leaves, strict=True)
    return {id(tensor): leaf.node for tensor, leaf in pairs}


def _found(told: str, names: list[str], node: int, graph: Graph) -> Iterator[str]:
    """Names that should not be there, and the shortest way to the first of them."""
    more = f" and {len(names) - MOST:,} more" if len(names) > MOST else ""
    yield harmless(f"{told}: {', '.join(names[:MOST])}{more}")
    yield from (f"  {line}" for line in way_lines(Ways(graph).to(node), Style(Path.cwd())))


def _roots(graph: Graph) -> str:
    return ", ".join(root.name for root in graph.roots)


def _title(model: Model) -> str:
    return "the mapping" if isinstance(model, Mapping) else type(model).__name__
