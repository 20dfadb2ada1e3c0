"""Tests: our distributions have names that are ours alone, and the lock takes none of them from an index."""

import re
import tomllib
from itertools import chain
from typing import Any

import pytest

from .source import DISTRIBUTIONS, REPOSITORY, root_of

OURS = "enzym-"
ROOTS = {root_of(distribution).name for distribution in DISTRIBUTIONS}
LOCK = "requirements.lock"
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
    found = [NAME.match(requirement) for requirement in requirements]
    assert all(found), requirements
    return {_usual(match[0]) for match in found if match}


def _requirements(distribution: str) -> set[str]:
    """What a distribution depends on, also for its extras, its groups and to be built."""
    told = _project(distribution)
    lists = [told["project"]["dependencies"], told["build-system"]["requires"]]
    lists += told["project"].get("optional-dependencies", {}).values()
    lists += told.get("dependency-groups", {}).values()
    return _names(list(chain.from_iterable(lists)))


def _lock(file: str) -> dict[str, str]:
    """The version of each distribution that a lock names."""
    text = (REPOSITORY / file).read_text()
    pinned = PINNED.findall(text)
    assert len(pinned) == len(re.findall(r"^[^ #\n]", text, re.MULTILINE)), f"{file}: a line without version or hash"
    return dict(pinned)


def test_every_distribution_is_known() -> None:
    """A distribution that none of these tests reads could have any name."""
    assert {path.parent.name for path in REPOSITORY.glob("*/pyproject.toml")} == set(DISTRIBUTIONS)


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_a_folder_and_an_import_root_have_one_name_and_the_distribution_has_it_after_ours(distribution: str) -> None:
    """`services` and `deploy` are strangers' distributions in the public index."""
    told = _project(distribution)
    assert (root_of(distribution) / "__init__.py").exists()
    assert told["project"]["name"] == OURS + distribution
    assert told["tool"]["uv"]["build-backend"]["module-name"] == root_of(distribution).name


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_a_dependency_on_ours_has_our_name_and_is_taken_from_beside(distribution: str) -> None:
    """`pip install ./gateway` would have taken a stranger's `services`."""
    wanted = _requirements(distribution)
    strangers = wanted & {_usual(name) for name in (*DISTRIBUTIONS, *ROOTS)}
    assert not strangers, f"{distribution} would take a stranger's {strangers}: ours begin with {OURS}"
    ours = {name for name in wanted if name.startswith(OURS)}
    assert ours <= {OURS + each for each in DISTRIBUTIONS}, f"{ours}: not all of them are ours"
    beside = _project(distribution).get("tool", {}).get("uv", {}).get("sources", {})
    assert {name: beside.get(name, {}).get("path") for name in ours} == {
        name: f"../{name.removeprefix(OURS)}" for name in ours
    }


def test_the_lock_takes_none_of_ours_from_an_index() -> None:
    """A line with our name and a hash would install whoever holds that name there."""
    taken = {name for name in _lock(LOCK) if name.startswith(OURS) or name in DISTRIBUTIONS}
    assert not taken
