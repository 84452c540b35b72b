"""HTML: one page that asks nobody for anything, with the picture in its size, scrolling."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from html import escape

from graphview.draw.drawing import LONGEST_TITLE
from graphview.draw.fit import Style
from graphview.draw.formats.picture import LOOKS, WHITE, Picture, steady
from graphview.draw.formats.svg import look_of_picture
from graphview.draw.palette import DARK, LIGHT, THEMES, css_rules, css_variables
from graphview.draw.shapes import shown
from graphview.draw.svg import SCREEN_FONT, write_svg

MANY: bool = True
USES: frozenset[str] = LOOKS
NEEDS: str | None = None
FIT: str | None = None
POLICY = (
    "default-src 'none'; style-src '{style}'; img-src data:; base-uri 'none'; form-action 'none'"
)
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>
{pictures}</main>
</body>
</html>
"""


def write(pictures: Sequence[Picture], style: Style) -> bytes:
    if style.background == "white":
        style = steady(style)
    css = _style(style)
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    drawn = "".join(_drawn(picture, style, i) for i, picture in enumerate(pictures))
    return PAGE.format(
        policy=POLICY.format(style=f"sha256-{digest}"),
        title=escape(shown(style.title or pictures[0].title, LONGEST_TITLE), quote=False),
        style=css,
        pictures=drawn,
    ).encode()


def _drawn(picture: Picture, style: Style, number: int) -> str:
    # What lies behind it is the page's.
    plain = replace(style, background=None)
    look = look_of_picture(picture, plain, prefix=f"g{number}-", inline=True)
    return write_svg(picture.scene, look)


def _style(style: Style) -> str:
    colours = THEMES.get(style.theme, LIGHT)
    white = WHITE if style.background == "white" else None
    rules = f":root{{{css_variables(colours)}--page:{white or colours.page};}}"
    if style.theme == "auto":
        dark = f":root{{{css_variables(DARK)}--page:{white or DARK.page};}}"
        rules += f"@media screen and (prefers-color-scheme:dark){{{dark}}}"
    return (
        f"{rules}html{{background:var(--page)}}body{{margin:0}}"
        "main{width:max-content;min-width:100%;box-sizing:border-box;padding:1rem}"
        "svg{display:block;margin:0 auto 1rem}"
        f".gv-picture text{{font-family:{SCREEN_FONT}}}"
        f"{css_rules('.gv-picture')}"
    )
