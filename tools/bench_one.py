"""One measurement of bench.py in a process of its own: TOOL MODEL LIMIT, and JSON comes out."""

from __future__ import annotations

import json
import math
import resource
import signal
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from bench_models import MODELS, Model
from torch.nn.modules.module import register_module_forward_pre_hook

from graphview.observe.memory import process_peak

Result = dict[str, Any]
WHO = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
# A busy machine may give a process a third of its time.
PATIENCE = 3


def spent() -> float:
    """The processor's seconds so far, of this process and of those that it started and awaited."""
    own, started = (resource.getrusage(who) for who in WHO)
    return own.ru_utime + own.ru_stime + started.ru_utime + started.ru_stime


def seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    start = spent()
    result = work()
    return spent() - start, result


def forward(model: Model) -> tuple[float, torch.Tensor]:
    """The loss, and the seconds from the first call of a module to its end."""
    begun = list[float]()
    function = model.function_of()

    def begin(*_: Any) -> None:
        begun.append(spent())
        hook.remove()

    hook = register_module_forward_pre_hook(begin)
    with torch.device(model.device):
        loss = function()
    return spent() - begun[0], loss


def watched(model: Model) -> tuple[float, Any]:
    """Seconds of capture, and the graph as the command has it, with source lines and modules."""
    from graphview.autograd import capture_live
    from graphview.subject.find import find_subject
    from graphview.subject.function import call

    called = call(find_subject(model.subject), torch.device(model.device))
    scopes = list(called.scopes())
    used, live = seconds(lambda: capture_live(called.tensors, scopes=scopes))
    return used, live.graph


def draw(graph: Any, target: Path, fold: str) -> int:
    """Write the picture; returns how many boxes it has."""
    from graphview.draw.describe import look_of
    from graphview.draw.picture import picture_of
    from graphview.draw.svg import stream_svg
    from graphview.files import write

    scene = picture_of(graph, fold)
    write(target, stream_svg(scene, look_of(graph)))
    return sum(placed.box.kind != "note" for placed in scene.boxes)


def warm_up(target: Path) -> None:
    from graphview.autograd import capture

    weight = torch.ones(3, requires_grad=True)
    draw(capture((weight * 2 + 1).square().sum()), target, "none")


def graphview(model: Model, target: Path, limit: float) -> Result:
    warm_up(target)
    plain = min(forward(model)[0] for _ in range(2 if model.device == "meta" else 1))
    capturing, graph = watched(model)
    found: Result = {"forward": plain, "capture": capturing, "nodes": len(graph.nodes)}
    folding, boxes = seconds(lambda: draw(graph, target, "auto"))
    found |= {"folded seconds": folding, "folded boxes": boxes}
    found["folded bytes"] = target.stat().st_size
    found["seconds"], found["boxes"] = seconds(lambda: draw(graph, target, "none"))
    return found | {"bytes": target.stat().st_size, "peak": process_peak() or 0}


def torchviz(model: Model, target: Path, limit: float) -> Result:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        from torchviz import make_dot
    _, loss = forward(model)

    def picture() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            dot = make_dot(loss)
        run_dot(dot.source, target, limit)

    # Graphviz's libraries are in memory for the picture that is measured, as ours are.
    run_dot("digraph{a->b}", target, limit)
    used, _ = seconds(picture)
    return {"seconds": used, "bytes": target.stat().st_size}


def run_dot(source: str, target: Path, limit: float) -> None:
    """Errors: TimeoutExpired after `limit` of the processor's seconds."""
    command = ["dot", "-Tsvg", "-o", str(target)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE)
    hard = resource.RLIM_INFINITY
    resource.prlimit(process.pid, resource.RLIMIT_CPU, (math.ceil(limit), hard))
    try:
        process.communicate(source.encode(), timeout=limit * PATIENCE)
    finally:
        process.kill()
        process.wait()
    if process.returncode == -signal.SIGXCPU:
        raise subprocess.TimeoutExpired(command, limit)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)


def plain_forward(model: Model, target: Path, limit: float) -> Result:
    warm_up(target)
    used, _loss = forward(model)
    return {"seconds": used, "peak": process_peak() or 0}


TOOLS: dict[str, Callable[[Model, Path, float], Result]] = {
    "graphview": graphview,
    "torchviz + dot": torchviz,
    "forward": plain_forward,
}


def main() -> None:
    tool, model, limit = sys.argv[1:]
    torch.manual_seed(0)
    with TemporaryDirectory() as folder:
        try:
            found = TOOLS[tool](MODELS[model], Path(folder) / "picture.svg", float(limit))
        except RecursionError:
            found = {"failed": "RecursionError"}
        except subprocess.TimeoutExpired:
            found = {"failed": f"over {float(limit):.0f} s"}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
