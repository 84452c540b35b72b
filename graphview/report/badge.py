"""One entry of the strip at the top of the page."""

from __future__ import annotations

from dataclasses import dataclass

SIGNS = {"good": "✓", "attention": "!", "fact": ""}


@dataclass(frozen=True, slots=True)
class Badge:
    """`state` is good, attention or fact; the sign says the same without colour."""

    state: str
    label: str
    text: str

    @property
    def sign(self) -> str:
        return SIGNS[self.state]
