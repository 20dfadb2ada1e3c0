"""Tests: every line has its room: the list of rooms is closed, and each module says in which it stands."""

import ast

import pytest

from .source import REPOSITORY, SERVICES, all_modules, modules_of, root_of, said

WIRING = {"app.py": "App", "worker.py": "Worker", "settings.py": "Settings"}
ROOMS = {
    "api": "Door",
    "consumers": "Door",
    "commands": "Door",
    "usecases": "Use case",
    "domain": "Domain",
    "storage": "Storage",
    "clients": "Clients",
}
IN_EVERY_SERVICE = {"api", "consumers", "usecases", "domain", "storage", "clients", "app.py", "worker.py"}
FRAME = {"__init__.py", "py.typed", "__pycache__"}
ELSEWHERE = {
    "services": {"core": "Core", "events": "Events", "kit": "Kit"},
    "gateway": {"api": "Door", "clients": "Clients", "policy.py": "Policy"}
    | {k: WIRING[k] for k in ("app.py", "settings.py")},
}


def _rooms(distribution: str) -> dict[str, str]:
    return ELSEWHERE.get(distribution, {**ROOMS, **WIRING})


@pytest.mark.parametrize("distribution", ["services", *SERVICES, "gateway"])
def test_the_list_of_rooms_is_closed(distribution: str) -> None:
    there = {path.name for path in root_of(distribution).iterdir() if path.suffix in ("", ".py")} - FRAME
    assert there <= set(_rooms(distribution)), f"no such room: {there - set(_rooms(distribution))}"


@pytest.mark.parametrize("distribution", SERVICES)
def test_every_service_has_the_same_rooms(distribution: str) -> None:
    there = {path.name for path in root_of(distribution).iterdir()}
    assert there >= IN_EVERY_SERVICE
    for wanted in ("README.md", "pyproject.toml", "alembic.ini", "migrations/env.py", "tests"):
        assert (REPOSITORY / distribution / wanted).exists(), f"{distribution}/{wanted} is missing"


@pytest.mark.parametrize("distribution", ["services", *SERVICES, "gateway"])
def test_every_module_says_in_which_room_it_stands(distribution: str) -> None:
    root = root_of(distribution)
    findings = []
    for module in modules_of(distribution):
        room = module.path.relative_to(root).parts[0]
        if module.path.name in FRAME:
            continue
        word = _rooms(distribution)[room]
        allowed = (f"{word}: ", "Wiring: ") if room in WIRING else (f"{word}: ",)
        if not (ast.get_docstring(module.tree) or "").startswith(allowed):
            findings.append(f'{module.name} must begin with """{word}: what stands here."""')
    assert not findings, said(findings)


def test_every_module_of_deploy_says_where_it_stands() -> None:
    findings = [
        module.name
        for module in modules_of("deploy")
        if module.path.name not in FRAME and not (ast.get_docstring(module.tree) or "").startswith("Deploy: ")
    ]
    assert not findings, said(findings)


def test_every_module_opens_with_a_docstring_that_is_a_sentence() -> None:
    findings = [
        module.name for module in all_modules() if not (ast.get_docstring(module.tree) or "").endswith((".", "?"))
    ]
    assert not findings, said(findings)
