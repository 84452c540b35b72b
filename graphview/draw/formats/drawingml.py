"""The small parts that shapes and arrows of a slide share; lengths are in EMU, 12,700 a point."""

from __future__ import annotations

EMU = 12_700
NAMESPACES = (
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
)
# A corner cannot take more than half of a side.
MOST_ADJUSTED = 0.5


def emu(points: float) -> int:
    return round(points * EMU)


def transform(x: int, y: int, width: int, height: int, turn: str = "") -> str:
    """Where a shape stands; `turn` are attributes that turn or flip it."""
    place = f'<a:off x="{x}" y="{y}"/><a:ext cx="{width}" cy="{height}"/>'
    return f"<a:xfrm{turn}>{place}</a:xfrm>"


def fill(colour: str) -> str:
    return f'<a:solidFill><a:srgbClr val="{colour[1:].upper()}"/></a:solidFill>'


def preset(name: str, adjusted: float | None = None) -> str:
    """A shape of PowerPoint's own; `adjusted` is the size of its corner, as a part of a side."""
    if adjusted is None:
        return f'<a:prstGeom prst="{name}"><a:avLst/></a:prstGeom>'
    value = round(min(adjusted, MOST_ADJUSTED) * 100_000)
    guide = f'<a:gd name="adj" fmla="val {value}"/>'
    return f'<a:prstGeom prst="{name}"><a:avLst>{guide}</a:avLst></a:prstGeom>'
