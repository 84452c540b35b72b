"""The words for each reason why there is no gradient, and what to do about it."""

from __future__ import annotations

from graphview.model.missing import Missing, Reason

# For a parameter: with a place, and without one.
TEXTS: dict[Reason, tuple[str, str]] = {
    "frozen": ("`requires_grad` is False, so autograd follows nothing that is made of {it}.",) * 2,
    "unused": ("No operation was seen to take {it}.",) * 2,
    "no_grad": (
        "Operations took {it} only where gradients are off: `{by}`, at `{place}`.",
        "Operations took {it} only where gradients are off.",
    ),
    "cut": (
        "`{by}` at `{place}` gives a result without a gradient, so backward never comes back to "
        "{it}.",
        "`{by}` gives a result without a gradient, so backward never comes back to {it}.",
    ),
    "left": (
        "The value was taken out of torch by `{by}` at `{place}`. Autograd cannot follow it into "
        "Python or NumPy.",
        "The value was taken out of torch by `{by}`. Autograd cannot follow it into Python or "
        "NumPy.",
    ),
    "dead end": (
        "Used first at `{place}`, but nothing that was computed of {it} reaches a "
        "[[root]], so backward never passes there.",
        "Used, but nothing that was computed of {it} reaches a [[root]], so backward never passes "
        "there.",
    ),
    "nothing": (
        "Backward came to {it} at `{place}` and brought no gradient: an operation on the way "
        "answered None.",
        "Backward came to {it} and brought no gradient: an operation on the way answered None.",
    ),
}
# A cut that is no operation.
MADE_ANEW = (
    "`{by}` at `{place}` makes a new leaf of the values, with a gradient of its own, so backward "
    "never comes back to {it}."
)
# What was computed of a parameter before gradients were off.
PASSED = (
    "What was computed of {it} went on where gradients are off: `{by}`, at `{place}`.",
    "What was computed of {it} went on where gradients are off.",
)
# For a root, from which backward cannot start.
ROOTS: dict[Reason, tuple[str, str]] = {
    "frozen": (
        "Every parameter that was met is frozen, so nothing that `{name}` was computed from needs "
        "a gradient.",
    )
    * 2,
    "unused": ("Nothing that `{name}` was computed from needs a gradient.",) * 2,
    "no_grad": (
        "`{name}` was computed where gradients are off: `{by}`, at `{place}`.",
        "`{name}` was computed where gradients are off.",
    ),
    "cut": (
        "`{by}` at `{place}` gives a result without a gradient, and `{name}` was computed from it.",
        "`{by}` gives a result without a gradient, and `{name}` was computed from it.",
    ),
    "left": (
        "Nothing that `{name}` was computed from needs a gradient. A value was taken out of torch "
        "by `{by}` at `{place}`, and autograd cannot follow what is made of that.",
        "Nothing that `{name}` was computed from needs a gradient. A value was taken out of torch "
        "by `{by}`, and autograd cannot follow what is made of that.",
    ),
    "dead end": ("What parameters went into does not lead to `{name}`.",) * 2,
}
REMEDIES: dict[Reason, str] = {
    "frozen": "Nothing, if that is meant. To train {it}, call `requires_grad_(True)` before the "
    "forward pass and give {it} to the optimizer.",
    "unused": "Use {it} in the forward pass, or take {it} out of the model. A layer that is made "
    "in `__init__` and never called looks like this.",
    "no_grad": "Take the forward pass out of that block; updates and validation are what belongs "
    "there.",
    "cut": "Use an operation that has a derivative instead, or leave it if the gradient is meant "
    "to stop there.",
    "left": "Compute with the tensor itself, in torch, as far as the loss.",
    "dead end": "Let the result go into the loss, or drop what computes it.",
    "nothing": "Look for a custom Function whose backward returns None for this input.",
}
ROOT_REMEDIES: dict[Reason, str] = {
    "frozen": "Call `requires_grad_(True)` on what is to be trained, before the forward pass.",
    "unused": "Make sure that what is to be trained has `requires_grad=True` before the forward "
    "pass.",
    "dead end": "Compute `{name}` from what is to be trained.",
}
# Where the function that cut is known, there is more to say.
DETACHED = (
    "Leave it out where the gradient is to pass; where it is meant to stop, all is as it should be."
)
STEPS = (
    "It goes in steps and has no derivative: take a smooth one instead, such as softmax for argmax."
)
COPIED = (
    "It copies the numbers and forgets where they came from: use the tensor itself, or "
    "`torch.stack` to join several."
)
IN_STEPS = (
    *("argmax", "argmin", "argsort", "searchsorted", "bucketize", "multinomial", "bernoulli"),
    *("eq", "ne", "gt", "ge", "lt", "le", "isnan", "isfinite", "bool", "long", "int"),
)
BY = dict.fromkeys(IN_STEPS, STEPS) | {
    "detach": DETACHED,
    "data": "Use the tensor itself; `.data` is the same numbers without a gradient.",
    "Parameter": "Compute with the tensor itself in the forward pass; a parameter is made once, of "
    "values that nothing else is to be trained by.",
    "tensor": COPIED,
    "as_tensor": COPIED,
    "from_numpy": COPIED,
}
# Half sentences for the top of the page.
_COMMON: dict[Reason, str] = {
    "frozen": "{names} {was} frozen",
    "unused": "{names} {was} never used",
    "no_grad": "{names} {was} used only where gradients are off{at}",
    "cut": "{names} {was} cut by {by}{at}",
    "left": "{names} left torch by {by}{at}",
    "dead end": "{names} {was} used, but not for any root",
    "nothing": "backward brought nothing to {names}",
}
_PASSED = "what was computed of {names} went on where gradients are off{at}"
_OF_A_ROOT: dict[Reason, str] = {
    "frozen": "every parameter behind {names} is frozen",
    "unused": "nothing that {names} was computed from needs a gradient",
    "no_grad": "{names} was computed where gradients are off{at}",
    "cut": _COMMON["cut"],
    "left": "nothing behind {names} needs a gradient, and {by}{at} took a value out of torch",
    "dead end": "no parameter leads to {names}",
}


def words_of(one: Missing) -> str:
    """What happened, a sentence or two with places for words still open."""
    if one.kind == "root":
        return ROOTS[_of_root(one)][one.source is None]
    if one.reason == "cut" and one.by == "Parameter" and one.source is not None:
        return MADE_ANEW
    if one.passes_on:
        return PASSED[one.source is None]
    return TEXTS[one.reason][one.source is None]


def clause_of(one: Missing) -> str:
    """The same as half a sentence, for the top of the page."""
    if one.kind == "root":
        return _OF_A_ROOT[_of_root(one)]
    return _PASSED if one.passes_on else _COMMON[one.reason]


def remedy_of(one: Missing) -> str:
    """What to do about it, a sentence with its places for words still open."""
    if one.reason == "cut" and one.by in BY:
        return BY[one.by]
    if one.kind == "root":
        reason = _of_root(one)
        return ROOT_REMEDIES.get(reason, REMEDIES[reason])
    return REMEDIES[one.reason]


def _of_root(one: Missing) -> Reason:
    # That backward brought nothing is said of parameters only.
    return "unused" if one.reason == "nothing" else one.reason


def spoken(by: str) -> str:
    """`.data` is no function."""
    return ".data" if by == "data" else by
