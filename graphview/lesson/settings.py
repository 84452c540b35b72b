"""What the caller of the lesson may choose, written into its code before it runs."""

from __future__ import annotations

from dataclasses import dataclass

import torch

DEVICE = 'device = "cuda" if torch.cuda.is_available() else "cpu"\n'
EPOCHS = "n_epochs = 1000\n"
RANDOM = "{name} = torch.randn(1, requires_grad=True, dtype=torch.float, device=device)\n"
GIVEN = "{name} = torch.tensor([{value!r}], requires_grad=True, dtype=torch.float, device=device)\n"


@dataclass(frozen=True, slots=True)
class Settings:
    """`initial` are a and b, where they are not to be drawn by seed."""

    device: torch.device
    epochs: int = 1000
    initial: tuple[float, float] | None = None

    def written(self, code: str) -> str:
        """The code as it will run and be shown: it says what was chosen."""
        if str(self.device) != ("cuda" if torch.cuda.is_available() else "cpu"):
            code = code.replace(DEVICE, f'device = "{self.device}"\n')
        code = code.replace(EPOCHS, f"n_epochs = {self.epochs}\n")
        for name, value in zip("ab", self.initial or (), strict=False):
            code = code.replace(RANDOM.format(name=name), GIVEN.format(name=name, value=value))
        return code
