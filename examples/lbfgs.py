"""L-BFGS in Rosenbrock's valley: an optimizer that calls the loss itself.

Look at the run: `optimizer.step` asks the closure for the loss as often as its line search wants,
so there are several backward passes to each update. The graph has a single leaf, `point`, which is
taken apart into x and y.
"""

import torch

torch.manual_seed(0)
point = torch.tensor([-1.5, 2.0], requires_grad=True)
optimizer = torch.optim.LBFGS([point], max_iter=5, line_search_fn="strong_wolfe")


def rosenbrock(point: torch.Tensor) -> torch.Tensor:
    """Zero at (1, 1), at the end of a long bent valley."""
    x, y = point
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def closure() -> torch.Tensor:
    optimizer.zero_grad()
    loss = rosenbrock(point)
    loss.backward()
    return loss


for update in range(12):
    loss = optimizer.step(closure)
    print(f"update {update:2}: loss before it {loss.item():.6f}")

x, y = point.tolist()
print(f"arrived at ({x:.3f}, {y:.3f})")
