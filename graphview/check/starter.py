"""A contract to begin with: what a recording is now, as the least that is asked of the next one."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphview.check.contract import Target
from graphview.check.edges import uses
from graphview.check.paths import depths
from graphview.check.roots import graphs_called
from graphview.check.rule import Case
from graphview.check.rules import rule_of
from graphview.check.value import Value, dotted, quoted
from graphview.errors import ContractError
from graphview.model.graph import Graph
from graphview.model.recording import Recording

WIDEST = 96
# More leaves than that are told as globs, and more operations by what must be there.
MOST_LEAVES, MOST_OPERATIONS = 12, 40
MOST_NAMED = 3
PROGRAMS = (".py", ".ipynb")
SIZES = (("GB", 10**9), ("MB", 10**6), ("kB", 10**3))
WILD, SPECIAL = re.compile(r"[*?]"), re.compile(r"[*?\[]")
SURROGATE = re.compile(r"[\ud800-\udfff]")

HEAD = """\
# What `graphview check` asks of the graphs of {subject}, as they were when this was written.
# Change it to what you mean; `graphview explain GV102` tells of a finding.
schema = 1

# How bad a finding is, by its code or name: "off", "warn" or "error".
# [rules]
# GV116 = "warn"
"""
TAIL = """\
# What must, and must not, be between a leaf and the root:
# path = "{leaf} -> {root}"
# no-path = "{leaf} -> {root}"

# In place of the above on a GPU:
# [{table}.on.cuda]
# max-saved = "2 GB"
"""


@dataclass(frozen=True, slots=True)
class Clause:
    """One key of a graph, what to say of it, and values for it, the strictest first."""

    key: str
    comment: str
    values: tuple[Any, ...]
    otherwise: str = ""


def starter(target: Target, recording: Recording) -> str:
    """The text of a contract that this recording keeps, in which `target` is the only one.

    Each rule is asked whether its key is kept; what cannot be kept is left out. Errors:
    ContractError where there is no graph, or a name that TOML cannot hold.
    """
    if not recording.graphs:
        raise ContractError(f"{recording.subject} has no graph, so there is nothing to ask of it.")
    parts = [HEAD.format(subject=_comment(recording.subject)), _target(target)]
    cases = {name: Case(name, graph, recording) for name, graph in recording.graphs.items()}
    first = next(iter(cases))
    parts += [_graph(target, name, cases, is_first=name == first) for name in cases]
    text = "\n".join(parts)
    if SURROGATE.search(text):
        raise ContractError(f"{recording.subject} has a name that is no Unicode, which TOML needs.")
    return text


def pattern_of(name: str) -> str:
    """What stands for this name in a contract: itself, as far as TOML can hold it.

    Brackets of its own need no care, but where others make it a glob.
    """
    if WILD.search(name):
        name = SPECIAL.sub(lambda found: f"[{found[0]}]", name)
    return SURROGATE.sub("?", name)


def patterns_of(names: Sequence[str]) -> list[str]:
    """A few globs for many names: those that differ only by numbers between dots are one."""
    groups: dict[str, list[str]] = {}
    for name in names:
        parts = [_any_number(part) for part in pattern_of(name).split(".")]
        groups.setdefault(".".join(parts), []).append(name)
    return [glob if len(all_) > 1 else pattern_of(all_[0]) for glob, all_ in groups.items()]


def written(value: Any) -> str:
    """A value as TOML, on one line."""
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, Mapping):
        pairs = [f"{dotted('', key)} = {written(each)}" for key, each in value.items()]
        return f"{{ {', '.join(pairs)} }}" if pairs else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(written, value))}]"
    return str(value)


def _any_number(part: str) -> str:
    return "*" if part.isdecimal() else part


def _target(target: Target) -> str:
    lines = [f"[{dotted('targets', target.name)}]"]
    keys = {
        "subject": target.subject,
        "device": target.device,
        "arguments": target.arguments or None,
        "max-steps": target.max_steps,
    }
    for key, value in keys.items():
        lines += [] if value is None else _pair(key, value)
    if target.max_steps is None and (target.subject or "").endswith(PROGRAMS):
        lines += ["# To end it after so many backward passes:", "# max-steps = 10"]
    lines += ["# Where random numbers start.", f"seed = {target.seed}"]
    return "\n".join(lines) + "\n"


def _graph(target: Target, name: str, cases: dict[str, Case], *, is_first: bool) -> str:
    """The table of one graph; what each key means is said in the first one."""
    case, pattern = cases[name], pattern_of(name)
    # A pattern speaks of all graphs that have a root of that name.
    meant = [cases[each] for each in graphs_called(pattern, case.recording)]
    table = dotted("targets", target.name, "graphs", pattern)
    lines = [f"[{table}]"]
    for clause in _clauses(case):
        told = _told(clause, meant)
        lines += told if is_first else [line for line in told if not line.startswith("#")]
    if not is_first:
        return "\n".join(lines) + "\n"
    leaf = next((leaf.name for leaf in case.graph.leaves if leaf.name), "leaf")
    names = {"leaf": pattern_of(leaf), "root": pattern_of(case.graph.roots[0].name)}
    return "\n".join(lines) + "\n\n" + TAIL.format(table=table, **_comments(names))


def _told(clause: Clause, cases: list[Case]) -> list[str]:
    for value in clause.values:
        if all(_is_kept(clause.key, value, case) for case in cases):
            return [f"# {clause.comment}", *_pair(clause.key, value)]
    return [f"# {clause.otherwise}", f"# {clause.key} = ..."] if clause.otherwise else []


def _is_kept(key: str, value: Any, case: Case) -> bool:
    rule = rule_of(key)
    try:
        asked = rule.read(Value(value, key, "starter"))
    except ContractError:
        # A name that is nothing but blanks, or that reads as something else there.
        return False
    return not any(rule.check(asked, case))


def _pair(key: str, value: Any) -> list[str]:
    """A key with its value; on several lines where one is too long for a person to read."""
    line = f"{key} = {written(value)}"
    if len(line) <= WIDEST:
        return [line]
    if isinstance(value, Mapping):
        return [each for inner, raw in value.items() for each in _pair(dotted(key, inner), raw)]
    if isinstance(value, list | tuple):
        return [f"{key} = [", *(f"    {written(each)}," for each in value), "]"]
    return [line]


def _clauses(case: Case) -> Iterator[Clause]:
    graph = case.graph
    yield Clause("leaves", "These leaves get a gradient, and no others.", _leaves(graph))
    yield from _parameters(case)
    yield _operations(graph)
    yield Clause("casts", "Where a dtype changes on the way.", ("forbid", _casts(graph)))
    yield Clause("devices", "Where it is computed.", ("one", _devices(graph)))
    yield from _budgets(graph)
    yield Clause(
        "opaque", "Nodes that hide others: compiled, checkpointed.", ("forbid", _opaque(graph))
    )
    yield Clause(
        "custom-functions", "Classes of torch.autograd.Function.", ("forbid", _customs(graph))
    )
    shapes = {pattern_of(root.name): list(root.tensor.shape or ()) for root in graph.roots}
    yield Clause("shapes", 'A size may also be a name, such as "batch", or "*".', (shapes,))


def _leaves(graph: Graph) -> tuple[Any, ...]:
    names = [leaf.name for leaf in graph.leaves if leaf.name]
    patterns = [pattern_of(name) for name in names]
    few = patterns_of(names) if len(names) > MOST_LEAVES else patterns
    # A leaf without a name is in no list.
    counted = {"require": few, "count": len(graph.leaves)}
    return few, patterns, counted, {"count": len(graph.leaves)}


def _parameters(case: Case) -> Iterator[Clause]:
    lost = [each for each in case.recording.missing if each.kind == "parameter"]
    frozen = [each.name for each in lost if each.reason == "frozen"]
    if frozen:
        exact = [pattern_of(name) for name in frozen]
        few = patterns_of(frozen) if len(frozen) > MOST_LEAVES else exact
        yield Clause("frozen", "These get no gradient.", (few, exact))
    names = [_comment(each.name) for each in lost if each.reason != "frozen"]
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    without = f"; without: {', '.join(names[:MOST_NAMED])}{more}" if names else ""
    yield Clause(
        "parameters",
        "Every parameter of the model gets a gradient from here.",
        ("all-reach",),
        f"Not every parameter gets a gradient from here{without}.",
    )


def _operations(graph: Graph) -> Clause:
    families = Counter(graph.operator_of(node).family for node in graph.operations)
    counts = {pattern_of(family): count for family, count in families.most_common()}
    needed = {"require": list(counts)}
    if len(graph.operations) > MOST_OPERATIONS:
        return Clause("operations", "Each of these at least once.", (needed,))
    return Clause(
        "operations",
        "What is computed, by families of operations; AccumulateGrad is none.",
        ({"exactly": counts}, needed),
    )


def _casts(graph: Graph) -> list[str]:
    pairs = {(use.before.dtype, use.after.dtype) for use in uses(graph)}
    return sorted(f"{before} -> {after}" for before, after in pairs if before != after)


def _devices(graph: Graph) -> list[str]:
    tensors = [each for node in graph.nodes for each in node.outputs]
    return sorted({each.device.partition(":")[0] for each in tensors})


def _budgets(graph: Graph) -> Iterator[Clause]:
    nodes, depth, saved = len(graph.nodes), max(depths(graph)), graph.saved_bytes
    yield Clause("max-nodes", f"There are {nodes:,} nodes.", (_with_room(nodes),))
    yield Clause("max-depth", f"The longest path has {depth:,} operations.", (_with_room(depth),))
    size = _size(_with_room(saved))
    yield Clause("max-saved", f"Saved for backward: {saved:,} bytes.", (size,))


def _with_room(number: int) -> int:
    """A quarter more, in two digits."""
    wanted = number + max(math.ceil(number / 4), 1)
    step = int(10 ** max(len(str(wanted)) - 2, 0))
    return math.ceil(wanted / step) * step


def _size(number: int) -> int | str:
    unit = next(((name, size) for name, size in SIZES if number >= size), None)
    return number if unit is None else f"{number / unit[1]:g} {unit[0]}"


def _opaque(graph: Graph) -> list[str]:
    used = [graph.operator_of(node) for node in graph.operations]
    return sorted({pattern_of(each.name) for each in used if each.opaque})


def _customs(graph: Graph) -> list[str]:
    used = [graph.operator_of(node) for node in graph.operations]
    return sorted({pattern_of(each.name) for each in used if each.origin == "custom"})


def _comment(text: str) -> str:
    """A text that stays on its line of comment, where TOML wants no control characters."""
    return "".join(each if each.isprintable() else "?" for each in text)


def _comments(names: dict[str, str]) -> dict[str, str]:
    return {key: _comment(quoted(name)[1:-1]) for key, name in names.items()}
