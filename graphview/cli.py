"""The command line: its commands, and the one place that turns errors into exit codes."""

from __future__ import annotations

import errno
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from types import FrameType
from typing import Any, NoReturn

import click

from graphview import __version__
from graphview.commands.printing import say
from graphview.errors import GraphviewError
from graphview.files import silence_stdout

# The command `name` is `graphview.commands.name:name`; only the one that runs is loaded.
COMMANDS: dict[str, str] = {
    "check": "Hold graphs to a contract.",
    "diff": "What changed between two graphs.",
    "explain": "What an operation, a kind of node or a finding is.",
    "init": "Write a contract to begin with.",
    "record": "Keep all that was observed, as JSON.",
    "render": "A graph as a picture: for a page, a slide, a document.",
    "report": "The graphs and the training on one page.",
}

FINE, COULD_NOT, BUG, INTERRUPTED = 0, 2, 3, 130


class _ClosedPipe(Exception):
    """Whoever read our output has gone; that is no error."""


class _Interrupted(Exception):
    """Ctrl-C."""


@contextmanager
def _unseen_by_click() -> Iterator[None]:
    # For a closed pipe click ends with 1, the code for findings; for Ctrl-C it prints a line.
    try:
        yield
    except BrokenPipeError as error:
        raise _ClosedPipe from error
    except KeyboardInterrupt as error:
        raise _Interrupted from error


class _Group(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"graphview.commands.{cmd_name}"), cmd_name)
        command.short_help = COMMANDS[cmd_name]
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        with _unseen_by_click():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        with _unseen_by_click():
            return super().invoke(ctx)


@click.group(
    cls=_Group,
    no_args_is_help=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, "-V", "--version", package_name="graphview")
def cli() -> None:
    """See what autograd recorded: the graph behind a tensor, drawn and explained."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and end the process with its exit code."""
    signal.signal(signal.SIGTERM, _terminated)
    # Windows has none, and `nohup` has it ignored.
    hangup = getattr(signal, "SIGHUP", None)
    if hangup is not None and signal.getsignal(hangup) != signal.SIG_IGN:
        signal.signal(hangup, _terminated)
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None, obj: object = None) -> int:
    """Run the command line; the exit code is 0 fine, 2 could not, 3 a bug, 130 interrupted.

    `obj` is for the command, as click's contexts have it.
    """
    try:
        code = cli.main(args=arguments, prog_name="graphview", standalone_mode=False, obj=obj)
    except GraphviewError as error:
        return _say(str(error), error.exit_code)
    except click.ClickException as error:
        return _say(_sentence(error), COULD_NOT)
    except (_Interrupted, click.Abort, KeyboardInterrupt):
        return _say("interrupted; no file was left half written.", INTERRUPTED)
    except _ClosedPipe:
        silence_stdout()
        return FINE
    except OSError as error:
        if error.errno != errno.ENOSPC:
            return _bug()
        # --help and explain print through click.
        silence_stdout()
        return _say(f"standard output could not be written: {error.strerror}.", COULD_NOT)
    except Exception:
        return _bug()
    return code if isinstance(code, int) else FINE


def _bug() -> int:
    import traceback

    traceback.print_exc()
    return _say("this is a bug of graphview; please report it with the lines above.", BUG)


def _say(text: str, code: int) -> int:
    say(f"graphview: {text}")
    return code


def _sentence(error: click.ClickException) -> str:
    message = error.format_message().rstrip(".")
    stop = "" if message.endswith(("?", "?)")) else "."
    context = error.ctx if isinstance(error, click.UsageError) else None
    where = f" See '{context.command_path} --help'." if context else ""
    return f"{message}{stop}{where}"


def _terminated(number: int, frame: FrameType | None) -> None:
    # Unwinds the stack, so that temporary files are removed.
    sys.exit(128 + number)
