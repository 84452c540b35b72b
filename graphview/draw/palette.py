"""The colours of the kinds of node in each theme, and the style sheet made from them.

Fills and outlines are far enough apart for colour-blind readers; each outline has at least 3:1
on the page, each text at least 7:1 on its fill. Shape and border carry the kind as well, and on
paper nothing else does.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Colours:
    """One theme: (fill, outline) for each kind, the inks, and the page that they are meant for.

    `weights` are widths of outlines in points where they are not 1; kinds in `dotted` have dots.
    """

    leaf: tuple[str, str]
    operation: tuple[str, str]
    accumulate: tuple[str, str]
    root: tuple[str, str]
    group: tuple[str, str]
    saved: tuple[str, str]
    constant: tuple[str, str]
    frame: tuple[str, str]
    came: tuple[str, str]
    gone: tuple[str, str]
    changed: tuple[str, str]
    text: str
    line: str
    page: str
    weights: Mapping[str, float] = field(default_factory=dict)
    dotted: frozenset[str] = frozenset()

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
    frame=("#f6f7f9", "#848d97"),
    came=("#b9efb3", "#1a6b2c"),
    gone=("#ffd0cb", "#a1261b"),
    changed=("#ffe39a", "#7a5600"),
    text="#14181d",
    line="#56606b",
    page="#ffffff",
)
DARK = Colours(
    leaf=("#1f4f86", "#7db7ff"),
    operation=("#3a4048", "#a5afba"),
    accumulate=("#262b31", "#8a939d"),
    root=("#1b5e33", "#6fd087"),
    group=("#22272d", "#c3cad2"),
    saved=("#6b3f0a", "#ffb866"),
    constant=("#1a1e23", "#8f98a2"),
    frame=("#1c2025", "#6f7983"),
    came=("#205c35", "#86e09b"),
    gone=("#6e2119", "#ff9f95"),
    changed=("#574200", "#f0c24f"),
    text="#f3f6f9",
    line="#a5afba",
    page="#15181c",
)
_INK = ("#ffffff", "#000000")
PRINT = Colours(
    leaf=_INK,
    operation=_INK,
    accumulate=_INK,
    root=_INK,
    group=_INK,
    saved=_INK,
    constant=_INK,
    frame=_INK,
    came=_INK,
    gone=_INK,
    changed=_INK,
    text="#000000",
    line="#000000",
    page="#ffffff",
    weights={"leaf": 1.8, "root": 1.4, "accumulate": 0.5, "group": 2.2, "saved": 1.4, "frame": 0.5}
    | {"came": 2.6, "gone": 1.4, "changed": 1.6},
    dotted=frozenset({"saved"}),
)
THEMES = {"light": LIGHT, "dark": DARK, "print": PRINT}
KINDS = ("leaf", "operation", "accumulate", "root")
# What only folded and detailed pictures have.
FOLDED_KINDS = ("group", "saved", "constant", "frame")
# Of no colours of its own: it is text without an outline.
NOTE = "note"
# Of these there may be several, one behind the other.
STACKED = frozenset({"group", "frame"})
# What only the picture of two graphs has: a box of any kind, marked with what happened to it.
MARKS = ("came", "gone", "changed")
EVERY_KIND = (*KINDS, *FOLDED_KINDS, *MARKS)
# With a broken outline, for what is not in autograd's graph.
DASHED = frozenset({"constant", "gone"})


def css_variables(colours: Colours, kinds: Collection[str] = EVERY_KIND) -> str:
    """The theme as custom properties, `--gv-leaf-fill:#9ecbff;` and so on."""
    pairs = [(kind, *colours.of(kind)) for kind in EVERY_KIND if kind in kinds]
    fills = "".join(f"--gv-{k}-fill:{fill};--gv-{k}-line:{line};" for k, fill, line in pairs)
    return f"{fills}--gv-text:{colours.text};--gv-line:{colours.line};"


def css_rules(scope: str, kinds: Collection[str] = EVERY_KIND) -> str:
    """Rules that colour a drawing inside `scope` from the custom properties."""
    there = [kind for kind in EVERY_KIND if kind in kinds]
    rules = [_rule(scope, kind) for kind in there]
    if "root" in there:
        rules.append(f"{scope} .gv-root .gv-ring{{fill:none;stroke:var(--gv-root-line)}}")
    texts = [".gv-node text", ".gv-heading", *([".gv-frame text"] if "frame" in there else [])]
    rules.append(f"{','.join(f'{scope} {css}' for css in texts)}{{fill:var(--gv-text)}}")
    rules.append(f"{scope} .gv-edge path{{stroke:var(--gv-line)}}")
    rules.append(f"{scope} .gv-edge polygon{{fill:var(--gv-line);stroke:var(--gv-line)}}")
    return "".join(rules)


def _rule(scope: str, kind: str) -> str:
    shapes = [".gv-shape", *([".gv-sheet"] if kind in STACKED else [])]
    selectors = ",".join(f"{scope} .gv-{kind} {shape}" for shape in shapes)
    return f"{selectors}{{fill:var(--gv-{kind}-fill);stroke:var(--gv-{kind}-line)}}"
