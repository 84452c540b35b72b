"""The font of pictures that bring their own: DejaVu Sans Mono 2.37; see LICENSE beside it."""

from __future__ import annotations

from pathlib import Path

FAMILY = "DejaVu Sans Mono"
REGULAR = Path(__file__).with_name("DejaVuSansMono.ttf")
BOLD = Path(__file__).with_name("DejaVuSansMono-Bold.ttf")
