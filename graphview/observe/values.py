"""A tensor's numbers in short: what a page can show of them."""

from __future__ import annotations

from itertools import accumulate

import torch

from graphview.model.backward import TensorValues

MOST_WHOLE, LONGEST_ROW = 6, 6


def summarize(tensor: torch.Tensor) -> TensorValues | None:
    """Mean, extremes and first row of a tensor of real numbers; all of them if they are few.

    None where there are no such numbers to read: complex, sparse, nested, empty, on `meta`, or
    inside a transform of torch.func. Costs one transfer from the device; keeps nothing.
    """
    try:
        # A mode or a tensor subclass of the user's must not see our own arithmetic.
        with torch._C.DisableTorchFunction(), torch.no_grad():
            return _summary(tensor.detach()) if readable(tensor) else None
    except (RuntimeError, TypeError):
        # Fake and batched tensors, and whatever comes next, have no numbers either.
        return None


def readable(tensor: torch.Tensor) -> bool:
    """Whether a tensor has real numbers, in memory, in rows."""
    plain = tensor.layout is torch.strided and not tensor.is_nested
    return plain and tensor.is_floating_point() and not tensor.is_meta and tensor.numel() > 0


def _summary(tensor: torch.Tensor) -> TensorValues:
    shape, few = tuple(tensor.shape), tensor.numel() <= MOST_WHOLE
    # Of float16 the mean would overflow; a double stays one, and MPS has none.
    wide = tensor if tensor.dtype is torch.float64 else tensor.float()
    row = wide[(0,) * (wide.dim() - 1)] if wide.dim() > 1 else wide.reshape(-1)
    least, greatest = wide.amin(), wide.amax()
    parts = [torch.stack([wide.mean(), least, greatest]), row[:LONGEST_ROW]]
    parts += [wide.reshape(-1)] if few else []
    numbers: list[float] = torch.cat(parts).tolist()
    ends = list(accumulate(len(part) for part in parts))
    mean, lowest, highest = numbers[:3]
    whole = tuple(numbers[ends[1] :]) if few else None
    return TensorValues(shape, mean, lowest, highest, tuple(numbers[3 : ends[1]]), whole)
