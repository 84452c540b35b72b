"""The magics of `%load_ext graphview`: `%%graphview` runs a cell and shows what it computed."""

from __future__ import annotations

import ast
import sys
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, TypeGuard

import torch
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic_arguments import MagicArgumentParser
from IPython.display import display

from graphview.autograd import capture_live, watch_nodes
from graphview.autograd.tensors import node_of
from graphview.display import mimebundle
from graphview.errors import GraphviewError, RootError
from graphview.model.graph import Graph

NOTHING = (
    "graphview: this cell computed no tensor with a graph, so there is nothing to show; compute "
    "one from a tensor with requires_grad=True, or name a variable behind %%graphview."
)
SCOPES = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda
MOST_NAMED = 8
# How far tensors are looked for in mappings and lists.
DEEPEST = 4


def load(shell: InteractiveShell) -> None:
    """Add `%graphview` and `%%graphview` to a shell."""
    shell.magics_manager.register_function(Magic(shell).graphview, "line_cell", "graphview")


class Magic:
    """`%graphview` and `%%graphview` in one shell."""

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell

    def graphview(self, line: str, cell: str | None = None) -> None:
        """Show the autograd graph of variables, or run a cell and show what it computed.

            %graphview [--theme THEME] NAME...
            %%graphview [--root NAME] [--theme THEME] [NAME...]

        Without names a cell shows the value of its last line where that has a graph, else the
        last results among the tensors that it assigned. THEME is auto, light or dark.
        """
        asked = _PARSER.parse_argstring(line)
        names = [*asked.root, *asked.names]
        ran = Ran(failed=False) if cell is None else run(self.shell, cell)
        if ran.failed:
            return
        named = cell is None or names
        graph = _named(self.shell, names) if named else _computed(self.shell, ran)
        if graph is None:
            print(NOTHING, file=sys.stderr)
        else:
            display(mimebundle(graph, theme=asked.theme), raw=True)


def _parser() -> MagicArgumentParser:
    parser = MagicArgumentParser(prog="graphview", add_help=False)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--root", action="append", default=[])
    parser.add_argument("--theme", choices=("auto", "light", "dark"), default="auto")
    return parser


_PARSER = _parser()


@dataclass(frozen=True, slots=True)
class Ran:
    """What a cell left: the value of its last line, and which variables it assigned, in order."""

    failed: bool
    value: object = None
    assigned: tuple[str, ...] = ()


def run(shell: InteractiveShell, cell: str) -> Ran:
    """Run a cell as IPython does, watched; its output, value and error appear as they always do.

    Errors: UsageError for a cell with `await` outside functions.
    """
    # The result of the cell that the magic stands in.
    result = shell.displayhook.exec_result
    number = shell.execution_count if result is None else result.execution_count
    try:
        code = _above(cell) + shell.transform_cell(cell)
        name = shell.compile.cache(code, number, raw_code=f"%%graphview\n{cell}")
        parsed = shell.compile.ast_parse(code, name)
        silenced = _ends_with_semicolon(code, parsed)
        tree = shell.transform_ast(parsed)
    except (SyntaxError, ValueError) as error:
        shell.showsyntaxerror()
        if result is not None:
            result.error_before_exec = error
        return Ran(failed=True)
    if shell.should_run_async(code, transformed_cell=code):
        raise UsageError("%%graphview cannot run a cell with await; put it into a cell before.")
    assigned = tuple(dict.fromkeys(assigned_names(tree)))
    shown, how = _Values(shell, silenced), shell.ast_node_interactivity
    with shown.watching(), watch_nodes():
        failed = _finished(shell.run_ast_nodes(tree.body, name, how, shell.compile, result))
    return Ran(failed, shown.last, assigned)


def _above(cell: str) -> str:
    """Empty lines for the magic's own line and for those that IPython takes away: lines count as
    they are seen."""
    return "\n" * (1 + len(list(takewhile(lambda line: not line.strip(), cell.splitlines()))))


def _ends_with_semicolon(code: str, tree: ast.AST) -> bool:
    """Whether the value of the last line is not to be shown; IPython looks only at the magic's."""
    if not isinstance(tree, ast.Module) or not tree.body:
        return False
    last = tree.body[-1]
    line = code.split("\n")[(last.end_lineno or last.lineno) - 1].encode()
    return line[last.end_col_offset :].lstrip().startswith(b";")


def _finished(running: Coroutine[Any, Any, bool]) -> bool:
    """The result of a coroutine that waits for nothing."""
    try:
        running.send(None)
    except StopIteration as end:
        return bool(end.value)
    running.close()
    raise RuntimeError("a cell without await has waited for something")


class _Values:
    """Stands before IPython's display hook, and keeps the value of the last line."""

    def __init__(self, shell: InteractiveShell, silenced: bool) -> None:
        self.shell, self.silenced = shell, silenced
        self.last: Any = None

    @contextmanager
    def watching(self) -> Iterator[None]:
        before, sys.displayhook = sys.displayhook, self.show
        try:
            yield
        finally:
            sys.displayhook = before

    def show(self, value: Any) -> None:
        self.last = value
        if not self.silenced:
            self.shell.displayhook(value)


def assigned_names(tree: ast.AST) -> Iterator[str]:
    """The variables that code assigns, in the order of reading; not those of functions in it."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        if not isinstance(node, SCOPES):
            yield from assigned_names(node)


def _named(shell: InteractiveShell, names: list[str]) -> Graph:
    """The graph of variables that were asked for. Errors: UsageError."""
    variables = shell.user_ns
    if not names:
        raise UsageError("%graphview needs the name of a tensor, as in %graphview loss.")
    for name in names:
        if name not in variables:
            raise UsageError(f"there is no variable {name!r}; {_known(variables)}.")
    try:
        return _capture(shell, {name: variables[name] for name in names})
    except GraphviewError as error:
        raise UsageError(str(error)) from error


def _known(variables: dict[str, Any]) -> str:
    found = [name for name, value in variables.items() if name[0] != "_" and _has_graph(value)]
    named = ", ".join(found[-MOST_NAMED:])
    return f"tensors with a graph are {named}" if found else "no variable is a tensor with a graph"


def _computed(shell: InteractiveShell, ran: Ran) -> Graph | None:
    """The graph of what a cell computed; None where nothing has one."""
    assigned = {name: _parts(shell.user_ns.get(name)) for name in ran.assigned}
    tensors = {name: value for name, value in assigned.items() if _has_graph(value)}
    for found in (_parts(ran.value), _last_results(shell, tensors), assigned):
        try:
            return _capture(shell, found)
        except RootError:
            # It has no part with a graph.
            continue
    return None


def _parts(value: object, depth: int = 0) -> object:
    """The tensors with a graph in a value, in mappings and lists as they stand; else None."""
    if _has_graph(value):
        return value
    if depth == DEEPEST:
        return None
    if isinstance(value, Mapping):
        return {key: _parts(item, depth + 1) for key, item in value.items()}
    return [_parts(item, depth + 1) for item in value] if isinstance(value, tuple | list) else None


def _last_results(
    shell: InteractiveShell, tensors: dict[str, torch.Tensor]
) -> dict[str, torch.Tensor]:
    """Those of the tensors that went into no other one of them."""
    if not tensors:
        return tensors
    graph = _capture(shell, tensors)
    used = {(edge.node, edge.output) for node in graph.nodes for edge in node.inputs}
    # Of several names for one result the last one is kept.
    last = {(root.node, root.output): root.name for root in graph.roots}
    return {name: tensors[name] for result, name in last.items() if result not in used}


def _has_graph(value: object) -> TypeGuard[torch.Tensor]:
    return isinstance(value, torch.Tensor) and node_of(value) is not None


def _capture(shell: InteractiveShell, target: object) -> Graph:
    return capture_live(target, scopes=[shell.user_ns]).graph
