"""Tests: the source as the architecture tests read it: every module of every distribution, as text and as a tree."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
SERVICES = ("contracts-service", "outcomes-service", "settlement-service")
DISTRIBUTIONS = ("services", *SERVICES, "gateway", "deploy")


@dataclass(frozen=True)
class Module:
    """One Python file. `room` is the first folder (or the file itself) below the import root."""

    path: Path

    @property
    def name(self) -> str:
        """The path below the repository, as a person would name it."""
        return str(self.path.relative_to(REPOSITORY))

    @cached_property
    def text(self) -> str:
        """What stands in it."""
        return self.path.read_text()

    @cached_property
    def tree(self) -> ast.Module:
        """How Python reads it."""
        return ast.parse(self.text)


def root_of(distribution: str) -> Path:
    """The import root of a distribution: `contracts-service/src/contracts_service`."""
    return REPOSITORY / distribution / "src" / distribution.replace("-", "_")


def modules_of(distribution: str) -> Iterator[Module]:
    """Every module of a distribution."""
    return (Module(path) for path in sorted(root_of(distribution).rglob("*.py")))


def all_modules() -> list[Module]:
    """Every module that is delivered."""
    return [module for distribution in DISTRIBUTIONS for module in modules_of(distribution)]


def all_files() -> list[Module]:
    """Every Python file of the project: also tests, migrations."""
    folders = [REPOSITORY / distribution for distribution in DISTRIBUTIONS] + [REPOSITORY / "tests"]
    return [Module(path) for folder in folders for path in sorted(folder.rglob("*.py"))]


def listed(findings: list[str]) -> str:
    """Findings, one a line, as the message of a failed test."""
    return "\n" + "\n".join(findings)
