"""What makes a finding the same one in the next run, wherever its line has moved to."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator

from graphview.model.finding import Finding


def fingerprints(findings: Iterable[Finding]) -> Iterator[str]:
    """A digest for each finding, in hexadecimal, no two the same.

    It is made of the target and graph, the code, what was expected and the module. Findings that
    agree in all of these are told apart by their order.
    """
    seen: Counter[tuple[str, ...]] = Counter()
    for finding in findings:
        clause = finding.clause
        parts = (
            clause.target,
            clause.graph,
            finding.code,
            finding.expected,
            finding.module or "",
        )
        seen[parts] += 1
        text = json.dumps([*parts, seen[parts]])
        yield hashlib.sha256(text.encode()).hexdigest()[:32]
