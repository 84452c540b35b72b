"""`operations`: what the graph computes, by family, op or node's name; AccumulateGrad is none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from graphview.check.causes import About, Follows, at_line
from graphview.check.census import Census, Class
from graphview.check.patterns import NONE, Patterns, is_glob
from graphview.check.rewritten import alias_of, rewritten
from graphview.check.rule import Case, Code, Found
from graphview.check.unused import unused_one
from graphview.check.value import Count, Value
from graphview.check.words import count_text, places_text, several, ticked, times

KEY = "operations"
EXAMPLE = 'operations = { require = ["scaled_dot_product_attention"], forbid = ["to_copy"] }'

MISSING = Code(
    "GV107",
    "operation-missing",
    "An operation that the contract asks for is not in the graph.",
    "A fused attention that was written out takes memory with the square of the length; a norm "
    "or a dropout that is gone changes what is trained.",
    "Look for what does its work now. Names are families (`mul`), ops (`mul.Tensor`) or nodes "
    "(`MulBackward0`); families stay the same on every device.",
)
FORBIDDEN = Code(
    "GV108",
    "operation-forbidden",
    "An operation is in the graph that the contract forbids.",
    "A copy to another dtype or device, a sort or an index in the way costs time and precision, "
    "and is easily written without being seen.",
    "Look at the line that is named and compute it without that operation.",
)
COUNT = Code(
    "GV109",
    "operation-count",
    "An operation is in the graph more or less often than the contract asks for.",
    "A layer that is called twice or a reduction that is made twice gives wrong gradients and no "
    "error.",
    "Look at the lines that are named; change the count in the contract if it was meant.",
)
DIFFER = Code(
    "GV110",
    "operations-differ",
    "The operations of the graph are not exactly those that the contract lists.",
    "An operation too many is a copy, a cast or a detour; one that is gone is a part of the model "
    "that is gone.",
    "Look at the line that is named; change the list if the change was meant.",
)
CODES: tuple[Code, ...] = (MISSING, FORBIDDEN, COUNT, DIFFER)
# Known without looking into torch's list of operators, which takes longer than the whole check.
WELL_KNOWN = (
    *("add", "sub", "mul", "div", "pow", "exp", "log", "sqrt", "rsqrt", "sum", "mean"),
    *("mm", "bmm", "addmm", "matmul", "t", "transpose", "permute", "view", "reshape", "expand"),
    *("cat", "stack", "split", "slice", "select", "index", "embedding", "convolution", "dropout"),
    *("softmax", "log_softmax", "relu", "gelu", "silu", "tanh", "sigmoid", "layer_norm"),
    *("batch_norm", "scaled_dot_product_attention", "nll_loss_forward", "mse_loss"),
    *("clone", "copy", "to_copy", "_to_copy", "copy_slices", "CopySlices", "CopyBackwards"),
    *("ToCopyBackward0", "CloneBackward0", "SoftmaxBackward0", "BmmBackward0", "MmBackward0"),
)


@dataclass(frozen=True, slots=True)
class Operations:
    """What is asked, counts by pattern; of `exactly` nothing else may be there."""

    exactly: Mapping[str, Count] | None = None
    require: Mapping[str, Count] = field(default_factory=dict)
    forbid: Patterns = NONE


def read(value: Value) -> Operations:
    """A table of `exactly`, `require` (each a table of counts, or a list) and `forbid`."""
    found = value.table("exactly", "require", "forbid")
    if not found:
        raise value.refused("asks for nothing; there are exactly, require and forbid")
    return Operations(
        exactly=_counts(found["exactly"]) if "exactly" in found else None,
        require=_counts(found["require"]) if "require" in found else {},
        forbid=Patterns(found["forbid"].words()) if "forbid" in found else NONE,
    )


def check(asked: Operations, case: Case) -> Iterator[Found]:
    look = _Look(case)
    yield from look.required(asked.require)
    yield from look.forbidden(asked.forbid)
    if asked.exactly is not None:
        yield from look.different(asked.exactly)
    yield from look.unknown(asked.forbid)


def _counts(value: Value) -> dict[str, Count]:
    if isinstance(value.raw, dict):
        return {pattern: each.count() for pattern, each in value.table().items()}
    return dict.fromkeys(value.words(), Count(1, None))


@dataclass(frozen=True)
class _Look:
    case: Case

    @cached_property
    def census(self) -> Census:
        return Census(self.case.graph)

    def required(self, require: Mapping[str, Count]) -> Iterator[Found]:
        for pattern, count in require.items():
            classes = self.census.like(pattern)
            number = sum(each.number for each in classes)
            if count.allows(number):
                continue
            yield (
                self._missing(pattern, count)
                if number == 0
                else self._count(pattern, count, classes)
            )

    def forbidden(self, forbid: Patterns) -> Iterator[Found]:
        for pattern in forbid:
            classes = self.census.like(pattern)
            if not classes:
                continue
            first = self._first(classes)
            source = self.case.graph.source_of(self.case.graph.nodes[first])
            names = several(list(dict.fromkeys(ticked(each.name) for each in classes)))
            number = sum(each.number for each in classes)
            yield Found(
                FORBIDDEN,
                f"{names} is in {ticked(self.case.name)} {times(number)}, and {ticked(pattern)} is "
                "forbidden",
                expected=f"no {ticked(pattern)}",
                actual=f"{number:,}: {self._places(classes)}",
                node=first,
                source=source,
                hint="Compute it without that operation, or allow it in the contract.",
                cause=at_line(source) or ("operation", self.case.graph.nodes[first].name),
                about=_about(classes),
            )

    def different(self, exactly: Mapping[str, Count]) -> Iterator[Found]:
        counts = {pattern: self.census.like(pattern) for pattern in exactly}
        known = {each for classes in counts.values() for each in classes}
        others = [each for each in self.census.classes if each not in known]
        numbers = {pattern: sum(each.number for each in found) for pattern, found in counts.items()}
        wrong = {p: n for p, n in numbers.items() if not exactly[p].allows(n)}
        if not others and not wrong:
            return
        more = [
            *others,
            *(each for p in wrong if wrong[p] > exactly[p].least for each in counts[p]),
        ]
        node = self._first(others or more) if more else None
        source = None if node is None else self.case.graph.source_of(self.case.graph.nodes[node])
        yield Found(
            DIFFER,
            f"{ticked(self.case.name)} does not compute what is listed: "
            f"{several(list(_differences(exactly, wrong, others)))}",
            expected=_listed({p: count_text(count) for p, count in exactly.items()}),
            actual=_listed(self._by_family(numbers, others)),
            node=node,
            source=source,
            hint=f"The operations are at {self._places(others or more)}." if more else "",
            cause=Follows.LOST if not more else at_line(source) if others else Follows.CAME,
            about=About(operations=(*wrong, *_about([*others, *more]).operations)),
        )

    def unknown(self, forbid: Patterns) -> Iterator[Found]:
        """Patterns that forbid what no torch has: they would hold whatever is computed."""
        doubtful = [p for p in forbid if p not in WELL_KNOWN and not self.census.like(p)]
        if not doubtful:
            return
        # They read torch's own list, which is seldom needed; without it nobody can tell.
        from graphview.catalogue.derivatives import operators
        from graphview.explain.lookup import names

        known = names() if operators() else []
        for pattern in doubtful if known else ():
            if not _is_called(pattern, known):
                near = [] if is_glob(pattern) else known
                yield unused_one(pattern, "operations.forbid", "operation", near)

    def _missing(self, pattern: str, count: Count) -> Found:
        suspect = rewritten(pattern, self.census)
        node = suspect.first if suspect else None
        source = None if node is None else self.case.graph.source_of(self.case.graph.nodes[node])
        hint = f"Suspect: {suspect.text}." if suspect else alias_of(pattern)
        return Found(
            MISSING,
            f"there is no {ticked(pattern)} in {ticked(self.case.name)}",
            expected=f"{ticked(pattern)} {count_text(count)}",
            actual=f"0; there are {self.census.text}",
            node=node,
            source=source,
            hint=hint,
            cause=at_line(source) or Follows.LOST,
            about=About(operations=(pattern,)),
        )

    def _count(self, pattern: str, count: Count, classes: list[Class]) -> Found:
        number = sum(each.number for each in classes)
        is_more = number > count.least
        first = self._first(classes)
        source = self.case.graph.source_of(self.case.graph.nodes[first])
        return Found(
            COUNT,
            f"{ticked(pattern)} is in {ticked(self.case.name)} {times(number)} and not "
            f"{count_text(count)}",
            expected=f"{ticked(pattern)} {count_text(count)}",
            actual=f"{number:,}: {self._places(classes)}",
            node=first if is_more else None,
            source=source if is_more else None,
            hint="" if is_more else "The others went with something that is no longer used.",
            cause=Follows.CAME if is_more else Follows.LOST,
            about=_about(classes),
        )

    def _first(self, classes: list[Class]) -> int:
        """The first one in the order of the forward pass."""
        return min((each.first for each in classes), key=self.census.order)

    def _places(self, classes: list[Class]) -> str:
        graph = self.case.graph
        nodes = [graph.nodes[index] for each in classes for index in each.nodes]
        return places_text([graph.source_of(node) for node in nodes])

    def _by_family(self, numbers: Mapping[str, int], others: list[Class]) -> dict[str, str]:
        found = {pattern: number for pattern, number in numbers.items() if number}
        for each in others:
            found[each.family] = found.get(each.family, 0) + each.number
        return {name: f"{number:,}" for name, number in found.items()}


def _differences(
    exactly: Mapping[str, Count], wrong: Mapping[str, int], others: list[Class]
) -> Iterator[str]:
    """`to_copy` 0 → 3, with what is not listed at all first."""
    for each in others:
        yield f"{ticked(each.name)} 0 → {each.number:,}"
    for pattern, number in wrong.items():
        yield f"{ticked(pattern)} {count_text(exactly[pattern])} → {number:,}"


def _about(classes: Iterable[Class]) -> About:
    return About(operations=tuple(dict.fromkeys(each.family for each in classes)))


def _listed(counts: Mapping[str, str]) -> str:
    return several([f"{name} {count}" for name, count in counts.items()], last="and")


def _is_called(pattern: str, known: list[str]) -> bool:
    # `names` has nodes without the digits at the end, which count overloads.
    glob = Patterns((pattern, pattern.rstrip("0123456789")))
    return any(glob.match(name) or glob.match(f"{name}0") for name in known)
