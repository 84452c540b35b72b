"""A live autograd function -> the operator it is a node of."""

from __future__ import annotations

import inspect
import re
from typing import Any

from torch.autograd.function import BackwardCFunction
from torch.autograd.function import Function as BaseFunction
from torch.autograd.graph import Node as Function

from graphview.autograd.locate import short_path
from graphview.autograd.walk import NextFunctions
from graphview.catalogue.derivatives import operators
from graphview.model.graph import ACCUMULATE, Formula, Operator

# Nodes written by hand in C++, in words after torch/csrc/autograd/functions.
BUILTIN = {
    operator.name: operator
    for operator in (
        Operator(
            ACCUMULATE,
            "AccumulateGrad",
            "accumulate_grad",
            "builtin",
            arguments=("variable",),
            formulas=(Formula(("variable",), "variable.grad += grad"),),
        ),
        Operator(
            "CopyBackwards",
            "copy_",
            "copy",
            "builtin",
            schema="copy_(Tensor(a!) self, Tensor src) -> Tensor(a!)",
            arguments=("self", "src"),
            formulas=(
                Formula(("self",), "zeros_like(grad)"),
                Formula(("src",), "grad, in the dtype and on the device of src"),
            ),
        ),
        Operator(
            "CopySlices",
            "in-place on a view",
            "copy_slices",
            "builtin",
            arguments=("base",),
            formulas=(Formula(("base",), "grad outside the view, fn(grad) inside it"),),
            opaque="the in-place operation on the view runs inside this node",
        ),
        Operator("UndefinedGradBackward", "undefined_grad", "undefined_grad", "builtin"),
        Operator("DelayedError", "error", "error", "builtin", opaque="raises during backward"),
        Operator("Error", "error", "error", "builtin", opaque="raises during backward"),
        Operator("UndefinedGrad", "undefined_grad", "undefined_grad", "builtin"),
        Operator("SendRpcBackward", "rpc", "rpc", "builtin", opaque="goes on in another process"),
        *(
            Operator(name, "not_implemented", "not_implemented", "builtin", opaque=reason)
            for name, reason in (
                ("NotImplemented", "has no derivative: raises during backward"),
                ("WarnNotImplemented", "has no derivative: the gradient is silently lost here"),
            )
        ),
    )
}

OPAQUE = {
    "CompiledFunctionBackward": "a graph compiled by torch.compile: its operations are inside",
    "CheckpointFunctionBackward": "a reentrant checkpoint: the operations and parameters inside "
    "are recorded only during backward",
    "DifferentiableGraphBackward": "a graph compiled by torch.jit: its operations are inside",
}


def node_name(function: Function) -> str:
    """The class name, as `print(tensor.grad_fn)` shows it."""
    name = type(function).__name__
    if name != "CppFunction":
        return name
    # `torch::autograd::CppNode<my::Function>` is a Function that an extension wrote in C++.
    inner = re.sub(r".*CppNode<(.*)>", r"\1", str(function.name()))
    return inner.rpartition("::")[2]


def operator_for(function: Function) -> Operator:
    """What is known of the function's class; never an error."""
    name = node_name(function)
    if isinstance(function, BackwardCFunction):
        return _custom(type(function), name)
    known = BUILTIN.get(name) or operators().get(name)
    return known or Operator(name, name, name, "unknown", opaque=OPAQUE.get(name))


def _custom(cls: type, name: str) -> Operator:
    forward = getattr(cls, "_forward_cls", cls)
    file, line = _where(forward)
    op = f"{forward.__module__}.{forward.__qualname__}"
    reason = OPAQUE.get(name, "a custom Function: its formula is the code of its backward")
    return Operator(
        name=name,
        op=op,
        family=forward.__name__,
        origin="custom",
        arguments=_forward_arguments(forward),
        opaque=reason,
        file=file,
        line=line,
    )


def _where(cls: type) -> tuple[str | None, int | None]:
    try:
        return short_path(inspect.getsourcefile(cls) or ""), inspect.getsourcelines(cls)[1]
    except (OSError, TypeError, SyntaxError):
        # Typed into a REPL, or built at run time: there is no file to name.
        return None, None


def _forward_arguments(cls: Any) -> tuple[str, ...]:
    try:
        parameters = list(inspect.signature(cls.forward).parameters.values())
    except (TypeError, ValueError):
        return ()
    # With a setup_context of its own, forward is not given the context.
    first = 0 if cls.setup_context is not BaseFunction.setup_context else 1
    return tuple(
        "*" * (parameter.kind is parameter.VAR_POSITIONAL) + parameter.name
        for parameter in parameters[first:]
        if parameter.kind not in (parameter.KEYWORD_ONLY, parameter.VAR_KEYWORD)
    )


def edge_arguments(operator: Operator, count: int) -> tuple[str | None, ...]:
    """Name the `count` entries of `next_functions` by the operator's arguments.

    Slot i belongs to the i-th differentiable argument; where one argument is a list of tensors
    it takes all slots that the others leave, as `tensors[0]`, `tensors[1]`.
    """
    names = operator.arguments
    if operator.origin == "builtin":
        # What else flows into a CopySlices belongs to the function inside it.
        return (*names, *(None,) * (count - len(names)))[:count]
    lists = [name for name in names if re.search(rf"\[\] {name}\b", operator.schema or "")]
    if len(lists) == 1 and count >= len(names) - 1:
        return _spread(names, lists[0], count - len(names) + 1)
    return names if len(names) == count else (None,) * count


def _spread(names: tuple[str, ...], listed: str, length: int) -> tuple[str, ...]:
    spread: list[str] = []
    for name in names:
        spread += [f"{name}[{i}]" for i in range(length)] if name == listed else [name]
    return tuple(spread)


def custom_arguments(
    function: Any, operator: Operator, edges: NextFunctions
) -> tuple[str | None, ...]:
    """Name a custom Function's entries of `next_functions`.

    `needs_input_grad` has an entry for each argument of forward, `next_functions` only for the
    tensors among them; those that want a gradient come in the same order in both.
    """
    needs = function.needs_input_grad
    names = [_positional(operator.arguments, position) for position in range(len(needs))]
    if len(needs) == len(edges):
        return tuple(names)
    wanted = [name for name, need in zip(names, needs, strict=True) if need]
    if len(wanted) != sum(producer is not None for producer, _ in edges):
        return (None,) * len(edges)
    rest = iter(wanted)
    return tuple(None if producer is None else next(rest) for producer, _ in edges)


def _positional(arguments: tuple[str, ...], position: int) -> str | None:
    """The parameter that takes the argument at a position; `*tensors` takes all from its own on."""
    for number, name in enumerate(arguments[: position + 1]):
        if name.startswith("*"):
            return f"{name[1:]}[{position - number}]"
    return arguments[position] if position < len(arguments) else None
