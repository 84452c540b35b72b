"""What a layout engine drew -> the SVG that we publish: named, described, coloured, themable.

One file serves browsers, slide programs and converters: the theme's colours are presentation
attributes, which all of them read, and everything else stands inside `@supports`, which those
without CSS variables skip.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from graphview.draw.palette import DARK, KINDS, LIGHT, THEMES, Colours, css_rules, css_variables

SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
PIXELS_A_POINT = 4 / 3
# Slide programs know Courier New; the style sheet asks browsers for something sturdier.
PLAIN_FONT = "'Courier New', Courier, 'Liberation Mono', monospace"
SCREEN_FONT = "ui-monospace,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace"
SHAPES = {f"{{{SVG}}}{name}" for name in ("polygon", "path", "ellipse")}
# All that is taken over from the engine. The DOT of somebody's recording may ask for more: links,
# pictures, and, since Graphviz does not escape font names, attributes with script in them.
KEPT = {
    f"{{{SVG}}}title": frozenset[str](),
    f"{{{SVG}}}polygon": frozenset({"points"}),
    f"{{{SVG}}}path": frozenset({"d"}),
    f"{{{SVG}}}ellipse": frozenset({"cx", "cy", "rx", "ry"}),
    f"{{{SVG}}}text": frozenset({"x", "y", "text-anchor", "font-size"}),
}
# Their first line is the user's name for a tensor.
NAMED = ("leaf", "root")

ET.register_namespace("", SVG)


@dataclass(frozen=True, slots=True)
class Links:
    """Where a box leads (`#...`), by its id, and which boxes were seen in a picture before."""

    targets: Mapping[str, str]
    seen_before: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Look:
    """How a picture is published.

    `theme` is light, dark, or auto (light, and dark where the reader asks for it). `prefix` goes
    before every id, so that several pictures share a page. `inline` leaves out the style sheet
    and the XML declaration: the page brings its own. `links` make the boxes of a page clickable.
    """

    title: str
    description: str
    theme: str = "auto"
    prefix: str = "gv-"
    inline: bool = False
    links: Links | None = None

    @property
    def colours(self) -> Colours:
        return THEMES.get(self.theme, LIGHT)


def publish(drawn: bytes, look: Look) -> str:
    """Turn Graphviz's SVG into ours; the same input gives the same bytes.

    Sizes are in px at 96 an inch. Errors: xml.etree's ParseError if `drawn` is not SVG.
    """
    drawing = ET.fromstring(drawn)
    svg = _resized(drawing)
    graph = drawing.find(_tag("g"))
    if graph is not None:
        svg.append(_graph(graph, look))
    _describe(svg, look)
    ET.indent(svg, space="")
    text = ET.tostring(svg, encoding="unicode") + "\n"
    return text if look.inline else f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'


def _tag(name: str) -> str:
    return f"{{{SVG}}}{name}"


def _resized(drawing: ET.Element) -> ET.Element:
    box = [float(number) for number in drawing.get("viewBox", "0 0 0 0").split()]
    svg = ET.Element(_tag("svg"))
    svg.set("width", f"{box[2] * PIXELS_A_POINT:.0f}")
    svg.set("height", f"{box[3] * PIXELS_A_POINT:.0f}")
    svg.set("viewBox", " ".join(f"{number:g}" for number in box))
    return svg


def _graph(drawn: ET.Element, look: Look) -> ET.Element:
    """The boxes and arrows, and nothing else that was drawn."""
    attributes = {"id": look.prefix + "graph", "class": "graph"}
    graph = ET.Element(_tag("g"), attributes | {"transform": drawn.get("transform", "")})
    for group in drawn.findall(_tag("g")):
        what, *classes = group.get("class", "").split() or [""]
        if what == "node":
            _node(group, next((kind for kind in classes if kind in KINDS), "operation"), look)
            graph.append(group)
        elif what == "edge":
            _edge(group, dict(name.split("-", 1) for name in classes if "-" in name), look)
            graph.append(group)
    return graph


def _node(group: ET.Element, kind: str, look: Look) -> None:
    title = _unwrap(group)
    _keep_known(group)
    name = group.get("id", "")
    group.attrib.clear()
    group.attrib |= {"id": look.prefix + name, "class": f"gv-node gv-{kind}", "role": "img"}
    group.attrib |= {"aria-label": title, "data-node": name}
    fill, line = look.colours.of(kind)
    for number, shape in enumerate(_shapes(group)):
        shape.set("class", "gv-ring" if number else "gv-shape")
        # The second outline of a root must not cover the first one's fill.
        shape.attrib |= {"fill": fill if number == 0 else "none", "stroke": line}
    for number, text in enumerate(group.iter(_tag("text"))):
        text.attrib |= {"fill": look.colours.text, "font-family": PLAIN_FONT}
        if number == 0 and kind in NAMED:
            text.set("font-weight", "bold")
    heading = group.find(_tag("title"))
    if heading is not None:
        heading.text = title
    if look.links is not None:
        _link(group, name, title, look.links)


def _link(group: ET.Element, name: str, title: str, links: Links) -> None:
    """Put the box into a link to its card: clickable and focusable without any script."""
    target = links.targets.get(name)
    if target is None:
        return
    if name in links.seen_before:
        group.set("class", f"{group.get('class')} gv-seen")
    del group.attrib["role"], group.attrib["aria-label"]
    link = ET.Element(_tag("a"), {"href": target, "aria-label": title})
    link.extend(list(group))
    for child in list(group):
        group.remove(child)
    group.append(link)


def _edge(group: ET.Element, ends: Mapping[str, str], look: Look) -> None:
    name = group.get("id", "")
    group.attrib.clear()
    group.attrib |= {"id": look.prefix + name, "class": "gv-edge", "aria-hidden": "true"}
    group.attrib |= {"data-from": ends.get("from", ""), "data-to": ends.get("to", "")}
    _keep_known(group)
    _drop(group, "title")
    for shape in _shapes(group):
        fill = look.colours.line if shape.tag == _tag("polygon") else "none"
        shape.attrib |= {"stroke": look.colours.line, "fill": fill}


def _shapes(group: ET.Element) -> Iterator[ET.Element]:
    return (element for element in group if element.tag in SHAPES)


def _keep_known(group: ET.Element) -> None:
    for element in list(group):
        if element.tag not in KEPT:
            group.remove(element)
            continue
        for child in list(element):
            element.remove(child)
        for name in element.attrib.keys() - KEPT[element.tag]:
            del element.attrib[name]


def _drop(parent: ET.Element, name: str) -> None:
    for element in parent.findall(_tag(name)):
        parent.remove(element)


def _unwrap(group: ET.Element) -> str:
    """Take the shapes out of the link that Graphviz makes of a tooltip; return its text."""
    title = ""
    for wrapper in group.findall(_tag("g")):
        link = wrapper.find(_tag("a"))
        group.remove(wrapper)
        if link is not None:
            title = link.get(f"{{{XLINK}}}title", "")
            group.extend(list(link))
    return title


def _describe(svg: ET.Element, look: Look) -> None:
    svg.set("role", "group")
    svg.set("class", "gv-picture")
    svg.set("aria-labelledby", f"{look.prefix}title {look.prefix}desc")
    title = ET.Element(_tag("title"), {"id": f"{look.prefix}title"})
    title.text = look.title
    description = ET.Element(_tag("desc"), {"id": f"{look.prefix}desc"})
    description.text = look.description
    svg.insert(0, title)
    svg.insert(1, description)
    if not look.inline:
        style = ET.Element(_tag("style"))
        style.text = style_sheet(look.theme)
        svg.insert(2, style)


def style_sheet(theme: str) -> str:
    """The CSS of a picture that stands alone, skipped by whoever cannot read it."""
    scope = ".gv-picture"
    rules = f"{scope}{{{css_variables(THEMES.get(theme, LIGHT))}}}"
    if theme == "auto":
        dark = f"{scope}{{{css_variables(DARK)}}}"
        rules += f"@media (prefers-color-scheme:dark){{{dark}}}"
        rules += f"@media print{{{scope}{{{css_variables(LIGHT)}}}}}"
    rules += f"{scope} text{{font-family:{SCREEN_FONT}}}{css_rules(scope)}"
    return f"@supports (color:var(--gv)){{{rules}}}"
