"""The lesson's data: y = 1 + 2x + noise, drawn by NumPy with seed 42, 80 points to learn from."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from graphview.model.run import LossSurface, Points

SEED, POINTS, TRAINING_POINTS = 42, 100, 80
TRUE_A, TRUE_B, NOISE = 1.0, 2.0, 0.1
Array = NDArray[np.float64]


class Data(NamedTuple):
    """Training and validation sets, each (n, 1); 80 and 20 rows."""

    x_train: Array
    y_train: Array
    x_val: Array
    y_val: Array


class Tensors(NamedTuple):
    """The same as float32 tensors on the device."""

    x_train: torch.Tensor
    y_train: torch.Tensor
    x_val: torch.Tensor
    y_val: torch.Tensor


def make_data() -> Data:
    """Draw the data; NumPy's global generator is left alone."""
    random = np.random.RandomState(SEED)
    x = random.rand(POINTS, 1)
    y = TRUE_A + TRUE_B * x + NOISE * random.randn(POINTS, 1)
    order = np.arange(POINTS)
    random.shuffle(order)
    train, validation = order[:TRAINING_POINTS], order[TRAINING_POINTS:]
    return Data(x[train], y[train], x[validation], y[validation])


def to_tensors(data: Data, device: torch.device) -> Tensors:
    """Convert to float32 and move to the device: x and y need no gradient."""
    return Tensors(*(torch.from_numpy(array).float().to(device) for array in data))


def least_squares(data: Data) -> tuple[float, float, float]:
    """The a and b with the smallest mean squared error on the training set, and that error.

    Solved in float64 by `numpy.linalg.lstsq`: what training can reach at best.
    """
    design = np.hstack([np.ones_like(data.x_train), data.x_train])
    (a, b), *_ = np.linalg.lstsq(design, data.y_train[:, 0], rcond=None)
    loss = np.mean((data.y_train[:, 0] - design @ np.array([a, b])) ** 2)
    return float(a), float(b), float(loss)


def points(data: Data) -> Points:
    """The same as pairs of x and y."""
    training, validation = (
        tuple((float(x), float(y)) for x, y in zip(xs[:, 0], ys[:, 0], strict=True))
        for xs, ys in ((data.x_train, data.y_train), (data.x_val, data.y_val))
    )
    return Points("a", "b", training, validation)


def swing_epochs(learning_rate: float) -> tuple[float, float]:
    """How many epochs a swing takes where gradients pile up, across the valley and along it.

    Each step then adds minus rate times gradient to the step before. Along a direction of curvature
    c this is w(t+1) − 2·w(t) + w(t−1) = −rate·c·w(t), a swing of 2π / arccos(1 − rate·c/2).
    """
    hessian = np.array(loss_surface(make_data()).hessian)
    along, across = (
        float(2 * np.pi / np.arccos(1 - learning_rate * curvature / 2))
        for curvature in np.linalg.eigvalsh(hessian)
    )
    return across, along


def loss_surface(data: Data) -> LossSurface:
    """The loss on the training set for every a and b. Its second derivatives are constant."""
    a, b, lowest = least_squares(data)
    design = np.hstack([np.ones_like(data.x_train), data.x_train])
    (aa, ab), (ba, bb) = (2 / len(design) * design.T @ design).tolist()
    return LossSurface(("a", "b"), (a, b), lowest, ((aa, ab), (ba, bb)))
