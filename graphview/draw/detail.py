"""How much a picture tells of each node, beyond its name."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches

from graphview.errors import SelectionError

WORDS = ("shapes", "names", "dtypes", "saved", "constants", "source")


@dataclass(frozen=True, slots=True)
class Detail:
    """What is shown.

    `shapes`, `names`, `dtypes` and `source` are lines in the boxes: of the result, the variable
    that it was assigned to, its type, and the place in the code. `saved` and `constants` are boxes
    of their own. Without `accumulate` arrows lead from a leaf straight to where it is used, and
    without `leaves` there are neither leaves nor their AccumulateGrad.
    """

    shapes: bool = False
    names: bool = False
    dtypes: bool = False
    saved: bool = False
    constants: bool = False
    source: bool = False
    accumulate: bool = True
    leaves: bool = True


PLAIN = Detail()


def parse(text: str, *, accumulate: bool = True, leaves: bool = True) -> Detail:
    """Read words between commas, as in `shapes,names`. Errors: SelectionError."""
    return Detail(**dict.fromkeys(words_of(text), True), accumulate=accumulate, leaves=leaves)


def words_of(text: str) -> tuple[str, ...]:
    """The words that are in the text, each once. Errors: SelectionError for one unknown."""
    words = [word.strip().lower() for word in text.split(",")]
    return tuple(dict.fromkeys(_known(word) for word in words if word))


def _known(word: str) -> str:
    if word in WORDS:
        return word
    near = get_close_matches(word, WORDS, 1) if len(word) < 40 else []
    meant = f"did you mean {near[0]}?" if near else f"there are {', '.join(WORDS)}."
    raise SelectionError(f"nothing to show is called {word[:40]!r}; {meant}")
