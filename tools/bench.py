"""graphview beside torchviz + dot, in one run: from a loss to a finished SVG.

Each (tool, model) pair runs in a process of its own, in turns, so that noise of the machine falls
on both alike and peak memory is each one's own. What is said is the ratio; seconds are for scale.
"""

from __future__ import annotations

import json
import platform
import shutil
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROUNDS, REPEATS, LIMIT_SECONDS = 3, 5, 120


def graphview_svg(model: Any, loss: Any, target: Path) -> None:
    from graphview.autograd import capture_live
    from graphview.draw.describe import look_of
    from graphview.draw.drawing import to_dot
    from graphview.draw.engines import layout
    from graphview.draw.makedot import draw
    from graphview.draw.svg import publish

    live = capture_live({"loss": loss}, params=model)
    dot = to_dot(draw(live.graph, live.tensors, live.functions))
    drawn = layout(dot, timeout=LIMIT_SECONDS)
    target.write_text(publish(drawn.svg, look_of(live.graph)), encoding="utf-8")


def torchviz_svg(model: Any, loss: Any, target: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        from torchviz import make_dot

        dot = make_dot(loss, params=dict(model.named_parameters()))
    target.write_bytes(dot.pipe(format="svg"))


TOOLS: dict[str, Callable[[Any, Any, Path], None]] = {
    "graphview": graphview_svg,
    "torchviz + dot": torchviz_svg,
}


def measure(tool: str, model: str) -> dict[str, float]:
    """Median seconds of a picture once warm, and what the first one added to peak memory in MiB."""
    import torch
    from bench_models import MODELS

    from graphview.observe.memory import process_peak

    torch.manual_seed(0)
    network, loss = MODELS[model]()
    before = process_peak() or 0
    with TemporaryDirectory() as folder:
        target = Path(folder) / "loss.svg"
        TOOLS[tool](network, loss, target)
        grown = ((process_peak() or 0) - before) / (1 << 20)
        times = []
        for _ in range(REPEATS):
            start = time.perf_counter()
            TOOLS[tool](network, loss, target)
            times.append(time.perf_counter() - start)
        size = target.stat().st_size / 1024
    return {"seconds": statistics.median(times), "memory": grown, "size": size}


def run(tool: str, model: str) -> dict[str, float] | None:
    """Measure in a process of its own; None when it does not finish in time."""
    command = [sys.executable, __file__, tool, model]
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=LIMIT_SECONDS * 2, check=True, text=True
        )
    except subprocess.TimeoutExpired:
        return None
    except subprocess.CalledProcessError as error:
        sys.exit(f"{tool} on {model} failed:\n{error.stderr}")
    found: dict[str, float] = json.loads(done.stdout)
    return found


def nodes_of(model: str) -> int:
    from bench_models import MODELS

    from graphview.autograd import capture

    return len(capture(MODELS[model]()[1]).nodes)


def compare(model: str) -> str:
    results: dict[str, list[dict[str, float] | None]] = {tool: [] for tool in TOOLS}
    for _ in range(ROUNDS):
        for tool in TOOLS:
            results[tool].append(run(tool, model))
    ours, theirs = (_median(results[tool]) for tool in TOOLS)
    ratio = f"{theirs['seconds'] / ours['seconds']:.2f} ×"
    cells = [model, f"{nodes_of(model):,}", _ms(ours), _ms(theirs), ratio]
    cells += [f"{side['memory']:.0f}" for side in (ours, theirs)]
    cells += [f"{side['size']:.0f}" for side in (ours, theirs)]
    return "| " + " | ".join(cells) + " |"


def _median(found: list[dict[str, float] | None]) -> dict[str, float]:
    done = [result for result in found if result is not None]
    keys = ("seconds", "memory", "size")
    if len(done) < len(found):
        return dict.fromkeys(keys, float("inf"))
    return {key: statistics.median(result[key] for result in done) for key in keys}


def _ms(side: dict[str, float]) -> str:
    return f"{side['seconds'] * 1000:.0f}"


def main() -> None:
    if len(sys.argv) == 3:
        print(json.dumps(measure(*sys.argv[1:])))
        return
    if shutil.which("dot") is None:
        sys.exit(
            "The peer, torchviz, draws with Graphviz's dot; install Graphviz to compare with it."
        )
    from bench_models import MODELS

    from graphview.draw.engines import available

    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}")
    print("Engines: " + ", ".join(f"{name} {version}" for name, version in available()))
    print("From a loss to a written SVG, medians of", ROUNDS * REPEATS, "pictures; memory is what")
    print("the first picture adds to the process's peak (dot itself runs in another process).\n")
    print("| model | nodes | graphview ms | torchviz ms | ratio | MiB | theirs | KiB | theirs |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|")
    for model in MODELS:
        print(compare(model), flush=True)


if __name__ == "__main__":
    main()
