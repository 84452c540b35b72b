"""Assertions on what backward reaches: which parameters a loss trains."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graphview.check.paths import Ways
from graphview.check.patterns import Patterns
from graphview.errors import GraphviewError
from graphview.formats.style import Style
from graphview.formats.way import way_lines
from graphview.formats.words import harmless
from graphview.model.graph import Graph, counted, shape_text

if TYPE_CHECKING:
    import torch

    from graphview.autograd import Live

    Model = torch.nn.Module | Mapping[str, torch.Tensor]

MOST = 20
Asked = str | Iterable[str]


def assert_reaches(target: Any, model: Model, *, only: Asked = (), but: Asked = ()) -> None:
    """Assert that backward from `target` reaches each parameter that requires a gradient.

    `target` is a tensor, or a mapping or tuple of tensors, and `model` a module or a mapping of
    names to tensors. With `only`, a pattern or several of names (`"*.lora_*"`), exactly these are
    to be reached and no others. Those that match `but` are not asked for. The graph is looked at
    before or after backward, and left as it is.
    """
    __tracebackhide__ = True
    parameters = _parameters(model)
    wanted, spared = _patterns("only", only, parameters), _patterns("but", but, parameters)
    asked = {
        name: parameter
        for name, parameter in parameters.items()
        if (wanted.match(name) if wanted else parameter.requires_grad) and not spared.match(name)
    }
    if not asked:
        raise AssertionError(f"no parameter of {_title(model)} is to be reached by a gradient")
    live = _live(target, model)
    reached = _reached(live)
    missing = {name: each for name, each in asked.items() if id(each) not in reached}
    if missing:
        raise AssertionError("\n".join(_unreached(missing, len(asked), live.graph, model)))
    others = [
        name
        for name, each in parameters.items()
        if wanted and id(each) in reached and name not in asked and not spared.match(name)
    ]
    if others:
        told = f"{_roots(live.graph)} reaches what only={', '.join(wanted)} leaves out"
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
    from graphview.autograd import capture_live
    from graphview.autograd.names import scopes_of

    __tracebackhide__ = True
    try:
        return capture_live(target, params=model, scopes=scopes_of(sys._getframe(1)))
    except GraphviewError as error:
        reason = str(error)
    raise AssertionError(reason)


def _reached(live: Live) -> dict[int, int]:
    """The node in front of each leaf, by the leaf's identity: two leaves may share a name."""
    functions: list[Any] = live.functions
    return {id(functions[leaf.node].variable): leaf.node for leaf in live.graph.leaves}


def _unreached(
    missing: Mapping[str, torch.Tensor], asked: int, graph: Graph, model: Model
) -> Iterator[str]:
    parameters = counted(asked, "parameter")
    yield f"{_roots(graph)} does not reach {len(missing):,} of {parameters} of {_title(model)}:"
    width = max(len(name) for name in list(missing)[:MOST])
    for name, parameter in list(missing.items())[:MOST]:
        shape = shape_text(tuple(parameter.shape))
        yield harmless(f"  {name:{width}}  {shape}{_reason(name, parameter, graph)}")
    if len(missing) > MOST:
        yield f"  and {len(missing) - MOST:,} more"


def _reason(name: str, parameter: torch.Tensor, graph: Graph) -> str:
    """What the graph knows of why; nothing where its operations were not watched."""
    if not parameter.requires_grad:
        return ": requires_grad is False"
    module = name.rpartition(".")[0]
    modules = {node.module for node in graph.operations if node.module is not None}
    if not module or not modules:
        return ""
    inside = [node for node in graph.operations if node.module == module]
    if not inside:
        return f": nothing that `{module}` computed is in the graph"
    source = graph.source_of(inside[0])
    place = "" if source is None else f", {source.file}:{source.line}"
    return f": `{module}` is in the graph without it{place}"


def _found(told: str, names: list[str], node: int, graph: Graph) -> Iterator[str]:
    """Names that should not be there, and the shortest way to the first of them."""
    more = f" and {len(names) - MOST:,} more" if len(names) > MOST else ""
    yield harmless(f"{told}: {', '.join(names[:MOST])}{more}")
    yield from (f"  {line}" for line in way_lines(Ways(graph).to(node), Style(Path.cwd())))


def _roots(graph: Graph) -> str:
    return ", ".join(root.name for root in graph.roots)


def _title(model: Model) -> str:
    return "the mapping" if isinstance(model, Mapping) else type(model).__name__
