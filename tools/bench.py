"""graphview beside torchviz + dot, in one run: from a captured graph to a written SVG.

    python tools/bench.py                     # all tables, about eight minutes on two cores
    python tools/bench.py --only GPT          # models whose name has this in it
    python tools/bench.py --limit 20          # give a peer 20 seconds instead of 120

Every (tool, model) pair runs in a process of its own, in turns, on one thread. What is counted is
the processor's time, dot's included, so that a busy machine says about what an idle one does. A
process draws a small graph first, so that code and engines are loaded, and then its model once:
nothing of it can be known from an earlier picture. What is said is the ratio; milliseconds are for
scale. torchviz walks the live graph, which is what it has instead of a captured one.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import shutil
import signal
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench_models import MODELS
from bench_one import PATIENCE

OURS, PEER, PLAIN = "graphview", "torchviz + dot", "forward"
# Seconds. Beyond the first one round tells enough; the last is what a peer gets.
SLOW, ROUNDS, LIMIT = 20.0, 3, 120.0
# The rest of a process: torch's import, the forward pass, capture.
AROUND = 300.0
GROWING = ("LSTM, 100 steps", "LSTM, 1,000 steps", "LSTM, 10,000 steps")
FOLDED_MS, FOLDED_KIB, BYTES_A_NODE, EXPONENT = 100, 200, 4096, 1.1
Result = dict[str, Any]


def run(tool: str, model: str, limit: float) -> Result:
    """Measure in a process of its own; `failed` says why there is no picture."""
    command = [sys.executable, str(Path(__file__).with_name("bench_one.py"))]
    # A group of its own: dot would go on after the process that started it.
    process = subprocess.Popen(
        [*command, tool, model, str(limit)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        start_new_session=True,
    )
    try:
        printed, errors = process.communicate(timeout=limit * PATIENCE + AROUND)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return {"failed": f"over {limit:.0f} s"}
    if process.returncode:
        sys.exit(f"{tool} on {model} failed:\n{errors}")
    found: Result = json.loads(printed.splitlines()[-1])
    return found


class Measured:
    """The rounds of each tool on each model, and their medians."""

    def __init__(self, models: list[str], limit: float) -> None:
        self.models, self.limit = models, limit
        self.rounds: dict[tuple[str, str], list[Result]] = {}

    def measure(self) -> None:
        for model in self.models:
            tools = [OURS, PEER] if model not in GROWING else [OURS, PEER, PLAIN]
            for number in range(ROUNDS):
                for tool in tools:
                    self._round(number, tool, model)
            print(f"{model} measured", file=sys.stderr, flush=True)

    def _round(self, number: int, tool: str, model: str) -> None:
        done = self.rounds.setdefault((tool, model), [])
        # How much memory a forward pass takes does not change.
        if number and (tool == PLAIN or "failed" in done[0] or done[0]["seconds"] > SLOW):
            return
        done.append(run(tool, model, self.limit))

    def of(self, tool: str, model: str, what: str) -> float | None:
        """The median in this run; None where there is no picture."""
        rounds = self.rounds.get((tool, model), [])
        found = [result[what] for result in rounds if "failed" not in result]
        return statistics.median(found) if found else None

    def ours(self, model: str, what: str) -> float:
        found = self.of(OURS, model, what)
        if found is None:
            sys.exit(f"graphview on {model}: {self.failure(OURS, model)}.")
        return found

    def grown(self, model: str) -> float:
        """Bytes that the process needed at its peak beyond those of the forward pass alone."""
        return self.ours(model, "peak") - (self.of(PLAIN, model, "peak") or 0)

    def failure(self, tool: str, model: str) -> str:
        rounds = self.rounds.get((tool, model), [])
        return next((str(result["failed"]) for result in rounds if "failed" in result), "-")


def whole(measured: Measured) -> None:
    print("\n## Every node drawn\n")
    print("From the captured graph to a written SVG. Where the peer gives up the ratio is to the")
    print("limit, or there is none.\n")
    print("| model | nodes | forward ms | capture ms | graphview ms | torchviz + dot ms | ratio |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for model in measured.models:
        theirs = measured.of(PEER, model, "seconds")
        cells = [model, f"{measured.ours(model, 'nodes'):,.0f}"]
        cells += [_ms(measured.ours(model, what)) for what in ("forward", "capture", "seconds")]
        cells += [measured.failure(PEER, model) if theirs is None else _ms(theirs)]
        print("| " + " | ".join([*cells, _ratio_text(measured, model)]) + " |")


def ratio(measured: Measured, model: str) -> float | None:
    """How many times longer the peer takes; at least that where it ran out of time."""
    theirs = measured.of(PEER, model, "seconds")
    if theirs is None and measured.failure(PEER, model).startswith("over"):
        theirs = measured.limit
    return None if theirs is None else theirs / measured.ours(model, "seconds")


def _ratio_text(measured: Measured, model: str) -> str:
    found = ratio(measured, model)
    if found is None:
        return "-"
    least = "over " if measured.of(PEER, model, "seconds") is None else ""
    return f"{least}{found:,.{0 if found > 20 else 1}f} ×"


def folded(measured: Measured) -> None:
    print("\n## Folded, as `graphview render` draws by itself\n")
    print("| model | boxes | ms | KiB |\n|---|--:|--:|--:|")
    for model in measured.models:
        boxes, seconds, size = (
            measured.ours(model, f"folded {what}") for what in ("boxes", "seconds", "bytes")
        )
        print(f"| {model} | {boxes:.0f} | {_ms(seconds)} | {size / 1024:.0f} |")


def growth(measured: Measured) -> None:
    print("\n## Growth and memory, every node drawn\n")
    print("Memory is what the process needed at its peak beyond the forward pass alone.\n")
    print("| model | nodes | ms | exponent from the last | SVG MiB | MiB | bytes a node |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    last: str | None = None
    for model in (name for name in GROWING if name in measured.models):
        nodes, grown = measured.ours(model, "nodes"), measured.grown(model)
        cells = [model, f"{nodes:,.0f}", _ms(measured.ours(model, "seconds"))]
        cells += ["" if last is None else f"{exponent(measured, last, model):.2f}"]
        cells += [f"{size / (1 << 20):.1f}" for size in (measured.ours(model, "bytes"), grown)]
        print("| " + " | ".join([*cells, f"{grown / nodes:,.0f}"]) + " |")
        last = model


def exponent(measured: Measured, smaller: str, larger: str) -> float:
    """Of the time as a power of the number of nodes."""
    time, nodes = (
        measured.ours(larger, what) / measured.ours(smaller, what) for what in ("seconds", "nodes")
    )
    return math.log(time) / math.log(nodes)


def targets(measured: Measured) -> None:
    print("\n## Targets\n")
    for model in measured.models:
        least, found = MODELS[model].faster, ratio(measured, model)
        if least is not None and found is not None:
            _say(f"{model}: {_ratio_text(measured, model)} as fast", found, ">=", least, " ×")
    if "Llama 70B" in measured.models:
        most = 0.6 * measured.ours("Llama 70B", "forward") + 0.3
        seconds = measured.ours("Llama 70B", "seconds")
        _say(f"Llama 70B: {_ms(seconds)} ms", seconds * 1000, "<=", most * 1000, " ms")
    for model in measured.models:
        seconds = measured.ours(model, "folded seconds") * 1000
        _say(f"{model}, folded: {seconds:.0f} ms", seconds, "<=", FOLDED_MS, " ms")
        size = measured.ours(model, "folded bytes") / 1024
        _say(f"{model}, folded: {size:.0f} KiB", size, "<=", FOLDED_KIB, " KiB")
    if GROWING[2] in measured.models:
        each = measured.grown(GROWING[2]) / measured.ours(GROWING[2], "nodes")
        _say(f"{GROWING[2]}: {each:,.0f} bytes a node", each, "<=", BYTES_A_NODE, " bytes")
    if set(GROWING) <= set(measured.models):
        power = exponent(measured, GROWING[0], GROWING[2])
        _say(f"Growth, 1,500 to 150,000 nodes: {power:.2f}", power, "<=", EXPONENT, "")


def _say(what: str, found: float, sign: str, target: float, unit: str) -> None:
    met = found >= target if sign == ">=" else found <= target
    bound = "at least" if sign == ">=" else "at most"
    print(f"- {'met' if met else 'MISSED'}: {what} ({bound} {target:,.4g}{unit})")


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:,.{1 if seconds < 0.01 else 0}f}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default="", help="models whose name has this in it")
    parser.add_argument("--limit", type=float, default=LIMIT, help="seconds for a peer's picture")
    options = parser.parse_args()
    models = [name for name in MODELS if options.only.lower() in name.lower()]
    if not models:
        sys.exit(f"No model has {options.only!r} in its name; there are {', '.join(MODELS)}.")
    if shutil.which("dot") is None:
        sys.exit(
            "The peer, torchviz, draws with Graphviz's dot; install Graphviz to compare with it."
        )
    from graphview.draw.engines import available

    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}")
    print("Engines: " + ", ".join(f"{name} {version}" for name, version in available()))
    print(f"Medians of {ROUNDS} rounds, or one round where it takes over {SLOW:.0f} s.")
    measured = Measured(models, options.limit)
    measured.measure()
    for table in (whole, folded, growth, targets):
        table(measured)


if __name__ == "__main__":
    main()
