"""`graphview check`: hold graphs to a contract."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from graphview.commands.output import Output, need_other_files
from graphview.commands.printing import printed, say
from graphview.commands.selection import (
    contract_of,
    selected,
    targets_called,
    without_recording,
)
from graphview.errors import ContractError, GraphviewError, OutputError, SubjectFailed
from graphview.files import STDOUT, write_or_print

if TYPE_CHECKING:
    from graphview.check.baselines import Baselines
    from graphview.check.contract import Contract, Target
    from graphview.formats.style import Rules
    from graphview.model.finding import Checked
    from graphview.model.recording import Recording
    from graphview.subject.find import Subject

FORMATS = ("text", "concise", "json", "junit", "github", "gitlab", "sarif")
FINDINGS = 1
SUMMARY = "GITHUB_STEP_SUMMARY"


@dataclass(frozen=True, slots=True)
class Look:
    """How what was found is told."""

    format: str
    outputs: tuple[tuple[str, Output], ...]
    show_passed: bool


def _outputs(
    context: click.Context, parameter: click.Parameter, values: Sequence[str]
) -> tuple[tuple[str, Output], ...]:
    return tuple(_output(value) for value in values)


def _output(value: str) -> tuple[str, Output]:
    format, equals, path = value.partition("=")
    if format not in FORMATS or not (equals and path):
        raise click.BadParameter(
            f"{value!r} is no FORMAT=PATH; the formats are {', '.join(FORMATS)}."
        )
    if path == STDOUT:
        raise OutputError(f"--output {value}: standard output has what --format says; name a file.")
    return format, Output(path)


@click.command()
@click.argument("targets", nargs=-1, metavar="[TARGET]...")
@click.option(
    "-c",
    "--config",
    metavar="FILE",
    help="The contract; by default graphview.toml or [tool.graphview] in pyproject.toml, here or "
    "further up in the repository.",
)
@click.option(
    "--recording",
    metavar="FILE",
    help="Check this recording in place of running the target, of which there must be one.",
)
@click.option(
    "--select",
    multiple=True,
    metavar="CODES",
    help="Look for these findings only: GV102, GV1, leaf-missing; several with commas.",
)
@click.option("--ignore", multiple=True, metavar="CODES", help="Leave these findings out.")
@click.option(
    "--format",
    type=click.Choice(FORMATS),
    default="text",
    show_default=True,
    help="What standard output has.",
)
@click.option(
    "--output",
    "outputs",
    multiple=True,
    callback=_outputs,
    metavar="FORMAT=PATH",
    help="Also write a file in another format, as in --output junit=checks.xml.",
)
@click.option(
    "--max-warnings",
    type=click.IntRange(0),
    metavar="N",
    help="End with 1 for more warnings than that; by default only errors count.",
)
@click.option(
    "--baseline",
    metavar="DIR",
    help="Also hold each graph to its baseline, DIR/TARGET/ROOT.json, which says how it was.",
)
@click.option(
    "--baseline-update",
    is_flag=False,
    flag_value="new",
    type=click.Choice(("new", "all")),
    help="Write baselines that are missing; with =all also those that differ, and remove those "
    "that no graph has. Refused where CI=true.",
)
@click.option("--show-passed", is_flag=True, help="Also tell what was as asked.")
@click.option("--exit-zero", is_flag=True, help="End with 0 whatever was found.")
def check(
    targets: tuple[str, ...],
    config: str | None,
    recording: str | None,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    max_warnings: int | None,
    exit_zero: bool,
    baseline: str | None,
    baseline_update: str | None,
    **look: Any,
) -> None:
    """Run each TARGET of the contract and say where its graphs are not as asked.

    TARGET is a target's name, which may be a glob, or a saved recording that is checked in place of
    running one; without any, all are checked. `graphview init` writes a contract to begin with.

    Ends with 0 where all is as asked, 1 where something is not, 2 where it could not be checked.
    """
    told = Look(**look)
    contract = selected(contract_of(config), select, ignore)
    names, recording = without_recording(contract, targets, recording)
    chosen = targets_called(contract, names)
    beside = Path(contract.file).parent
    subjects = (str(beside / each.subject) for each in chosen if each.subject)
    read = (contract.file, recording, *subjects)
    outputs = [(f"--output {format}={each.target}", each.target) for format, each in told.outputs]
    need_other_files(outputs, filter(None, read))
    kept = _baselines(baseline, baseline_update)
    if recording is None:
        checked, failed = _check_all(contract, chosen, kept)
    else:
        checked, failed = _check_recording(contract, chosen, Path(recording), kept), []
    if kept is not None:
        # What a target that failed would have met is nobody's to remove.
        unused = kept.unused(contract, [] if failed else chosen)
        checked += [unused] if unused.clauses else []
        _say_what_changed(kept)
    if not failed and not any(each.clauses for each in checked):
        raise ContractError(
            f"{contract.file} asks for nothing that is selected here, so nothing was checked."
        )
    if checked or not failed:
        _tell(_together(checked), told)
    if failed:
        raise SubjectFailed(" ".join(failed))
    if not exit_zero and _is_bad(checked, max_warnings):
        raise click.exceptions.Exit(FINDINGS)


def _baselines(folder: str | None, update: str | None) -> Baselines | None:
    """Where baselines are. Errors: click.UsageError for an update without them, or in CI."""
    if update is not None and folder is None:
        raise click.UsageError(
            "--baseline-update needs --baseline DIR, where the baselines are.",
            click.get_current_context(),
        )
    if folder is None:
        return None
    from graphview.check.baselines import Baselines
    from graphview.compare.baseline import is_ci

    if update is not None and is_ci():
        raise click.UsageError(
            "--baseline-update is refused in CI, where nobody would look at what is accepted; "
            "update here and commit the files.",
            click.get_current_context(),
        )
    return Baselines(Path(folder), update)


def _say_what_changed(kept: Baselines) -> None:
    for path in kept.written:
        say(f"Wrote {path}")
    for path in kept.removed:
        say(f"Removed {path}")


def _check_recording(
    contract: Contract, chosen: list[Target], path: Path, kept: Baselines | None
) -> list[Checked]:
    from graphview.model.store import read_recording

    if len(chosen) > 1:
        names = ", ".join(target.name for target in chosen)
        raise click.UsageError(
            f"name the target that {path} is a recording of; there are {names}.",
            click.get_current_context(),
        )
    _need_something_to_check(contract, chosen[0], kept)
    return [_check_one(chosen[0], read_recording(path), contract, kept)]


def _check_all(
    contract: Contract, chosen: list[Target], kept: Baselines | None
) -> tuple[list[Checked], list[str]]:
    """What was found of each target, and a sentence for each that could not be run."""
    from graphview.commands.running import find_target, recording_of

    found: list[tuple[Target, Subject | None]] = []
    for target in chosen:
        _need_something_to_check(contract, target, kept)
        found.append((target, find_target(target, contract.file)))
    checked, failed = [], []
    for target, subject in found:
        try:
            recording = recording_of(target, subject, Path(contract.file).parent)
        except GraphviewError as error:
            failed.append(f"{error} Target {target.name} was not checked.")
        else:
            checked.append(_check_one(target, recording, contract, kept))
    return checked, failed


def _need_something_to_check(contract: Contract, target: Target, kept: Baselines | None) -> None:
    if not target.graphs and target.diagnoses is None and kept is None:
        place = contract.file if target.line is None else f"{contract.file}:{target.line}"
        raise ContractError(
            f"{place}: target {target.name} asks for nothing; say what its graphs must be in "
            f"[targets.{target.name}.graphs.ROOT]."
        )


def _check_one(
    target: Target, recording: Recording, contract: Contract, kept: Baselines | None
) -> Checked:
    from graphview.check.run import check as hold

    return hold(target, recording, contract, kept)


def _together(checked: Sequence[Checked]) -> Checked:
    from graphview.model.finding import Checked

    return Checked(
        tuple(clause for each in checked for clause in each.clauses),
        tuple(finding for each in checked for finding in each.findings),
    )


def _is_bad(checked: Sequence[Checked], max_warnings: int | None) -> bool:
    warnings = sum(each.count("warning") for each in checked)
    too_many = max_warnings is not None and warnings > max_warnings
    return too_many or any(each.count("error") for each in checked)


def _tell(checked: Checked, look: Look) -> None:
    formats = {look.format, *(format for format, _ in look.outputs)}
    told = partial(
        printed,
        checked,
        show_passed=look.show_passed,
        # All rules are loaded for them.
        rules=_rules() if "sarif" in formats else None,
    )
    for format, output in look.outputs:
        output.write(told(format, to_stdout=False))
    write_or_print(STDOUT, told(look.format))
    if look.format == "github":
        _add_to_summary(checked)


def _rules() -> Rules:
    """What SARIF says of each code."""
    from graphview.check.rules import CODES

    return {code: (each.name, each.summary, each.why, each.remedy) for code, each in CODES.items()}


def _add_to_summary(checked: Checked) -> None:
    """Where a step of GitHub Actions runs, what it is summarized as. Errors: OutputError."""
    from graphview.formats import summary

    file = os.environ.get(SUMMARY)
    if not file:
        return
    try:
        # Other steps of the job have written there: nothing of theirs may go.
        with Path(file).open("ab") as stream:
            stream.write(summary(checked).encode(errors="replace"))
    except OSError as error:
        raise OutputError(f"{SUMMARY}, {file}, cannot be written: {error.strerror}.") from error
