"""Graphs and recordings show and write themselves: SVG, JSON, pages, and pictures in notebooks."""

from __future__ import annotations

import random
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from models import leaf
from playwright.sync_api import Browser, Page
from recordings import lesson, page_of

import graphview
from graphview.cli import run
from graphview.display import mimebundle
from graphview.draw import engines
from graphview.draw.palette import DARK, LIGHT, Colours
from graphview.errors import EngineUnavailable, LayoutError, OutputError, RootError
from graphview.model.graph import Graph
from graphview.model.store import graph_from_json, recording_from_json, to_json

SVG = "{http://www.w3.org/2000/svg}"


def small() -> Graph:
    w = leaf(3)
    loss = (w * 2).sum()
    return graphview.capture(loss)


def chain(nodes: int) -> Graph:
    """So many nodes, the AccumulateGrad of the one leaf included."""
    y = leaf(1)
    for _ in range(nodes - 1):
        y = y * 2
    return graphview.capture({"y": y})


def wide() -> Graph:
    parts = [leaf(2) * 2 for _ in range(18)]
    return graphview.capture({"total": torch.stack(parts).sum()})


# SVG.


def test_a_graph_draws_itself() -> None:
    drawing = ET.fromstring(small().to_svg().partition("?>")[2])
    titles = [text.text for text in drawing.iter(f"{SVG}text")]
    assert {"w", "MulBackward0", "SumBackward0", "loss"} <= set(titles)
    assert drawing.findtext(f"{SVG}title") == "Autograd graph of loss"


def test_the_same_graph_gives_the_same_svg() -> None:
    graph = small()
    assert graph.to_svg() == graph.to_svg()


def test_themes_differ() -> None:
    graph = small()
    light, dark, auto = (graph.to_svg(theme=theme) for theme in ("light", "dark", "auto"))
    assert LIGHT.root[0] in light and DARK.root[0] not in light
    assert DARK.root[0] in dark and LIGHT.root[0] not in dark
    assert "prefers-color-scheme" in auto


def test_an_unknown_theme_is_one_sentence() -> None:
    with pytest.raises(LayoutError, match="no theme 'pink'; choose one of auto, light, dark"):
        small().to_svg(theme="pink")


def test_a_large_graph_is_folded_and_drawn_whole_where_asked() -> None:
    graph = chain(1501)
    boxes = 'class="gv-node gv-operation"'
    assert graph.to_svg().count(boxes) == 2
    assert "1,499 × MulBackward0" in graph.to_svg()
    assert graph.to_svg(fold="none").count(boxes) == 1500
    assert len(graph.to_svg()) < 20_000


@pytest.mark.parametrize("fold", ["all", "", "-1", -1, 1.5, None])
def test_an_unknown_fold_is_refused(fold: Any) -> None:
    with pytest.raises(LayoutError, match="give auto, none, or how many levels"):
        small().to_svg(fold=fold)


def test_a_recording_draws_each_of_its_graphs_as_render_does(recording: str, here: Path) -> None:
    assert run(["render", recording, "--root", "error", "-o", "error.svg"]) == 0
    drawn = recording_from_json(Path(recording).read_bytes()).to_svg("error")
    assert drawn == (here / "error.svg").read_text(encoding="utf-8")


def test_the_only_graph_need_not_be_named() -> None:
    full = lesson(epochs=3)
    one = replace(full, graphs={"loss": full.graphs["loss"]})
    assert one.to_svg() == full.to_svg("loss")


def test_a_graph_whose_drawing_was_not_kept_is_drawn_from_the_data() -> None:
    bare = replace(lesson(epochs=3), drawings={})
    assert bare.to_svg("loss") == bare.graphs["loss"].to_svg()


@pytest.mark.parametrize(
    ("root", "message"),
    [
        (None, "has several roots; give one of yhat, error, loss"),
        ("y", "there is no root 'y' in .*; its roots are yhat, error, loss"),
    ],
)
def test_a_root_that_is_not_there_is_one_sentence(root: str | None, message: str) -> None:
    with pytest.raises(RootError, match=message):
        lesson(epochs=3).to_svg(root)


def test_a_recording_without_graphs_says_so() -> None:
    empty = replace(lesson(epochs=3), graphs={}, drawings={})
    with pytest.raises(RootError, match="there is no graph in"):
        empty.to_svg()


# JSON and pages.


def test_json_is_what_the_store_writes() -> None:
    graph, recording = small(), lesson(epochs=3)
    assert graph_from_json(graph.to_json()) == graph
    assert recording.to_json() == to_json(recording)


def test_a_recording_writes_the_page_of_graphview_report(here: Path) -> None:
    recording = lesson(epochs=3)
    recording.report(here / "page.html")
    assert (here / "page.html").read_text(encoding="utf-8") == page_of(recording)


def test_a_page_that_cannot_be_written_leaves_nothing(here: Path) -> None:
    with pytest.raises(OutputError, match="no folder"):
        lesson(epochs=3).report("missing/page.html")
    assert list(here.iterdir()) == []


def test_a_page_that_cannot_be_drawn_leaves_the_old_one(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "page.html").write_text("old")
    monkeypatch.setattr(engines, "ENGINES", {"wasm": _Missing()})
    with pytest.raises(EngineUnavailable):
        lesson(epochs=3).report("page.html")
    assert [(path.name, path.read_text()) for path in here.iterdir()] == [("page.html", "old")]


class _Missing:
    def version(self) -> str:
        raise EngineUnavailable("Graphviz is not installed.")

    def render(self, dot: bytes, timeout: float) -> bytes:
        raise EngineUnavailable("Graphviz is not installed.")


# In notebooks.


def test_a_notebook_gets_the_repr_and_a_picture() -> None:
    graph = small()
    shown = graph._repr_mimebundle_(include=None, exclude=None)
    assert shown.keys() == {"text/plain", "text/html"}
    assert shown["text/plain"] == repr(graph) == "<Graph of loss: 2 operations, 1 leaf>"
    assert shown["text/html"].count("<svg") == 1


def test_each_display_has_ids_of_its_own() -> None:
    graph = small()
    first, second = (
        set(re.findall(r'id="([^"]+)"', graph._repr_mimebundle_()["text/html"])) for _ in range(2)
    )
    assert first and len(first) == len(second)
    assert first.isdisjoint(second)


def test_showing_a_graph_draws_no_random_numbers() -> None:
    graph = small()
    before, of_torch = random.getstate(), torch.random.get_rng_state()
    graph._repr_mimebundle_()
    assert random.getstate() == before
    assert torch.equal(torch.random.get_rng_state(), of_torch)


def test_a_large_graph_is_shown_folded() -> None:
    html = chain(1501)._repr_mimebundle_()["text/html"]
    assert "1,499 × MulBackward0" in html
    assert len(html) < 20_000


def test_without_an_engine_a_graph_is_shown_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "ENGINES", {"wasm": _Missing()})
    assert "Graphviz is not installed" in small()._repr_mimebundle_()["text/plain"]


@pytest.mark.parametrize("name", ["</style><script>alert(1)</script>", "<b>&amp;", "\udcff\0"])
def test_a_hostile_name_stays_a_name(name: str) -> None:
    html = graphview.capture({name: leaf(1) * 2})._repr_mimebundle_()["text/html"]
    assert html.count("</style>") == 1
    assert "<script" not in html and "<b>" not in html
    html.encode()


# In a browser.

HOSTS = {
    "plain": ("<html>", "<body>"),
    "JupyterLab in light": ("<html>", '<body data-jp-theme-light="true" style="background:#fff">'),
    "JupyterLab in dark": ("<html>", '<body data-jp-theme-light="false" style="background:#111">'),
    "VS Code in light": ("<html>", '<body data-vscode-theme-kind="vscode-light">'),
    "VS Code in dark": (
        "<html>",
        '<body data-vscode-theme-kind="vscode-dark" style="background:#1e1e1e">',
    ),
    "Colab in dark": ('<html theme="dark">', '<body style="background:#383838">'),
}
# Which theme a picture of theme auto has there, in a system that is light and in one that is dark.
EXPECTED = {
    "plain": (LIGHT, DARK),
    "JupyterLab in light": (LIGHT, LIGHT),
    "JupyterLab in dark": (DARK, DARK),
    "VS Code in light": (LIGHT, LIGHT),
    "VS Code in dark": (DARK, DARK),
    "Colab in dark": (DARK, DARK),
}
SEEN = """
() => [...document.querySelectorAll(".graphview")].map((view) => {
  const of = (css, name) => getComputedStyle(view.querySelector(css))[name];
  return {
    fill: of(".gv-root .gv-shape", "fill"), leaf: of(".gv-leaf .gv-shape", "fill"),
    text: of("text", "fill"), line: of(".gv-edge path", "stroke"),
    behind: getComputedStyle(view).backgroundColor,
    name: document.getElementById(view.getAttribute("aria-labelledby")).textContent,
  };
})
"""
FITS = """
() => [...document.querySelectorAll(".graphview text")].every((text) => {
  const own = text.getBoundingClientRect();
  const box = text.closest(".gv-node").querySelector(".gv-shape").getBoundingClientRect();
  return own.left >= box.left && own.right <= box.right;
})
"""


@pytest.fixture
def shown(browser: Browser, tmp_path: Path) -> Iterator[Any]:
    """Opens graphs, each with its theme, on one page of a host; nothing may be logged."""
    contexts, noise = [], list[str]()

    def opened(graphs: list[tuple[Graph, str]], host: str = "plain", scheme: Any = "light") -> Page:
        outputs = [mimebundle(graph, theme=theme)["text/html"] for graph, theme in graphs]
        html, body = HOSTS[host]
        page_file = tmp_path / "notebook.html"
        rows = "".join(f"<div>{output}</div>" for output in outputs)
        page_file.write_text(f"<!doctype html>{html}<meta charset=utf-8>{body}{rows}", "utf-8")
        size: Any = {"width": 800, "height": 600}
        contexts.append(browser.new_context(viewport=size, color_scheme=scheme))
        page = contexts[-1].new_page()
        page.on("console", lambda message: noise.append(message.text))
        page.on("pageerror", lambda error: noise.append(str(error)))
        page.goto(page_file.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
    assert noise == []


def rgb(colour: str) -> str:
    return f"rgb({', '.join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))})"


def looks(colours: Colours) -> dict[str, str]:
    found = {"fill": colours.root[0], "leaf": colours.leaf[0], "text": colours.text}
    return {name: rgb(value) for name, value in (found | {"line": colours.line}).items()}


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("host", HOSTS)
def test_each_picture_has_its_own_theme_on_every_host(shown: Any, host: str, scheme: str) -> None:
    themes = ("auto", "light", "dark", "auto")
    page = shown([(small(), theme) for theme in themes], host, scheme)
    auto = EXPECTED[host][scheme == "dark"]
    seen = page.evaluate(SEEN)
    for found, expected in zip(seen, (auto, LIGHT, DARK, auto), strict=True):
        assert found.items() >= looks(expected).items()
    # Of a page that we do not know only the system's theme is known: the picture brings its own.
    opaque = host == "plain"
    assert (seen[0]["behind"] != "rgba(0, 0, 0, 0)") == opaque


@pytest.mark.browser
def test_pictures_on_one_page_do_not_collide(shown: Any) -> None:
    graph, other = small(), wide()
    page = shown([(graph, "auto"), (other, "auto"), (graph, "auto")])
    ids = page.evaluate("() => [...document.querySelectorAll('[id]')].map((e) => e.id)")
    assert len(ids) == len(set(ids))
    names = [found["name"] for found in page.evaluate(SEEN)]
    assert names == [f"Autograd graph of {name}" for name in ("loss", "total", "loss")]
    assert page.evaluate(FITS)


@pytest.mark.browser
def test_a_wide_picture_scrolls_in_its_box_at_full_size(shown: Any) -> None:
    page = shown([(wide(), "auto"), (small(), "auto")])
    assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0
    big, little = page.locator(".graphview").all()
    inner = "(view) => [view.scrollWidth, view.clientWidth]"
    scroll, client = big.evaluate(inner)
    assert scroll > 2 * client
    scroll, client = little.evaluate(inner)
    assert scroll == client < 300
    assert page.locator(".graphview text").first.evaluate("(t) => t.getBBox().height") >= 9


@pytest.mark.browser
def test_on_paper_a_picture_is_light(shown: Any) -> None:
    page = shown([(small(), "auto")], "JupyterLab in dark", "dark")
    page.emulate_media(media="print")
    (found,) = page.evaluate(SEEN)
    assert found.items() >= looks(LIGHT).items()


@pytest.mark.browser
def test_files_that_are_put_into_one_page_keep_their_colours_and_names(
    browser: Browser, tmp_path: Path
) -> None:
    themes = {"light": LIGHT, "dark": DARK}
    drawn = [small().to_svg(theme=theme).partition("?>")[2] for theme in themes]
    page_file = tmp_path / "page.html"
    page_file.write_text(f"<!doctype html><meta charset=utf-8>{''.join(drawn)}", "utf-8")
    page = browser.new_page()
    page.goto(page_file.as_uri())
    fills = page.eval_on_selector_all(
        ".gv-leaf .gv-shape", "all => all.map(each => getComputedStyle(each).fill)"
    )
    assert fills == [rgb(colours.leaf[0]) for colours in themes.values()]
    named = page.eval_on_selector_all(
        "svg",
        "all => all.map(svg => svg.getAttribute('aria-labelledby').split(' ').every("
        "id => svg.contains(document.getElementById(id))))",
    )
    assert named == [True, True]
    page.close()
