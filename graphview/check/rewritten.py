"""An operation that is not there: what may do its work instead, or what torch calls it."""

from __future__ import annotations

from dataclasses import dataclass

from graphview.check.census import Census, within
from graphview.check.patterns import Patterns, is_glob
from graphview.check.words import at, several, ticked

# A fused operation, and the families that it is written out with: the telling one first, and of
# each further group at least one.
PLAIN = (
    "torch takes its plain form there, as for shapes, dtypes and devices that no fused kernel knows"
)
PRODUCTS = ("bmm", "mm", "matmul")
WRITTEN_OUT = {
    "scaled_dot_product_attention": (("softmax", "safe_softmax"), PRODUCTS),
    "layer_norm": (("rsqrt", "sqrt", "std"), ("mean", "var", "var_mean")),
    "fused_rms_norm": (("rsqrt", "sqrt"), ("mean",)),
    "log_softmax": (("log",), ("softmax", "exp")),
    "gelu": (("erf", "tanh"), ("mul",)),
    "silu": (("sigmoid",), ("mul",)),
    "nll_loss_forward": (("gather", "index"), ("log_softmax", "log")),
    "mse_loss": (("pow", "mul"), ("mean", "sum")),
    "addmm": (("mm",), ("add",)),
}


@dataclass(frozen=True, slots=True)
class Suspect:
    """What may stand in for an operation; `first` is the node to look at."""

    text: str
    first: int


def rewritten(pattern: str, census: Census) -> Suspect | None:
    """The operations that this one is often written out with, where all are in the graph."""
    glob = Patterns((pattern,))
    for fused, groups in WRITTEN_OUT.items():
        if not glob.match(fused):
            continue
        found = [within(census.classes, group) for group in groups]
        if all(found):
            first = min(found[0], key=lambda each: census.order(each.first)).first
            names = list(dict.fromkeys(ticked(each.family) for group in found for each in group))
            source = census.graph.source_of(census.graph.nodes[first])
            if source is not None and fused in (source.expression or ""):
                return Suspect(f"{source.file}:{source.line} calls it, and {PLAIN}", first)
            return Suspect(f"it is written out as {several(names)}{at(source)}", first)
    return None


def alias_of(pattern: str) -> str:
    """What autograd records for a function that people call by another name."""
    if is_glob(pattern):
        return ""
    from graphview.explain.lookup import aliases

    meant = aliases().get(pattern.lower())
    if not meant:
        return ""
    return f"Autograd records {ticked(pattern)} as {several([ticked(each) for each in meant])}."
