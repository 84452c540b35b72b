"""Which contract, findings, targets and recording of `graphview check` are meant."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from graphview.errors import ContractError

if TYPE_CHECKING:
    from graphview.check.contract import Contract, Target


def contract_of(config: str | None) -> Contract:
    """The contract that `config` names, or the one found from here. Errors: ContractError."""
    from graphview.check.toml import find_contract, read_contract

    if config is not None:
        return read_contract(Path(config))
    found = find_contract(Path.cwd())
    if found is None:
        raise ContractError(
            "there is no graphview.toml here or further up in the repository, nor a "
            "pyproject.toml with [tool.graphview]; `graphview init SUBJECT` writes one."
        )
    # As a person would name it from here.
    return read_contract(Path(os.path.relpath(found)))


def selected(contract: Contract, select: Sequence[str], ignore: Sequence[str]) -> Contract:
    """The contract with all that is not looked for turned off."""
    if not select and not ignore:
        return contract
    from graphview.check.rules import CODES

    wanted, unwanted = _codes("--select", select), _codes("--ignore", ignore)
    kept = (wanted or set(CODES)) - unwanted
    if not kept:
        raise click.UsageError(
            "--ignore leaves out all that --select looks for, so there is nothing to check.",
            click.get_current_context(),
        )
    off = dict.fromkeys(set(CODES) - kept)
    return replace(contract, severities=contract.severities | off)


def _codes(option: str, texts: Iterable[str]) -> set[str]:
    words = [word.strip() for text in texts for word in text.split(",")]
    return {code for word in filter(None, words) for code in _codes_like(option, word)}


def _codes_like(option: str, word: str) -> set[str]:
    from graphview.check.rules import CODES
    from graphview.check.value import meant

    start = word.upper().removesuffix("*")
    found = {each for each in CODES if each.startswith(start)} if start[:2] == "GV" else set()
    found |= {each for each, code in CODES.items() if code.name == word.lower()}
    if not found:
        known = [*CODES, *(code.name for code in CODES.values())]
        raise click.UsageError(
            f"{option}: no finding is called {word!r}{meant(word, known)}",
            click.get_current_context(),
        )
    return found


def without_recording(
    contract: Contract, targets: Sequence[str], recording: str | None
) -> tuple[list[str], str | None]:
    """The names of targets, and the one recording that was given among them or as an option."""
    known = [target.name for target in contract.targets]
    files = [each for each in targets if each not in known and _is_recording(each)]
    names = [each for each in targets if each not in files]
    given = [*files, *([recording] if recording is not None else [])]
    if len(given) > 1:
        raise click.UsageError(
            "only one recording can be checked at a time.", click.get_current_context()
        )
    return names, given[0] if given else None


def _is_recording(text: str) -> bool:
    return text.endswith(".json") or Path(text).is_file()


def targets_called(contract: Contract, names: Sequence[str]) -> list[Target]:
    """The targets that are meant, in the order of the contract."""
    from fnmatch import fnmatchcase

    from graphview.check.value import meant

    known = [target.name for target in contract.targets]
    if not known:
        raise ContractError(
            f"{contract.file} has no targets; `graphview init SUBJECT -o FILE` writes one."
        )
    for name in names:
        if not any(fnmatchcase(each, name) or each == name for each in known):
            raise ContractError(
                f"{contract.file} has no target called {name!r}{_sentence(meant(name, known))}"
            )
    return [
        target
        for target in contract.targets
        if not names or any(fnmatchcase(target.name, name) or target.name == name for name in names)
    ]


def _sentence(ending: str) -> str:
    return ending if ending.endswith("?") else f"{ending}."
