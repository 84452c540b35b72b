"""JSON: the graph itself, as `Graph.to_json` writes it."""

from __future__ import annotations

from collections.abc import Sequence

from graphview.draw.fit import Style
from graphview.draw.formats.picture import Picture
from graphview.model.store import to_json

MANY: bool = False
USES: frozenset[str] = frozenset()
NEEDS: str | None = None
FIT: str | None = None


def write(pictures: Sequence[Picture], style: Style) -> bytes:
    (picture,) = pictures
    return to_json(picture.graph)
