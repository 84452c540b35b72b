"""What every format is given."""

from __future__ import annotations

from dataclasses import dataclass, replace

from graphview.draw.fit import Style
from graphview.draw.palette import LIGHT, THEMES, Colours
from graphview.draw.scene import Scene
from graphview.model.graph import Graph

WHITE = "#ffffff"
# What of a style says how a picture looks.
LOOKS = frozenset({"theme", "background", "fit", "width", "scale", "title", "font_size"})


@dataclass(frozen=True, slots=True)
class Picture:
    """A graph, where all of it stands, and in words what it is.

    `dot` is the drawing that the scene was laid out from, where there is one, and `closed` the path
    of the largest group that is folded because its page has no room for more.
    """

    graph: Graph
    scene: Scene
    title: str
    description: str
    dot: str | None = None
    closed: str | None = None


def steady(style: Style) -> Style:
    """With a background of its own a picture cannot follow its reader's theme."""
    follows = style.theme == "auto" and style.background not in (None, "none")
    return replace(style, theme="light") if follows else style


def colours_of(style: Style) -> Colours:
    """The one theme of a format that cannot follow its reader."""
    return THEMES.get(style.theme, LIGHT)


def background_of(style: Style, usual: str = "none") -> str | None:
    """The page's colour; None for none."""
    chosen = style.background or usual
    return {"white": WHITE, "page": colours_of(style).page}.get(chosen)
