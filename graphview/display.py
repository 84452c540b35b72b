"""Graphs and recordings as pictures and pages, for the methods that people call on them."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from graphview.draw.describe import look_of
from graphview.draw.engines import layout
from graphview.draw.palette import DARK, LIGHT, THEMES, Colours, css_rules, css_variables
from graphview.draw.picture import picture_of
from graphview.draw.svg import SCREEN_FONT, write_svg
from graphview.errors import LayoutError, RootError
from graphview.files import check_writable, write
from graphview.model.graph import Graph

if TYPE_CHECKING:
    from graphview.model.recording import Recording

AUTO = "auto"
Fold = str | int
# What notebooks write into their pages when their own theme is light or dark, whatever the
# system's is: JupyterLab, VS Code, Colab.
LIGHT_HOSTS = "[data-jp-theme-light=true],[data-vscode-theme-kind=vscode-light],html[theme=light]"
DARK_HOSTS = "[data-jp-theme-light=false],[data-vscode-theme-kind=vscode-dark],html[theme=dark]"
# Behind a picture lies its theme's page, so that it can be read anywhere; where the theme is known
# to be the notebook's own, nothing.
NO_PAGE = "transparent"


def svg(graph: Graph, *, theme: str = AUTO, fold: Fold = AUTO) -> str:
    """Draw a graph as an SVG file, as `graphview render` does.

    Errors: LayoutError for an unknown theme or fold, and where no engine can draw.
    """
    return _published(graph, None, theme, fold)


def svg_of_recording(
    recording: Recording, root: str | None, *, theme: str = AUTO, fold: Fold = AUTO
) -> str:
    """Draw one of a recording's graphs; `root` may be left out where there is only one.

    Errors: RootError for a root that the recording lacks, and those of `svg`.
    """
    name = _chosen(recording, root)
    return _published(recording.graphs[name], recording.drawings.get(name), theme, fold)


def mimebundle(graph: Graph, *, theme: str = AUTO) -> dict[str, str]:
    """A graph for a notebook, by MIME type; where it cannot be drawn only text that says why.

    Errors: LayoutError for an unknown theme.
    """
    _check_theme(theme)
    try:
        scene = picture_of(graph)
    except LayoutError as error:
        return {"text/plain": f"{graph!r}\nNot drawn: {error}"}
    prefix = f"gv-{secrets.token_hex(4)}-"
    inline = write_svg(scene, look_of(graph, theme=theme, prefix=prefix, inline=True))
    return {"text/plain": repr(graph), "text/html": _framed(inline, prefix, theme)}


def write_report(recording: Recording, path: Path) -> None:
    """Write the page that `graphview report` makes of a recording, whole or not at all.

    Errors: OutputError, LayoutError.
    """
    from graphview.report.page import drawings, page

    check_writable(path)
    layouts = {name: layout(dot) for name, dot in drawings(recording).items()}
    write(path, page(recording, layouts).encode())


def _published(graph: Graph, drawing: str | None, theme: str, fold: Fold) -> str:
    _check_theme(theme)
    if not (fold in (AUTO, "none") or (isinstance(fold, int) and fold >= 0)):
        raise LayoutError(
            f"fold is {fold!r}; give auto, none, or how many levels of modules to open, from 0."
        )
    return write_svg(picture_of(graph, fold, drawing=drawing), look_of(graph, theme=theme))


def _check_theme(theme: str) -> None:
    known = (AUTO, *THEMES)
    if theme not in known:
        raise LayoutError(f"there is no theme {theme!r}; choose one of {', '.join(known)}.")


def _chosen(recording: Recording, root: str | None) -> str:
    names = list(recording.graphs)
    if root is None and len(names) == 1:
        return names[0]
    if root in recording.graphs:
        return root
    known = ", ".join(names) or "none"
    if root is None and names:
        raise RootError(f"{recording.subject} has several roots; give one of {known}.")
    wanted = "graph" if root is None else f"root {root!r}"
    raise RootError(f"there is no {wanted} in {recording.subject}; its roots are {known}.")


def _framed(inline: str, prefix: str, theme: str) -> str:
    """The picture in a box of its own, which scrolls rather than make text too small to read."""
    style = _style(f"#{prefix}view", theme)
    return (
        f'<div id="{prefix}view" class="graphview" role="figure" tabindex="0" '
        f'aria-labelledby="{prefix}title"><style>{style}</style>{inline}</div>'
    )


def _style(scope: str, theme: str) -> str:
    """The box's style sheet, which says nothing of any other box on the page."""
    return (
        f"{_themes(scope, theme)}{scope}{{background:var(--gv-page);padding:8px;overflow:auto;"
        f"box-sizing:border-box;width:fit-content;max-width:100%;max-height:60rem}}"
        f"{scope} svg{{display:block;max-width:none;height:auto}}"
        f"{scope} text{{font-family:{SCREEN_FONT}}}{css_rules(scope)}"
    )


def _themes(scope: str, theme: str) -> str:
    if theme != AUTO:
        return f"{scope}{{{_variables(THEMES[theme])}}}"
    light, dark = _variables(LIGHT), _variables(DARK)
    hosts = {LIGHT_HOSTS: _variables(LIGHT, NO_PAGE), DARK_HOSTS: _variables(DARK, NO_PAGE)}
    known = "".join(f":is({host}) {scope}{{{colours}}}" for host, colours in hosts.items())
    in_the_dark = f"@media screen and (prefers-color-scheme:dark){{{scope}{{{dark}}}}}"
    return f"{scope}{{{light}}}{in_the_dark}@media screen{{{known}}}"


def _variables(colours: Colours, page: str | None = None) -> str:
    return f"{css_variables(colours)}--gv-page:{page or colours.page};"
