"""A leaf that should be in a graph and is not: what the recording knows of it.

What was seen is told as such. What is only likely is a suspect, and called that.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile

from graphview.check import reasons
from graphview.check.causes import Follows, at_line, lost
from graphview.check.patterns import Patterns, is_glob, near
from graphview.check.rule import Case
from graphview.check.words import MOST_LISTED, at, several, ticked
from graphview.model.finding import Waypoint
from graphview.model.graph import Node, Source
from graphview.model.missing import Missing

WORD = re.compile(r"\w+")
COMMON = ("weight", "bias")
NO_TRAIL = (
    "It leaves no trail in the graph: detach, .data, no_grad, requires_grad=False and another "
    "name all look like this."
)
MADE = (
    "Only leaves get a .grad. Make it where and as it is to be: "
    "torch.randn(..., dtype=..., device=..., requires_grad=True)."
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What there is to say of a missing leaf, in the fields of a finding."""

    message: str
    actual: str
    hint: str
    node: int | None = None
    source: Source | None = None
    way: tuple[Waypoint, ...] = ()
    cause: Hashable = None

    @property
    def cause_of_others(self) -> Hashable:
        """The cause of what should be done with the leaf: where nothing is known of it, that of
        whatever else went out of the graph."""
        return self.cause if self.source is not None or self.way else Follows.LOST


@dataclass(frozen=True)
class Witness:
    """All that a case can tell of leaves that are not there; each part is made when first asked."""

    case: Case

    def of(self, pattern: str, *, thorough: bool = True) -> Evidence:
        """What is known of the leaf that this pattern should match.

        `thorough` also looks for what it may be called now, which takes time with every leaf.
        """
        seen = self._seen_like(pattern)
        if seen:
            return self._seen(seen)
        if not is_glob(pattern) or pattern in self._results:
            if (node := self._results.get(pattern)) is not None:
                return self._made(pattern, node)
            if (node := self._keepers.get(pattern)) is not None:
                return self._constant(pattern, node)
        return self._unseen(pattern, thorough)

    def _seen_like(self, pattern: str) -> list[Missing]:
        if not is_glob(pattern) or pattern in self._missing:
            return [self._missing[pattern]] if pattern in self._missing else []
        glob = Patterns((pattern,))
        return [each for name, each in self._missing.items() if glob.match(name)]

    @cached_property
    def _missing(self) -> dict[str, Missing]:
        missing = self.case.recording.missing
        return {each.name: each for each in missing if each.kind == "parameter"}

    @cached_property
    def _results(self) -> dict[str, Node]:
        """The last operation whose result has this name."""
        return {node.variable: node for node in self.case.graph.operations if node.variable}

    @cached_property
    def _keepers(self) -> dict[str, Node]:
        """The first operation that keeps a tensor of this name."""
        nodes = reversed(self.case.graph.operations)
        return {saved.variable: node for node in nodes for saved in node.saved if saved.variable}

    @cached_property
    def _elsewhere(self) -> dict[str, str]:
        """A graph of the recording in which there is a leaf of this name."""
        return {
            leaf.name: name
            for name, graph in self.case.recording.graphs.items()
            for leaf in graph.leaves
            if leaf.name and name != self.case.name
        }

    @cached_property
    def _gaps(self) -> dict[str, Node]:
        """For a word of the code, the first operation there that wants no gradient for an input."""
        found: dict[str, Node] = {}
        sources: set[int] = set()
        for node in self.case.graph.operations:
            if node.source in sources or all(edge.node is not None for edge in node.inputs):
                continue
            source = self.case.graph.source_of(node)
            if node.source is not None and source is not None:
                sources.add(node.source)
                for word in WORD.findall(source.expression or ""):
                    found.setdefault(word, node)
        return found

    def _seen(self, seen: list[Missing]) -> Evidence:
        one = seen[0]
        more = f" (and {len(seen) - 1:,} more that are asked for)" if len(seen) > 1 else ""
        return Evidence(
            message=f"{reasons.message_of(one)}{more}",
            actual=f"{reasons.told_of(one)}{reasons.also_cut(one)}",
            hint=reasons.hint_of(one),
            source=one.source,
            way=reasons.way_of(one),
            cause=lost(one),
        )

    def _made(self, name: str, node: Node) -> Evidence:
        source = self.case.graph.source_of(node)
        return Evidence(
            message=f"{ticked(name)} is not a leaf: it is the result of {node.name}",
            actual=f"{ticked(name)} made by {node.name}",
            hint=MADE,
            node=node.index,
            source=source,
            cause=at_line(source) or ("made", name),
        )

    def _constant(self, name: str, node: Node) -> Evidence:
        source = self.case.graph.source_of(node)
        return Evidence(
            message=f"{ticked(name)} gets no gradient: {node.name} takes it as a constant",
            actual=f"{ticked(name)} taken by {node.name}{at(source)} without a gradient",
            hint="It was made without requires_grad=True, or has lost it by detach, .data or "
            "no_grad before it came there.",
            node=node.index,
            source=source,
            # Other graphs take the same constant at other lines.
            cause=("lost", name),
        )

    def _unseen(self, pattern: str, thorough: bool) -> Evidence:
        graph, other = ticked(self.case.name), self._other(pattern)
        if other is not None:
            message = f"{ticked(pattern)} reaches {ticked(other)}, and not {graph}"
        elif is_glob(pattern):
            message = f"no leaf of {graph} is like {ticked(pattern)}"
        else:
            message = f"{ticked(pattern)} is no leaf of {graph}"
        suspect = self._suspect(pattern)
        return Evidence(
            message=message,
            actual=self._leaves_text(),
            hint=self._hint(pattern, suspect, thorough),
            node=suspect.index if suspect else None,
            source=self.case.graph.source_of(suspect) if suspect else None,
            cause=("lost", pattern),
        )

    def _other(self, pattern: str) -> str | None:
        """A graph that does have such a leaf."""
        if not is_glob(pattern):
            return self._elsewhere.get(pattern)
        glob = Patterns((pattern,))
        return next((name for leaf, name in self._elsewhere.items() if glob.match(leaf)), None)

    def _suspect(self, pattern: str) -> Node | None:
        """The first operation that takes something without a gradient where the code says a word
        of the name."""
        if is_glob(pattern):
            return None
        words = [word for word in reversed(WORD.findall(pattern)) if not word.isdigit()]
        told = [word for word in words if word not in COMMON]
        return next((self._gaps[word] for word in told if word in self._gaps), None)

    def _hint(self, pattern: str, suspect: Node | None, thorough: bool) -> str:
        if suspect is not None:
            return self._suspicion(suspect)
        compared = thorough and not is_glob(pattern)
        known = near(pattern, self.case.leaf_names) if compared else []
        if known:
            return f"Suspect: it is now called {several(list(map(ticked, known)), last='or')}."
        return NO_TRAIL

    def _suspicion(self, node: Node) -> str:
        source = self.case.graph.source_of(node)
        code = f" in {ticked(source.expression)}" if source and source.expression else ""
        wanting = [edge.argument for edge in node.inputs if edge.node is None and edge.argument]
        what = several([ticked(each) for each in wanting]) if wanting else "an input"
        return (
            f"Suspect: {node.name}{at(source)} wants no gradient for {what}{code}; detach, .data, "
            "no_grad or requires_grad=False before it would do that."
        )

    def _leaves_text(self) -> str:
        names = list(self.case.leaf_names)[: MOST_LISTED + 1]
        if not names:
            return "no leaf with a name"
        more = len(self.case.leaf_names) - MOST_LISTED
        shown = several([ticked(name) for name in names[:MOST_LISTED]])
        return f"leaves {shown}" if more <= 0 else f"leaves {shown} and {more:,} more"


def known_leaves(case: Case) -> dict[str, str | None]:
    """The leaves of the recording by name, each with a graph that it reaches; and, with None, the
    parameters without a gradient."""
    found: dict[str, str | None] = dict.fromkeys(case.leaf_names, case.name)
    for name, graph in case.recording.graphs.items():
        for leaf in graph.leaves:
            if leaf.name:
                found.setdefault(leaf.name, name)
    for each in case.recording.missing:
        if each.kind == "parameter":
            found.setdefault(each.name, None)
    return found


@dataclass(frozen=True)
class Kin:
    """Which of a recording's leaves belong together: those of one part of the model."""

    case: Case

    def came(self, name: str) -> Hashable:
        """The cause of a leaf that should not be there, the same for its part of the model."""
        parts = name.split(".")
        start = len(self._common) if parts[: len(self._common)] == self._common else 0
        return ("came", ".".join(parts[: start + 1]))

    @cached_property
    def _common(self) -> list[str]:
        """What all names with dots begin with: the variable that the model is bound to."""
        modules = [name.split(".")[:-1] for name in known_leaves(self.case) if "." in name]
        if not modules:
            return []
        # What the first and the last begin with all between them do.
        pairs = zip(min(modules), max(modules), strict=False)
        return [one for one, _ in takewhile(lambda pair: pair[0] == pair[1], pairs)]
