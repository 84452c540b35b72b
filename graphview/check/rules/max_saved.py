"""`max-saved`: how many bytes the graph may keep for backward."""

from __future__ import annotations

from collections.abc import Iterator

from graphview.check.budget import busiest
from graphview.check.causes import About
from graphview.check.rule import Case, Code, Found
from graphview.check.value import Value
from graphview.check.words import size_text, ticked
from graphview.model.graph import counted

KEY = "max-saved"
EXAMPLE = 'max-saved = "1.5 GB"'
SAVED = Code(
    "GV115",
    "too-much-saved",
    "The graph keeps more bytes for backward than the contract allows.",
    "What is kept between forward and backward is most of the memory that training takes, and "
    "decides how large a batch can be.",
    "Look at the line that keeps most: checkpoint it, fuse it (scaled_dot_product_attention keeps "
    "no matrix of weights), or use a smaller dtype.",
)
CODES: tuple[Code, ...] = (SAVED,)


def read(value: Value) -> int:
    return value.size()


def check(asked: int, case: Case) -> Iterator[Found]:
    saved = case.graph.saved_bytes
    freed = sum(each.status == "freed" for node in case.graph.nodes for each in node.saved)
    if saved > asked:
        yield _too_much(asked, saved, case)
    elif freed:
        yield Found(
            SAVED,
            f"{ticked(case.name)} was recorded after backward had freed what it kept, so nobody "
            "knows how much that was",
            expected=f"at most {size_text(asked)}",
            actual=f"{size_text(saved)}, and {counted(freed, 'tensor')} of unknown size",
            hint="Record it before backward runs.",
        )


def _too_much(asked: int, saved: int, case: Case) -> Found:
    most = busiest(case.graph, ((node, node.saved_bytes) for node in case.graph.operations))
    return Found(
        SAVED,
        f"{ticked(case.name)} keeps {size_text(saved)} for backward, "
        f"{size_text(saved - asked)} too much",
        expected=f"at most {size_text(asked)}",
        actual=f"{saved:,} bytes",
        node=most.node if most else None,
        source=most.source if most else None,
        hint=f"{most.source_text} keeps {size_text(most.amount)} of it." if most else "",
        about=About(grows=True),
    )
