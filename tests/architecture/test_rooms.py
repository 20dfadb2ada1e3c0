"""Tests: every line has its room: the list of rooms is closed, and each module says in which it stands."""

import ast
from collections import Counter
from collections.abc import Iterator

import pytest

from .source import REPOSITORY, SERVICES, Module, all_modules, listed, modules_of, root_of

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
MOST_MODULES = 25
MAY_HOLD_MORE = {"usecases"}
"""One module a verb: their names are the list that a reader looks for."""
FRAME = {"__init__.py", "py.typed", "__pycache__"}
ELSEWHERE = {
    "services": {"core": "Core", "events": "Events", "kit": "Kit", "clients": "Clients"},
    "gateway": {"api": "Door", "clients": "Clients", "policy.py": "Policy"}
    | {k: WIRING[k] for k in ("app.py", "settings.py")},
}


def _rooms(distribution: str) -> dict[str, str]:
    return ELSEWHERE.get(distribution, {**ROOMS, **WIRING})


def _room(module: Module) -> str:
    """The first folder below the import root: `contracts-service/src/contracts_service/<room>/...`."""
    return module.path.relative_to(REPOSITORY).parts[3]


@pytest.mark.parametrize("distribution", ["services", *SERVICES, "gateway"])
def test_the_list_of_rooms_is_closed(distribution: str) -> None:
    """Kept from the start, against a new room beside those that the import rules name: what stands in it may import,
    and be imported by, anything."""
    there = {path.name for path in root_of(distribution).iterdir() if path.suffix in ("", ".py")} - FRAME
    assert there <= set(_rooms(distribution)), f"no such room: {there - set(_rooms(distribution))}"


@pytest.mark.parametrize("distribution", SERVICES)
def test_every_service_has_the_same_rooms(distribution: str) -> None:
    """Kept from the start, against a service in which who knows another finds no line, and one without its migrations
    or README, which is missed only when it is run elsewhere."""
    there = {path.name for path in root_of(distribution).iterdir()}
    assert there >= IN_EVERY_SERVICE
    for wanted in ("README.md", "pyproject.toml", "alembic.ini", "migrations/env.py", "tests"):
        assert (REPOSITORY / distribution / wanted).exists(), f"{distribution}/{wanted} is missing"


@pytest.mark.parametrize("distribution", ["services", *SERVICES, "gateway"])
def test_every_module_says_in_which_room_it_stands(distribution: str) -> None:
    """Kept from the start, against a line in the wrong room, which looks like any other. A module that was moved says
    another word than its folder, and who moved it looks again at whether it belongs there."""
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
    assert not findings, listed(findings)


def test_no_folder_has_more_modules_than_one_can_survey() -> None:
    """Made by `settlement_service/domain`, which had become 51 modules in one drawer, and `services/kit`, 41: nobody
    found the place of a new line, and so the same decision stood in several."""
    folders = Counter(module.path.parent for module in all_modules() if module.path.name != "__init__.py")
    findings = [
        f"{folder.relative_to(REPOSITORY)} has {count} modules; the most is {MOST_MODULES}: make rooms"
        for folder, count in folders.items()
        if count > MOST_MODULES and folder.name not in MAY_HOLD_MORE
    ]
    assert not findings, listed(findings)


def test_every_module_of_deploy_says_where_it_stands() -> None:
    """Kept from the start, against a module that only runs the suite and looks like part of a service: `deploy` has one
    word for all its rooms."""
    findings = [
        module.name
        for module in modules_of("deploy")
        if module.path.name not in FRAME and not (ast.get_docstring(module.tree) or "").startswith("Deploy: ")
    ]
    assert not findings, listed(findings)


def test_every_module_opens_with_a_docstring_that_is_a_sentence() -> None:
    """Kept from the start, against a module that holds two things, as it cannot be told in one sentence: what was added
    to it later is found by nobody."""
    findings = [
        module.name for module in all_modules() if not (ast.get_docstring(module.tree) or "").endswith((".", "?"))
    ]
    assert not findings, listed(findings)


@pytest.mark.parametrize("distribution", SERVICES)
def test_a_use_case_has_the_name_of_its_file(distribution: str) -> None:
    """Made by four files that held use cases of other names: who looks for one by its verb does not find it, and writes
    it again."""
    findings = []
    for module in modules_of(distribution):
        if _room(module) != "usecases" or module.path.name in FRAME:
            continue
        functions = {node.name for node in module.tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
        if module.path.stem not in functions:
            findings.append(f"{module.name} holds no function {module.path.stem}")
    assert not findings, listed(findings)


@pytest.mark.parametrize("distribution", SERVICES)
def test_doors_never_catch(distribution: str) -> None:
    """Made by two doors that did, beside a rule that said none does. What a door catches is answered in a way of its
    own: with another code, without its audit row, or as if nothing had been wrong."""
    findings = [
        f"{module.name}:{line} catches; where it is raised, the domain says what it means"
        for module in modules_of(distribution)
        if _room(module) in ("api", "consumers")
        for line in _catching(module.tree)
    ]
    assert not findings, listed(findings)


@pytest.mark.parametrize(
    ("source", "is_found"),
    [
        ("try:\n    read()\nexcept OSError:\n    pass", True),
        ("try:\n    read()\nexcept* OSError:\n    pass", True),
        ("with suppress(OSError):\n    read()", True),
        ("with contextlib.suppress(OSError):\n    read()", True),
        ("from contextlib import suppress as ignoring", True),
        ("try:\n    read()\nfinally:\n    close()", False),
    ],
)
def test_each_way_to_catch_is_found(source: str, is_found: bool) -> None:
    """Made by `contextlib.suppress`, which passed: the rule knew the bare name alone."""
    assert bool(list(_catching(ast.parse(source)))) == is_found


def _catching(tree: ast.Module) -> Iterator[int]:
    """The lines on which something that was raised is caught."""
    for node in ast.walk(tree):
        match node:
            case ast.ExceptHandler() | ast.Name(id="suppress") | ast.Attribute(attr="suppress"):
                yield node.lineno
            case ast.alias(name="suppress"):
                yield node.lineno
