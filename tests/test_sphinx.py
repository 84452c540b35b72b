"""The directive for Sphinx, in documents that are built here."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

pytest.importorskip("sphinx")

from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

from graphview import sphinx as ours

CONF = """import pathlib, sys
sys.path.insert(0, str(pathlib.Path(__file__).parent / "src"))
"""
MODEL = """import torch


def loss():
    print("said by the program")
    w = torch.ones(3, requires_grad=True)
    return (w * 2).sum()


def broken():
    raise RuntimeError("no data")
"""
PAGE = """
Page
====

.. graphview:: pkg.model:loss
   :caption: What *backward* walks.
   :width: 40%
"""


@pytest.fixture
def docs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a page, and a package beside it."""
    monkeypatch.setattr("sys.path", list(ours.sys.path))
    home = tmp_path / "docs"
    (home / "src" / "pkg").mkdir(parents=True)
    (home / "src" / "pkg" / "model.py").write_text(MODEL, encoding="utf-8")
    (home / "conf.py").write_text(CONF, encoding="utf-8")
    (home / "index.rst").write_text(PAGE, encoding="utf-8")
    return home


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::PendingDeprecationWarning")
def build(home: Path, builder: str = "html", place: str = "_build") -> tuple[Path, list[str]]:
    """Build the documents; return where they are, and the warnings."""
    warnings = io.StringIO()
    out = home.parent / place / builder
    with patch_docutils(home), docutils_namespace():
        app = Sphinx(
            home,
            home,
            out,
            home.parent / place / "doctrees",
            builder,
            confoverrides={"extensions": ["graphview.sphinx"]},
            status=None,
            warning=warnings,
        )
        app.build()
    return out, [line for line in warnings.getvalue().splitlines() if "graphview" in line]


def test_a_page_has_the_picture_with_its_caption_and_the_same_bytes_again(docs: Path) -> None:
    out, warnings = build(docs)
    assert warnings == []
    page = (out / "index.html").read_text(encoding="utf-8")
    (image,) = re.findall(
        r'<img alt="([^"]*)" src="(_images/graphview-\w+\.svg)" style="([^"]*)"', page
    )
    assert image[0] == "The autograd graph of pkg.model:loss"
    assert image[2] == "width: 40%;"
    assert "What <em>backward</em> walks." in page
    drawn = (out / image[1]).read_bytes()
    assert b"SumBackward0" in drawn and b">w</text>" in drawn
    again, _ = build(docs, place="_again")
    assert (again / image[1]).read_bytes() == drawn


def test_latex_has_the_pdf_of_the_same_picture(docs: Path) -> None:
    build(docs)
    out, warnings = build(docs, "latex")
    assert warnings == []
    (pdf,) = out.glob("graphview-*.pdf")
    assert pdf.read_bytes().startswith(b"%PDF")
    (tex,) = out.glob("*.tex")
    assert pdf.stem in tex.read_text(encoding="utf-8")


def test_without_its_extra_there_is_no_pdf(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ours.suffixes() == (".svg", ".pdf")
    monkeypatch.setitem(ours.sys.modules, "reportlab", None)
    assert ours.suffixes() == (".svg",)


def test_the_options_of_the_command_reach_it(docs: Path) -> None:
    options = "   :theme: print\n   :root: loss\n   :fold: 0\n   :alt: Ours\n   :device: meta\n"
    (docs / "index.rst").write_text(PAGE + options, encoding="utf-8")
    out, warnings = build(docs)
    assert warnings == []
    assert 'alt="Ours"' in (out / "index.html").read_text(encoding="utf-8")
    (picture,) = (out / "_images").glob("graphview-*.svg")
    svg = picture.read_text(encoding="utf-8")
    assert "#9ecbff" not in svg and "prefers-color-scheme" not in svg
    assert "float32 meta" in svg


def test_what_cannot_be_drawn_is_one_warning_at_its_line(docs: Path) -> None:
    wrong = {
        "pkg.model:broken": "failed in line 11 with RuntimeError: no data",
        "pkg.nowhere:loss": "there is no module pkg.nowhere here",
        "pkg.model:loss\n   :root: nope": "there is no root 'nope' in pkg.model:loss",
    }
    text = "\nPage\n====\n\n" + "".join(f".. graphview:: {each}\n\n" for each in wrong)
    (docs / "index.rst").write_text(text + "The end.\n", encoding="utf-8")
    out, warnings = build(docs)
    for line, said, warning in zip((5, 7, 9), wrong.values(), warnings, strict=True):
        assert f"{Path('docs', 'index.rst')}:{line}: WARNING: nothing is drawn here: " in warning
        assert said in warning
    page = (out / "index.html").read_text(encoding="utf-8")
    assert "The end." in page and "<img" not in page


def test_a_page_is_read_again_when_its_program_changes(docs: Path) -> None:
    out, _ = build(docs)
    before = {path.name for path in (out / "_images").iterdir()}
    model = docs / "src" / "pkg" / "model.py"
    model.write_text(MODEL.replace("ones(3", "ones(3, 4"), encoding="utf-8")
    out, _ = build(docs)
    page = (out / "index.html").read_text(encoding="utf-8")
    assert not any(name in page for name in before)
    assert "graphview-" in page
