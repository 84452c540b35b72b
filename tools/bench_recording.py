"""What recording costs a program: its forward pass watched and unwatched, in turns.

Watched closely is how a recording begins: source lines, modules and cuts. After thirty starts of
backward with nothing new only numbers are noted, which is how a long program spends its time.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from bench_models import GPT
from torch import Tensor, nn
from torch.nn import functional

from graphview.observe.recorder import Options, Recorder

SIZES = {"width 384, 6 layers": (384, 6, 6), "width 128, 6 layers": (128, 4, 6)}
BATCH, LENGTH = 4, 64


@contextmanager
def plain() -> Iterator[None]:
    yield


@contextmanager
def watched(*, closely: bool, sources: bool = True) -> Iterator[None]:
    recorder = Recorder(Options(sources=sources))
    with recorder.watching():
        if not closely:
            recorder.attention.look_away()
        yield


WAYS = {
    "plain": plain,
    "watched closely": lambda: watched(closely=True),
    "closely, without sources": lambda: watched(closely=True, sources=False),
    "afterwards": lambda: watched(closely=False),
}


def forward(model: nn.Module, ids: Tensor) -> Tensor:
    logits = model(ids)
    return functional.cross_entropy(logits.view(-1, 256), ids.view(-1))


def seconds(way: str, model: nn.Module, ids: Tensor, passes: int) -> list[float]:
    """The processor's seconds of each forward pass; freeing the graph is not counted."""
    found = []
    with WAYS[way]():
        for _ in range(passes):
            start = time.process_time()
            loss = forward(model, ids)
            found.append(time.process_time() - start)
            del loss
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--passes", type=int, default=5)
    options = parser.parse_args()
    # Other threads' waiting would be counted as work.
    torch.set_num_threads(1)
    print(f"{platform.processor() or platform.machine()}, torch {torch.__version__}")
    print(
        f"Forward pass of a GPT, {BATCH} × {LENGTH} tokens; times the plain one, median of rounds."
    )
    print("| model | " + " | ".join(WAYS) + " |")
    print("|---|" + "--:|" * len(WAYS))
    for name, (width, heads, layers) in SIZES.items():
        torch.manual_seed(0)
        model, ids = GPT(width, heads, layers), torch.randint(0, 256, (BATCH, LENGTH))
        seconds("plain", model, ids, options.passes)
        ratios: dict[str, list[float]] = {way: [] for way in WAYS}
        for _ in range(options.rounds):
            times = {
                way: statistics.median(seconds(way, model, ids, options.passes)) for way in WAYS
            }
            for way in WAYS:
                ratios[way].append(times[way] / times["plain"])
        cells = [f"{statistics.median(values):.2f} ×" for values in ratios.values()]
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
