"""A node -> what it is, in words and one line of mathematics. Works on saved recordings."""

from __future__ import annotations

from graphview.explain.glossary import glossary
from graphview.explain.words import KindWords, OperationWords, kind_words, operation_words

__all__ = ["KindWords", "OperationWords", "glossary", "kind_words", "operation_words"]
