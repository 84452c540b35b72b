"""A live autograd function -> the operator it is a node of."""

from __future__ import annotations

import inspect

from torch.autograd.function import BackwardCFunction
from torch.autograd.graph import Node as Function

from graphview.capture.derivatives import operators
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
            formulas=(Formula(("base",), "grad outside the view, fn(grad) inside it"),),
            opaque="the in-place operation on the view runs inside this node",
        ),
        Operator("UndefinedGradBackward", "undefined_grad", "undefined_grad", "builtin"),
        Operator("DelayedError", "error", "error", "builtin", opaque="raises during backward"),
        Operator("Error", "error", "error", "builtin", opaque="raises during backward"),
        Operator("NotImplemented", "not_implemented", "not_implemented", "builtin",
                 opaque="has no derivative: raises during backward"),
        Operator("WarnNotImplemented", "not_implemented", "not_implemented", "builtin",
                 opaque="has no derivative: the gradient is silently lost here"),
    )
}

OPAQUE = {
    "CompiledFunctionBackward": "a graph compiled by torch.compile: its operations are inside",
    "CheckpointFunctionBackward": "a reentrant checkpoint: the operations and parameters inside "
    "are recorded only during backward",
}


def node_name(function: Function) -> str:
    """The class name, as `print(tensor.grad_fn)` shows it."""
    name = type(function).__name__
    if name != "CppFunction":
        return name
    return str(function.name()).rpartition("::")[2]


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
        return inspect.getsourcefile(cls), inspect.getsourcelines(cls)[1]
    except (OSError, TypeError):
        # Typed into a REPL, or built at run time: there is no file to name.
        return None, None


def _forward_arguments(cls: type) -> tuple[str, ...]:
    try:
        names = list(inspect.signature(cls.forward).parameters)  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        return ()
    return tuple(name for name in names if name != "ctx")


def edge_arguments(operator: Operator, count: int) -> tuple[str | None, ...]:
    """Name the `count` entries of `next_functions` by the operator's arguments.

    Slot i belongs to the i-th differentiable argument; where one argument is a list of tensors
    it takes all slots that the others leave, as `tensors[0]`, `tensors[1]`.
    """
    names = operator.arguments
    if operator.origin == "custom":
        return names if len(names) == count else (None,) * count
    if len(names) == count:
        return names
    lists = [name for name in names if f"Tensor[] {name}" in (operator.schema or "")]
    if len(lists) != 1:
        return (None,) * count
    return _spread(names, lists[0], count - len(names) + 1)


def _spread(names: tuple[str, ...], listed: str, length: int) -> tuple[str, ...]:
    spread: list[str] = []
    for name in names:
        spread += [f"{name}[{i}]" for i in range(length)] if name == listed else [name]
    return tuple(spread)
