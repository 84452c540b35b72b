"""What holding graphs to a contract costs: beside starting Python with click, and for large graphs.

    python tools/bench_check.py                 # all tables, minutes on two cores
    python tools/bench_check.py --nodes 3000    # in place of 100,000 for the large graph

What is counted is the processor's time, so that a busy machine says about what an idle one does:
the least of some rounds, each in a process of its own. Modules are loaded from their bytecode, as
in whatever is installed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import runpy
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import chdir
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from bench_models import GALLERY
from torch.nn.functional import mse_loss

from graphview import Graph, Recording, capture, watch_nodes
from graphview.collector import collector_paused
from graphview.compare.compared import compare
from graphview.compare.sketch import sketch
from graphview.model.graph import Operator
from graphview.model.store import to_json
from graphview.observe.environment import environment

GRAPHVIEW = ("-c", "from graphview.cli import main; main()")
CLICK = ("-c", "import click")
# In nodes; a step of the LSTM has fifteen.
TINY, SMALL, LARGE, NODES_A_STEP = 150, 8_000, 100_000, 15
STARTS, ROUNDS = 9, 3
# Times `import click`; seconds for the sketches and the comparison, and for a whole diff.
MOST, MOST_COMPARED, MOST_DIFF = 3.0, 2.0, 1.0
FINE, FINDINGS = 0, 1
HEAD = "schema = 1\n[targets.lstm]\n"


def lstm(nodes: int) -> Graph:
    """An LSTM cell called again and again, with about so many nodes."""
    torch.manual_seed(0)
    steps = nodes // NODES_A_STEP
    with watch_nodes():
        model = runpy.run_path(str(GALLERY / "lstm.py"))["Reader"](8)
        loss = mse_loss(model(torch.randn(4, steps)), torch.randn(4, 1))
    return capture({"loss": loss}, params=model)


def changed(graph: Graph) -> Graph:
    """The graph with one operation in its middle that computes something else."""
    tanh = [node for node in graph.operations if graph.operator_of(node).family == "tanh"]
    old = tanh[len(tanh) // 2]
    relu = Operator("ReluBackward0", "relu", "relu", graph.operator_of(old).origin)
    nodes = list(graph.nodes)
    nodes[old.index] = replace(old, name=relu.name, operator=relu.name)
    return replace(graph, nodes=tuple(nodes), operators=graph.operators | {relu.name: relu})


def save(graph: Graph, name: str) -> None:
    recording = Recording("lstm.py", {"loss": graph}, {}, environment(torch.device("cpu")))
    Path(name).write_bytes(to_json(recording))


def spent(arguments: Sequence[str], *codes: int) -> float:
    """The processor's seconds of Python with these arguments; it must end with one of `codes`."""
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen(
        [sys.executable, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=kept
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (codes or (FINE,)):
        sys.exit(f"python {' '.join(arguments)} ended with {process.returncode}.")
    return usage.ru_utime + usage.ru_stime


def graphview(*arguments: str) -> tuple[str, ...]:
    return (*GRAPHVIEW, *arguments)


def least(commands: dict[str, Sequence[str]], rounds: int, *codes: int) -> dict[str, float]:
    """Of each command the least of the rounds, which take turns."""
    found: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, arguments in commands.items():
            found[name].append(spent(arguments, *codes))
    return {name: min(seconds) for name, seconds in found.items()}


def starting() -> None:
    graph = lstm(TINY)
    save(graph, "tiny.json")
    leaves = json.dumps([leaf.name for leaf in graph.leaves])
    Path("one.toml").write_text(f"{HEAD}[targets.lstm.graphs.loss]\nleaves = {leaves}\n")
    spent(graphview("init", "tiny.json", "-o", "whole.toml"))
    check = graphview("check", "--recording", "tiny.json", "-c")
    commands: dict[str, Sequence[str]] = {
        "import click": CLICK,
        "graphview --help": graphview("--help"),
        "check, one clause": (*check, "one.toml"),
        "check, as `init` writes it": (*check, "whole.toml"),
    }
    # The first time bytecode is written.
    least(commands, 1)
    seconds = least(commands, STARTS)
    print(f"\n## Starting, a saved recording of {len(graph.nodes):,} nodes\n")
    print("| command | ms | times `import click` |\n|---|--:|--:|")
    ratios = {name: taken / seconds["import click"] for name, taken in seconds.items()}
    for name, taken in seconds.items():
        print(f"| {name} | {taken * 1000:.0f} | {ratios[name]:.2f} × |", flush=True)
    ratio = ratios["check, one clause"]
    print()
    judge("check, one clause", ratio, MOST, "×")


def judge(what: str, found: float, most: float, unit: str) -> None:
    met = "met" if found <= most else "MISSED"
    print(f"- {met}: {what}: {found:.2f} {unit} (at most {most:g} {unit})", flush=True)


def comparing(old: Graph, new: Graph) -> tuple[float, int]:
    """Seconds of making both sketches and comparing them, and how many differences there are."""
    taken = []
    for _ in range(ROUNDS):
        start = time.process_time()
        with collector_paused():
            differences = compare(sketch(old), sketch(new)).differences
        taken.append(time.process_time() - start)
    return min(taken), len(differences)


def baselines(nodes: int) -> None:
    graph = lstm(nodes)
    graphs = {"its own": graph, "one operation changed": changed(graph)}
    Path("empty.toml").write_text(HEAD)
    check = graphview("check", "-c", "empty.toml", "--baseline", "kept", "--recording")
    for name, each in graphs.items():
        save(each, f"{name}.json")
    spent((*check, "its own.json", "--baseline-update"))
    print(f"\n## A graph of {len(graph.nodes):,} nodes against its baseline\n")
    print("| the graph | differences | sketches and comparison s | whole check s |")
    print("|---|--:|--:|--:|")
    slowest = 0.0
    for name, each in graphs.items():
        compared, number = comparing(graph, each)
        expected = FINDINGS if number else FINE
        whole = least({name: (*check, f"{name}.json")}, ROUNDS, expected)[name]
        slowest = max(slowest, compared)
        print(f"| {name} | {number} | {compared:.1f} | {whole:.1f} |", flush=True)
    print()
    judge("sketches and comparison", slowest, MOST_COMPARED, "s")


def differing() -> None:
    graph = lstm(SMALL)
    graphs = {"old": graph, "new": changed(graph)}
    for name, each in graphs.items():
        save(each, f"{name}.json")
    print(f"\n## Two graphs of {len(graph.nodes):,} nodes, one operation changed\n")
    print("| differences | sketches and comparison s | whole diff s |\n|--:|--:|--:|")
    compared, number = comparing(graph, graphs["new"])
    command: dict[str, Sequence[str]] = {"diff": graphview("diff", "old.json", "new.json")}
    whole = least(command, ROUNDS, FINE, FINDINGS)["diff"]
    print(f"| {number} | {compared:.2f} | {whole:.2f} |\n")
    judge("whole diff", whole, MOST_DIFF, "s")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--nodes", type=int, default=LARGE, help="of the large graph")
    options = parser.parse_args()
    # Other threads' waiting would be counted as work.
    torch.set_num_threads(1)
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}")
    print(f"The least of {STARTS} starts, of {ROUNDS} rounds for large graphs.")
    with TemporaryDirectory() as folder, chdir(folder):
        starting()
        baselines(options.nodes)
        differing()


if __name__ == "__main__":
    main()
