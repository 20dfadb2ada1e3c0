"""Tests: every case, and one line for each at the end: what was expected of it and what came out."""

from collections.abc import Callable

import pytest

from deploy.demo.cases.case_file import CASES

FILES = sorted(CASES.glob("*.json"))
LINES = pytest.StashKey[list[str]]()

Tell = Callable[[str, str, str], None]
"""Notes the id of a case with what was expected of it and what it got."""


def pytest_configure(config: pytest.Config) -> None:
    """The lines of this run."""
    config.stash[LINES] = []


@pytest.fixture
def tell(pytestconfig: pytest.Config) -> Tell:
    """For the list at the end."""
    lines = pytestconfig.stash.setdefault(LINES, [])
    return lambda case, expected, got: lines.append(f"{case}: expected {expected}; got {got}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """One line a case."""
    lines = config.stash.get(LINES, [])
    if lines:
        terminalreporter.section("conformance: expected and got")
        for line in sorted(lines):
            terminalreporter.write_line(line)
