"""The pictures in the documents are what the commands draw today."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from graphview.cli import run

ROOT = Path(__file__).parent.parent


def test_the_readmes_picture_is_current(tmp_path: Path) -> None:
    """Mend it with: graphview render --device cpu --engine wasm -o docs/loss.svg"""
    drawn = tmp_path / "loss.svg"
    assert run(["render", "--device", "cpu", "--engine", "wasm", "-o", str(drawn)]) == 0
    assert drawn.read_bytes() == (ROOT / "docs" / "loss.svg").read_bytes()


@pytest.mark.parametrize("document", sorted(ROOT.glob("*.md")), ids=lambda path: path.name)
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\(([^)#:]+)\)", document.read_text(encoding="utf-8"))
    missing = [target for target in targets if not (ROOT / target).exists()]
    assert not missing
