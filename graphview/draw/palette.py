"""The colours of the kinds of node, light and dark, and the style sheet made from them.

Fills and outlines are far enough apart for colour-blind readers; each outline has at least 3:1
on the page, each text at least 7:1 on its fill. Shape and border carry the kind as well.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Colours:
    """One theme: (fill, outline) for each kind, and the inks."""

    leaf: tuple[str, str]
    operation: tuple[str, str]
    accumulate: tuple[str, str]
    root: tuple[str, str]
    group: tuple[str, str]
    saved: tuple[str, str]
    constant: tuple[str, str]
    frame: tuple[str, str]
    text: str
    line: str

    def of(self, kind: str) -> tuple[str, str]:
        pair: tuple[str, str] = getattr(self, kind)
        return pair


LIGHT = Colours(
    leaf=("#9ecbff", "#1b4f8a"),
    operation=("#e3e6ea", "#56606b"),
    accumulate=("#f4f6f8", "#7a838d"),
    root=("#8fe388", "#1a6b2c"),
    group=("#ffffff", "#3d4650"),
    saved=("#ffd7a3", "#8a4b00"),
    constant=("#ffffff", "#6b747e"),
    frame=("#f6f7f9", "#a9b1ba"),
    text="#14181d",
    line="#56606b",
)
DARK = Colours(
    leaf=("#1f4f86", "#7db7ff"),
    operation=("#3a4048", "#a5afba"),
    accumulate=("#262b31", "#8a939d"),
    root=("#1b5e33", "#6fd087"),
    group=("#22272d", "#c3cad2"),
    saved=("#6b3f0a", "#ffb866"),
    constant=("#1a1e23", "#8f98a2"),
    frame=("#1c2025", "#5b656f"),
    text="#f3f6f9",
    line="#a5afba",
)
THEMES = {"light": LIGHT, "dark": DARK}
KINDS = ("leaf", "operation", "accumulate", "root")
# What only folded and detailed pictures have.
FOLDED_KINDS = ("group", "saved", "constant", "frame")


def css_variables(colours: Colours) -> str:
    """The theme as custom properties, `--gv-leaf-fill:#9ecbff;` and so on."""
    pairs = [(kind, *colours.of(kind)) for kind in KINDS]
    fills = "".join(f"--gv-{k}-fill:{fill};--gv-{k}-line:{line};" for k, fill, line in pairs)
    return f"{fills}--gv-text:{colours.text};--gv-line:{colours.line};"


def css_rules(scope: str) -> str:
    """Rules that colour a drawing inside `scope` from the custom properties."""
    rules = [
        f"{scope} .gv-{kind} .gv-shape{{fill:var(--gv-{kind}-fill);stroke:var(--gv-{kind}-line)}}"
        for kind in KINDS
    ]
    rules.append(f"{scope} .gv-root .gv-ring{{fill:none;stroke:var(--gv-root-line)}}")
    rules.append(f"{scope} .gv-node text{{fill:var(--gv-text)}}")
    rules.append(f"{scope} .gv-edge path{{stroke:var(--gv-line)}}")
    rules.append(f"{scope} .gv-edge polygon{{fill:var(--gv-line);stroke:var(--gv-line)}}")
    return "".join(rules)
