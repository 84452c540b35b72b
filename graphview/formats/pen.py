"""Colours of a terminal, for those who ask for them."""

from __future__ import annotations

from dataclasses import dataclass

LOOKS = {
    "error": "1;31",
    "warning": "1;33",
    "note": "1;36",
    "label": "1",
    "place": "36",
    "quiet": "2",
    "good": "32",
}


@dataclass(frozen=True, slots=True)
class Pen:
    """Writes in colour, or leaves all as it is."""

    color: bool

    def __call__(self, text: str, look: str) -> str:
        return f"\x1b[{LOOKS[look]}m{text}\x1b[0m" if self.color and text else text
