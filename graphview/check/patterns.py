"""The names in a contract, which may be globs, and what they match."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import translate
from functools import cached_property

SPECIAL = re.compile(r"[*?\[]")
# difflib takes time with the square of the length, and in proportion to the names.
LONGEST, MOST_COMPARED = 200, 2000


def is_glob(text: str) -> bool:
    return SPECIAL.search(text) is not None


@dataclass(frozen=True)
class Patterns:
    """Several patterns; `*` is anything, `?` any character, `[ab]` one of these.

    A name that is written out matches itself, so that brackets of its own need no care:
    `params['w']`.
    """

    texts: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.texts)

    def __iter__(self) -> Iterator[str]:
        return iter(self.texts)

    def matching(self, name: str) -> Iterator[str]:
        """The patterns that match this name."""
        if name in self._plain:
            yield name
        yield from (text for text, glob in self._globs.items() if text != name and glob.match(name))

    def match(self, name: str) -> bool:
        return next(self.matching(name), None) is not None

    @cached_property
    def _plain(self) -> frozenset[str]:
        return frozenset(self.texts)

    @cached_property
    def _globs(self) -> dict[str, re.Pattern[str]]:
        # Brackets stand in names too: ws[0].weight, of which `ws[0].*` is a pattern.
        return {
            text: re.compile(f"(?:{translate(text)})|(?:{translate(text.replace('[', '[[]'))})")
            for text in self.texts
            if is_glob(text)
        }


NONE = Patterns(())


def near(name: str, known: Collection[str], most: int = 3) -> list[str]:
    """The names that somebody may have meant."""
    if len(name) > LONGEST:
        return []
    candidates = [each for each in known if len(each) <= LONGEST][:MOST_COMPARED]
    return get_close_matches(name, candidates, n=most, cutoff=0.7)
