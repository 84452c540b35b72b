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
# For a root, from which backward cannot start.
ROOTS: dict[Reason, tuple[str, str]] = {
    "frozen": ("Nothing that `{name}` was computed from needs a gradient.",) * 2,
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
        "`{name}` was made anew from a value that `{by}` at `{place}` had taken out of torch.",
        "`{name}` was made anew from a value that `{by}` had taken out of torch.",
    ),
    "dead end": ("What parameters went into does not lead to `{name}`.",) * 2,
    "nothing": ("Backward from `{name}` brought no gradient to anything.",) * 2,
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
    "frozen": "Make sure that what is to be trained has `requires_grad=True` before the forward "
    "pass.",
    "dead end": "Compute `{name}` from what is to be trained.",
    "nothing": "Look for a custom Function whose backward returns None.",
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
CLAUSES: dict[str, dict[Reason, str]] = {
    "parameter": _COMMON,
    "root": _COMMON
    | {
        "frozen": "nothing that {names} was computed from needs a gradient",
        "unused": "nothing that {names} was computed from needs a gradient",
        "no_grad": "{names} was computed where gradients are off{at}",
        "dead end": "no parameter leads to {names}",
        "nothing": "backward from {names} brought nothing",
    },
}


def remedy_of(one: Missing) -> str:
    """What to do about it, a sentence with its places for words still open."""
    if one.reason == "cut" and one.by in BY:
        return BY[one.by]
    if one.kind == "root":
        own = "frozen" if one.reason == "unused" else one.reason
        return ROOT_REMEDIES.get(own, REMEDIES[one.reason])
    return REMEDIES[one.reason]


def spoken(by: str) -> str:
    """`.data` is no function."""
    return ".data" if by == "data" else by
