"""Why a parameter gets no gradient, in the words of a finding: the recording has seen it."""

from __future__ import annotations

from collections.abc import Iterator

from graphview.check.words import at, several, ticked
from graphview.model.finding import Waypoint
from graphview.model.graph import Source
from graphview.model.missing import Link, Missing, Reason

ACTUAL: dict[Reason, str] = {
    "frozen": "requires_grad is False",
    "unused": "no operation takes it",
    "no_grad": "used only where gradients are off: {by}{at}",
    "cut": "cut by {by}{at}",
    "left": "its value leaves torch by {by}{at}",
    "dead end": "used{at}, and what is computed of it reaches no root",
    "nothing": "backward reaches it{at} and brings nothing",
}
PASSED = "gradients are off on the way: {by}{at}"
HINTS: dict[Reason, str] = {
    "frozen": "To train it, call requires_grad_(True) on it before the forward pass and give it "
    "to the optimizer.",
    "unused": "Call it in the forward pass, or take it out of the model: a layer that is made in "
    "__init__ and never called looks like this.",
    "no_grad": "Take the forward pass out of the block in which gradients are off; updates and "
    "validation belong there.",
    "cut": "Use an operation that has a derivative, where the gradient is to pass.",
    "left": "Compute with the tensor itself, in torch, as far as the loss.",
    "dead end": "Let the result go into the loss, or drop what computes it.",
    "nothing": "Look for a custom Function whose backward returns None for this input.",
}
DETACHED = "Leave {by} out where the gradient is to pass."
COPIED = (
    "It copies the numbers and forgets where they came from: use the tensor itself, or "
    "torch.stack to join several."
)
CUTS = {
    "detach": DETACHED,
    "data": DETACHED,
    "tensor": COPIED,
    "as_tensor": COPIED,
    "from_numpy": COPIED,
    "Parameter": "A parameter is made once, of values that nothing else is to be trained by: "
    "compute with the tensor itself in the forward pass.",
}
ROOTS: dict[Reason, str] = {
    "frozen": "every parameter behind it is frozen",
    "unused": "nothing that it is computed from needs a gradient",
    "dead end": "no parameter leads to it",
    "nothing": "nothing that it is computed from needs a gradient",
    "no_grad": "it is computed where gradients are off: {by}{at}",
}
ROOT_HINT = "Call requires_grad_(True) on what is to be trained, before the forward pass."


def told_of(missing: Missing) -> str:
    """What keeps the gradient away, as half a sentence."""
    texts = ROOTS if missing.kind == "root" else ACTUAL
    text = PASSED if missing.passes_on else texts.get(missing.reason, ACTUAL[missing.reason])
    return text.format(by=_by(missing), at=at(missing.source))


def hint_of(missing: Missing) -> str:
    """What to do about it."""
    if missing.reason == "cut" and missing.by in CUTS:
        return CUTS[missing.by].format(by=_by(missing))
    if missing.kind == "root" and missing.reason in ("frozen", "unused", "nothing", "dead end"):
        return ROOT_HINT
    return HINTS[missing.reason]


def also_cut(missing: Missing) -> str:
    """The other places where the same parameter was cut, to go on a sentence."""
    places = [f"{_spoken(link.name)}{at(link.source)}" for link in missing.also]
    return f"; also by {several(places)}" if places else ""


def way_of(missing: Missing) -> tuple[Waypoint, ...]:
    """From where the value went on without its gradient, back to the parameter."""
    return tuple(_way(missing))


def message_of(missing: Missing) -> str:
    """The whole, as one sentence."""
    verb = "has no graph" if missing.kind == "root" else "gets no gradient"
    return f"{ticked(missing.name)} {verb}: {told_of(missing)}"


def _way(missing: Missing) -> Iterator[Waypoint]:
    if missing.kind == "root":
        yield Waypoint(missing.name, "root")
    elif missing.joins is not None:
        yield Waypoint(_name_at(missing.joins), "operation", missing.joins)
    if missing.by is not None:
        yield Waypoint(_by(missing), "operation", missing.source)
    yield from (_point(link) for link in reversed(missing.trail))
    if missing.kind == "parameter":
        yield Waypoint(missing.name, "leaf")


def _point(link: Link) -> Waypoint:
    return Waypoint(link.name, "operation", link.source)


def _name_at(source: Source) -> str:
    return source.variable or source.expression or "what goes on without a gradient"


def _by(missing: Missing) -> str:
    return _spoken(missing.by or "an operation without a derivative")


def _spoken(by: str) -> str:
    # It is no function.
    return ".data" if by == "data" else by
