"""Why parameters are not reached, in few lines: one for each cause."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from graphview.check.causes import lost
from graphview.check.reasons import also_cut, told_of
from graphview.check.words import several
from graphview.formats.words import harmless
from graphview.model.graph import counted, shape_text
from graphview.model.missing import Missing
from graphview.testing.watching import current

if TYPE_CHECKING:
    import torch

    from graphview.autograd import Live

MOST_NAMES = 3
MOST_LINES = 20
FROZEN = "frozen, requires_grad is False"
UNWATCHED = (
    "Why is not known: in a test that has the fixture graphview_capture, the line is told that "
    "cuts the gradient off."
)
BEFORE = "Why is not known: operations ran before the test had the fixture graphview_capture."


def unreached(
    missing: Mapping[str, torch.Tensor], live: Live, *, may_be_frozen: bool
) -> Iterator[str]:
    """The parameters by cause; `may_be_frozen` where the caller has not asked for them by name."""
    watch = current()
    seen = {} if watch is None else {each.name: each for each in watch.missing(live, missing)}
    groups: dict[Hashable, list[str]] = {}
    for name, tensor in missing.items():
        groups.setdefault(_cause(name, tensor, seen.get(name)), []).append(name)
    for names in list(groups.values())[:MOST_LINES]:
        first = names[0]
        why = _why(missing[first], seen.get(first), len(names))
        yield harmless(f"  {_named(names, missing)}{why}")
    if len(groups) > MOST_LINES:
        yield f"  and {len(groups) - MOST_LINES:,} more such lines"
    frozen = [name for name, tensor in missing.items() if not tensor.requires_grad]
    if frozen and may_be_frozen:
        yield harmless(f'What is to stay frozen is named so: frozen="{_pattern(frozen)}".')
    if any(tensor.requires_grad and name not in seen for name, tensor in missing.items()):
        yield UNWATCHED if watch is None else BEFORE
    if watch is not None and watch.trouble is not None:
        trouble = watch.trouble.splitlines()[0]
        yield harmless(f"Where gradients are cut could not be watched to the end: {trouble}.")


def without_graph(target: Any) -> str:
    """Where a tensor lost its graph, to go on a sentence; nothing where that was not seen."""
    import torch

    watch = current()
    if watch is None or not isinstance(target, torch.Tensor):
        return ""
    gap = watch.why_none(target)
    return "" if gap.by is None else f" Seen: {told_of(gap)}."


def _cause(name: str, tensor: torch.Tensor, seen: Missing | None) -> Hashable:
    if not tensor.requires_grad:
        return FROZEN
    # Of what nobody watched, a part of the model is told as one.
    return name.partition(".")[0] if seen is None else lost(seen)


def _why(tensor: torch.Tensor, seen: Missing | None, count: int) -> str:
    if not tensor.requires_grad:
        return f": {FROZEN}"
    if seen is None:
        return ""
    if seen.reason == "unused":
        return f": no operation was seen to take {'it' if count == 1 else 'them'}"
    return f": {told_of(seen)}{also_cut(seen)}"


def _named(names: Sequence[str], missing: Mapping[str, torch.Tensor]) -> str:
    """`w  (8, 3)`, `a, b and c`, or `9 parameters of body`."""
    if len(names) == 1:
        return f"{names[0]}  {shape_text(tuple(missing[names[0]].shape))}"
    module = _module_of(names) if len(names) > MOST_NAMES else ""
    if not module:
        return several(names, MOST_NAMES)
    return f"{counted(len(names), 'parameter')} of `{module}`"


def _module_of(names: Sequence[str]) -> str:
    """The innermost module around all of them; empty for the whole model."""
    paths = [name.split(".")[:-1] for name in names]
    alike = takewhile(lambda parts: len(set(parts)) == 1, zip(*paths, strict=False))
    return ".".join(parts[0] for parts in alike)


def _pattern(names: Sequence[str]) -> str:
    """What matches these names, or the first of them where they have no module in common."""
    module = "" if len(names) == 1 else _module_of(names) or names[0].rpartition(".")[0]
    return f"{module}.*" if module else names[0]
