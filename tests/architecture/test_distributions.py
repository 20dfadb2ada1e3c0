"""Tests: our distributions have names that are ours alone, and the locks hold what runs apart from what tests it."""

import ast
import re
import tomllib
from importlib.metadata import packages_distributions
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from .source import DISTRIBUTIONS, REPOSITORY, all_modules, listed, root_of

OURS = "enzym-"
ROOTS = {root_of(distribution).name for distribution in DISTRIBUTIONS}
TESTING = "testing.py"
"""The pytest plugins that a distribution carries for the tests of others: what runs never imports them."""
RUN, DEVELOPMENT = "requirements.lock", "requirements-dev.lock"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
PINNED = re.compile(
    r"^([a-z0-9-]+)==([^ ;]+)(?: ;[^\\]*)? \\(?:\n    --hash=sha256:[0-9a-f]{64}(?: \\)?)+$", re.MULTILINE
)


def _project(distribution: str) -> dict[str, Any]:
    return tomllib.loads((REPOSITORY / distribution / "pyproject.toml").read_text())


def _usual(name: str) -> str:
    """A distribution's name as an index compares it: `Typing_Extensions` is `typing-extensions`."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _names(requirements: list[str]) -> set[str]:
    """The distributions that requirements ask for: `["sqlalchemy[asyncio]>=2.1"]` gives `{"sqlalchemy"}`."""
    names = [NAME.match(requirement) for requirement in requirements]
    assert all(names), requirements
    return {_usual(match[0]) for match in names if match}


def _requirements(distribution: str) -> set[str]:
    """What a distribution depends on, also for its extras, its groups and to be built."""
    told = _project(distribution)
    lists = [told["project"]["dependencies"], told["build-system"]["requires"]]
    lists += told["project"].get("optional-dependencies", {}).values()
    lists += told.get("dependency-groups", {}).values()
    return _names(list(chain.from_iterable(lists)))


def _development() -> set[str]:
    return _names(tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["dependency-groups"]["dev"])


def _lock(file: str) -> dict[str, str]:
    """The version of each distribution that a lock names."""
    text = (REPOSITORY / file).read_text()
    pinned = PINNED.findall(text)
    assert len(pinned) == len(re.findall(r"^[^ #\n]", text, re.MULTILINE)), f"{file}: a line without version or hash"
    return dict(pinned)


def test_every_distribution_is_known() -> None:
    """Kept from the start, against a distribution that none of these tests reads: it could have any name."""
    assert {path.parent.name for path in REPOSITORY.glob("*/pyproject.toml")} == set(DISTRIBUTIONS)


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_a_folder_and_an_import_root_have_one_name_and_the_distribution_has_it_after_ours(distribution: str) -> None:
    """Made by `services` and `deploy`, which ours were called, and which are strangers' in the public index."""
    told = _project(distribution)
    assert (root_of(distribution) / "__init__.py").exists()
    assert told["project"]["name"] == OURS + distribution
    assert told["tool"]["uv"]["build-backend"]["module-name"] == root_of(distribution).name


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_a_dependency_on_ours_has_our_name_and_is_taken_from_beside(distribution: str) -> None:
    """Made by `pip install ./gateway`, which would have taken a stranger's `services`."""
    wanted = _requirements(distribution)
    strangers = wanted & {_usual(name) for name in (*DISTRIBUTIONS, *ROOTS)}
    assert not strangers, f"{distribution} would take a stranger's {strangers}: ours begin with {OURS}"
    ours = {name for name in wanted if name.startswith(OURS)}
    assert ours <= {OURS + each for each in DISTRIBUTIONS}, f"{ours}: not all of them are ours"
    beside = _project(distribution).get("tool", {}).get("uv", {}).get("sources", {})
    assert {name: beside.get(name, {}).get("path") for name in ours} == {
        name: f"../{name.removeprefix(OURS)}" for name in ours
    }


@pytest.mark.parametrize("file", [RUN, DEVELOPMENT])
def test_no_lock_takes_ours_from_an_index(file: str) -> None:
    """Made by the same two names: a line with one of ours and a hash installs whatever has that name in the index."""
    taken = {name for name in _lock(file) if name.startswith(OURS) or name in DISTRIBUTIONS}
    assert not taken


def test_both_locks_name_one_version() -> None:
    """Kept from the start of the second lock, against tests that pass with a version that nobody runs."""
    run, development = _lock(RUN), _lock(DEVELOPMENT)
    assert {name: run[name] for name in run.keys() & development} == {
        name: development[name] for name in run.keys() & development
    }


def test_the_locks_hold_all_that_is_asked_for_and_what_runs_holds_no_tool() -> None:
    """Made by the tools, which weighed more than a third of what a first `make run` installed."""
    asked = set().union(*(_names(_project(each)["project"]["dependencies"]) for each in DISTRIBUTIONS))
    asked = {name for name in asked if not name.startswith(OURS)}
    assert asked <= _lock(RUN).keys(), "`make lock` was forgotten"
    assert _development() <= _lock(DEVELOPMENT).keys(), "`make lock` was forgotten"
    assert not _development() & _lock(RUN).keys()


def _imported(tree: ast.Module) -> set[str]:
    """The full names of the modules that a module imports, wherever the line stands."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def test_what_runs_imports_only_what_its_lock_installs() -> None:
    """Kept from the start of the second lock, against an import of a tool, which is missing from `make run` and from no
    test."""
    origin = packages_distributions()
    installed = _lock(RUN).keys()
    findings = []
    for module in all_modules():
        if module.path.name == TESTING:
            continue
        for name in _imported(module.tree):
            root = name.partition(".")[0]
            if root in ROOTS and f"{name.replace('.', '/')}.py".endswith(f"/{TESTING}"):
                findings.append(f"{module.name} imports {name}, which is for tests")
            if root not in ROOTS and not {_usual(each) for each in origin.get(root, [])} <= installed:
                findings.append(f"{module.name} imports {name}, which {RUN} does not install")
    assert not findings, listed(findings)


def test_the_plugins_for_tests_are_where_this_looks_for_them() -> None:
    """Kept from the start of the second lock, against a plugin that stands elsewhere: it would be taken for what runs,
    and the suite would need pytest to start."""
    plugins = {module.path for module in all_modules() if "pytest" in _imported(module.tree)}
    assert plugins == {Path(root_of("services"), "kit", TESTING), Path(root_of("deploy"), TESTING)}
