"""Texts with a little markup: `code` in backquotes, and terms of the glossary as [[term]]."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

MARKUP = re.compile(r"`(?P<code>[^`]+)`|\[\[(?P<term>[^\]]+)\]\]")


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text of one kind; a template decides what it looks like."""

    kind: Literal["text", "code", "term"]
    text: str


Paragraph = tuple[Span, ...]


def paragraphs(texts: Iterable[str]) -> list[Paragraph]:
    """Split each text at its markup."""
    return [tuple(_spans(text)) for text in texts]


def _spans(text: str) -> Iterable[Span]:
    end = 0
    for found in MARKUP.finditer(text):
        if found.start() > end:
            yield Span("text", text[end : found.start()])
        yield Span("code", found["code"]) if found["code"] else Span("term", found["term"])
        end = found.end()
    if end < len(text):
        yield Span("text", text[end:])
