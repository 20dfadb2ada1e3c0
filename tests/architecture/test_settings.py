"""Tests: the README of each process says every variable that the process reads, with its default, and no other."""

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic_settings import BaseSettings

from contracts_service import settings as contracts
from deploy.identity.app import Settings as IssuerSettings
from gateway.settings import Settings as GatewaySettings
from outcomes_service import settings as outcomes
from settlement_service import settings as settlement

from .source import REPOSITORY, all_modules

SECTION = re.compile(r"^## Settings\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`]+)`")
NEEDED = "needed"

PROCESSES: tuple[tuple[str, str, type[BaseSettings]], ...] = (
    ("contracts-service", "app", contracts.Settings),
    ("contracts-service", "worker", contracts.WorkerSettings),
    ("outcomes-service", "app", outcomes.Settings),
    ("outcomes-service", "worker", outcomes.WorkerSettings),
    ("settlement-service", "app", settlement.Settings),
    ("settlement-service", "worker", settlement.WorkerSettings),
    ("gateway", "", GatewaySettings),
    ("deploy", "token issuer", IssuerSettings),
)


def _read_by(settings: type[BaseSettings]) -> dict[str, str]:
    """Variables with their defaults. One that is empty by default is needed by some choice of another variable."""
    prefix = settings.model_config["env_prefix"]
    return {
        f"{prefix}{name}".upper(): NEEDED if field.is_required() or field.default == "" else str(field.default)
        for name, field in settings.model_fields.items()
    }


def _told(readme: str, process: str) -> dict[str, str]:
    section = SECTION.search(readme)
    assert section, "no section of settings"
    head, _, *rows = (_cells(line) for line in section[1].splitlines() if line.startswith("|"))
    named = [dict(zip(head, row, strict=True)) for row in rows]
    return dict(pair for row in named if process in row.get("Process", "").split(", ") for pair in _defaults(row))


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def _defaults(row: dict[str, str]) -> Iterator[tuple[str, str]]:
    """The variables of a row, each with its default: the first words in the form of code, in their order."""
    variables, default = CODE.findall(row["Variable"]), row["Default"]
    if default.startswith(NEEDED):
        yield from ((variable, NEEDED) for variable in variables)
    else:
        yield from zip(variables, CODE.findall(default)[: len(variables)], strict=True)


@pytest.mark.parametrize(("distribution", "process", "settings"), PROCESSES)
def test_a_readme_says_every_variable_of_its_process_with_its_default(
    distribution: str, process: str, settings: type[BaseSettings]
) -> None:
    """Made by a README that had five variables of thirteen, without prefix or default, and led to the code for the
    rest: who was to run the service was not told what it does not start without."""
    read, told = _read_by(settings), _told((REPOSITORY / distribution / "README.md").read_text(), process)
    assert told == read


def test_every_class_of_settings_is_looked_at() -> None:
    """Kept from the start, against a process that is not in the list: nobody holds its README to it."""
    declared = {
        (module.name, node.name)
        for module in all_modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef)
        and any(isinstance(base, ast.Name) and base.id.endswith("Settings") for base in node.bases)
    }
    looked_at = {
        (str(Path(inspect.getfile(shape)).relative_to(REPOSITORY)), shape.__name__)
        for _, _, settings in PROCESSES
        for shape in settings.__mro__
        if issubclass(shape, BaseSettings) and shape is not BaseSettings
    }
    a_part_of_one = ("services/src/services/kit/process/settings.py", "TrustedKeys")
    assert declared - looked_at == {a_part_of_one}
