"""The places from which backward starts: one graph of each, and a row for every time."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from graphview.autograd.locate import locate
from graphview.autograd.walk import walk
from graphview.model.graph import Source
from graphview.model.journal import Site
from graphview.observe.series import Thinned
from graphview.observe.starts import Start

MOST_SITES = 40


@dataclass(slots=True)
class WatchedSite:
    """One place; `graph` and `kept` are set when its graph is taken."""

    name: str
    start_call: Any
    source: Source
    roots: tuple[str, ...] = ()
    calls: int = 0
    graph: str | None = None
    kept: int | None = None
    sourced: bool = False
    loss: Thinned = field(default_factory=lambda: Thinned("loss"))
    nodes: Thinned = field(default_factory=lambda: Thinned("nodes"))

    def is_wanted(self, keep_step: int) -> bool:
        """Whether the graph of this call is to be kept: that of call `keep_step`, or the next one.

        A site that came unexpectedly had its nodes made unwatched: its next graph has sources.
        """
        if self.calls <= keep_step:
            return False
        return self.graph is None or (not self.sourced and self.calls <= keep_step + 2)

    def add_row(self, step: int, roots: Sequence[torch.Tensor]) -> None:
        """Note the loss of this start, where it is a number."""
        value = value_of(roots)
        if value is not None:
            self.loss.add(step, value)

    def told(self) -> Site:
        """As plain data; the loss is called by the site's name."""
        self.loss.name = self.name
        return Site(
            self.name,
            self.start_call,
            self.roots,
            self.source,
            self.calls,
            self.graph,
            self.kept,
            self.loss.series,
            self.nodes.series,
        )


class Sites:
    """The places of a program, by code and instruction; beyond MOST_SITES no more are met."""

    def __init__(self) -> None:
        self.by_place: dict[Any, WatchedSite] = {}
        self.passed_by = False

    def at(self, start: Start) -> WatchedSite | None:
        """The site of this start, a new one if need be."""
        known = self.by_place.get(start.place)
        if known is None and len(self.by_place) < MOST_SITES:
            source = locate(*start.place[1:], start.frame.f_lineno)
            name = self._free(_written_root(source.expression) or "root", source)
            known = self.by_place[start.place] = WatchedSite(name, start.call, source)
        self.passed_by = self.passed_by or known is None
        return known

    def knows(self, start: Start) -> bool:
        return start.place in self.by_place

    def waiting(self, keep_step: int) -> bool:
        """Whether the graph that is to be kept of any site has not been made yet."""
        return any(site.calls <= keep_step for site in self.by_place.values())

    def _free(self, name: str, source: Source) -> str:
        taken = {site.name for site in self.by_place.values()}
        for choice in (
            name,
            f"{name} at line {source.line}",
            f"{name} at {source.file}:{source.line}",
        ):
            if choice not in taken:
                return choice
        return f"{name} ({len(taken) + 1})"

    def told(self) -> tuple[Site, ...]:
        return tuple(site.told() for site in self.by_place.values())


def root_names(
    site: WatchedSite, roots: Sequence[torch.Tensor], known: Iterable[str | None]
) -> list[str]:
    """What the roots are called: by their variables, else as the code writes them."""
    if len(roots) == 1:
        return [next(iter(known), None) or site.name]
    return [name or f"{site.name}[{place}]" for place, name in enumerate(known)]


def size_of(roots: Sequence[torch.Tensor]) -> int:
    """How many nodes backward from these roots walks through."""
    return len(walk(root.grad_fn for root in roots if root.grad_fn is not None).functions)


def value_of(roots: Sequence[torch.Tensor]) -> float | None:
    """The loss of a start: the sum of its roots that are single real numbers; None without any."""
    single = [r for r in roots if r.numel() == 1 and r.is_floating_point() and not r.is_meta]
    if not single:
        return None
    try:
        with torch.no_grad(), torch._C.DisableTorchFunction():
            return sum(float(root.detach()) for root in single)
    except (RuntimeError, NotImplementedError):
        # Fake and batched tensors have no numbers.
        return None


def _written_root(expression: str | None) -> str | None:
    """`loss` of `loss.backward()`, `loss / 4` of `(loss / 4).backward()`, `a` of `grad(a, w)`."""
    try:
        tree = ast.parse(expression or "", mode="eval").body
    except SyntaxError:
        return None
    if not isinstance(tree, ast.Call):
        return None
    if isinstance(tree.func, ast.Attribute) and tree.func.attr == "backward":
        owner = ast.unparse(tree.func.value)
        if owner.rpartition(".")[2] != "autograd":
            return _short(owner)
    given = (
        tree.args[0]
        if tree.args
        else next((key.value for key in tree.keywords if key.arg in ("outputs", "tensors")), None)
    )
    return _short(ast.unparse(given)) if given is not None else None


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"
