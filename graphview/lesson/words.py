"""The lesson's texts: `{expression}` stands for a value of this run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

EXPRESSION = re.compile(r"\{(?P<code>[^{}:]+)(?::(?P<form>[^{}]*))?\}")


def fill(text: str, variables: Mapping[str, Any]) -> str:
    """Compute each expression from the lesson's variables, so that no number is typed in.

    The texts are the package's own; what is evaluated comes from nobody else.
    """

    def computed(found: re.Match[str]) -> str:
        value = eval(found["code"], dict(variables))
        return format(value, found["form"] or "").replace("-", "−")

    return EXPRESSION.sub(computed, text)
