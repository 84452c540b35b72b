"""The words that a beginner may not know."""

from __future__ import annotations

from graphview.explain.words import read


def glossary() -> dict[str, str]:
    """Each term with its meaning, in the order of the alphabet; `code` stands in backquotes."""
    return dict(read("glossary.yaml"))
