"""The command line: the group, its commands, and the one place that turns errors into exit codes."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Sequence
from types import FrameType
from typing import Any, NoReturn

import click

from graphview import __version__
from graphview.commands.record import record
from graphview.commands.render import render
from graphview.commands.report import report
from graphview.errors import GraphviewError

COMMANDS: tuple[click.Command, ...] = (report, render, record)

FINE, COULD_NOT, BUG, INTERRUPTED = 0, 2, 3, 130


class _ClosedPipe(Exception):
    """Whoever read our output has gone; that is no error."""


class _Group(click.Group):
    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            # click would end with 1, which is the code for findings.
            raise _ClosedPipe from error


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", package_name="graphview")
def cli() -> None:
    """See what autograd recorded: the graph behind a tensor, drawn and explained."""


for _command in COMMANDS:
    cli.add_command(_command)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and end the process with its exit code."""
    signal.signal(signal.SIGTERM, _terminated)
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 0 fine, 2 could not, 3 a bug, 130 interrupted."""
    try:
        code = cli.main(args=arguments, prog_name="graphview", standalone_mode=False)
    except GraphviewError as error:
        return _say(str(error), error.exit_code)
    except click.ClickException as error:
        return _say(_sentence(error), COULD_NOT)
    except (click.Abort, KeyboardInterrupt):
        return _say("interrupted; nothing was written.", INTERRUPTED)
    except _ClosedPipe:
        _silence_stdout()
        return FINE
    except Exception:
        traceback.print_exc()
        return _say("this is a bug of graphview; please report it with the lines above.", BUG)
    return code if isinstance(code, int) else FINE


def _say(text: str, code: int) -> int:
    click.echo(f"graphview: {text}", err=True)
    return code


def _sentence(error: click.ClickException) -> str:
    message = error.format_message().rstrip(".")
    context = error.ctx if isinstance(error, click.UsageError) else None
    where = f" See '{context.command_path} --help'." if context else ""
    return f"{message}.{where}"


def _silence_stdout() -> None:
    # Python flushes standard output once more on exit, into the closed pipe.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _terminated(number: int, frame: FrameType | None) -> None:
    # Unwinds the stack, so that temporary files are removed.
    sys.exit(128 + number)
