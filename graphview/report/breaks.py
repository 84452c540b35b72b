"""Where a line of code may go on in the next one: not within a name, if it can be helped."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

# In characters: what has no space in so many may not fit beside the numbers of the lines.
LONG = 16
WORD = re.compile(rf"\S{{{LONG},}}")
# After an opening bracket, a comma or an operator, and before the dot of an attribute. An operator
# of several characters stays whole, and so does a number with its sign or exponent.
PLACES = re.compile(
    r"(?<=[(\[{,;])(?=[^)\]},;])"
    r"|(?<=[-+*/%=|&<>@:])(?<![eE(\[{,=][-+*])(?=[\w(\[{'\"])"
    r"|(?<=[\w)\]])(?=\.[A-Za-z_])"
)


def breakable(code: str) -> Markup:
    """The code as HTML, with `<wbr>` where its long words may be broken."""
    parts, end = [], 0
    for word in WORD.finditer(code):
        parts += [escape(code[end : word.start()]), _broken(word[0])]
        end = word.end()
    return Markup("").join([*parts, escape(code[end:])])


def _broken(word: str) -> Markup:
    return Markup("<wbr>").join(PLACES.split(word))
