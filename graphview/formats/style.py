"""How findings are to be written, and what is read beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from graphview.formats.listing import Listing

Rules = Mapping[str, tuple[str, str, str, str]]
"""Of each code: its name, what is wrong, why that matters, what to do."""

NARROWEST = 40


@dataclass(frozen=True)
class Style:
    """What a reader wishes.

    `width` is in columns of a terminal. Files below `folder` are named relative to it, and source
    lines are read there. `rules` are for SARIF, `show_passed` and `color` for text.
    """

    folder: Path
    show_passed: bool = False
    color: bool = False
    width: int = 88
    rules: Rules = field(default_factory=dict)
    listing: Listing = field(default_factory=Listing)

    @property
    def room(self) -> int:
        """How many columns a line may take: narrower than `NARROWEST` nothing can be read."""
        return max(self.width, NARROWEST)
