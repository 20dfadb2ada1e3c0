"""Tests: docs/terms.md names each code that terms are refused with, and no other."""

import ast
import re
from collections.abc import Iterator

from .source import REPOSITORY, Module, modules_of, root_of

PAGE = REPOSITORY / "docs" / "terms.md"
TERMS = root_of("services") / "core" / "terms"
ANSWERED_BY = ("services", "contracts-service")
CODE = re.compile(r"`([a-z]+(?:-[a-z]+)+)`")


def _section() -> str:
    return PAGE.read_text().split("\n## What is refused\n")[1]


def _named() -> tuple[set[str], set[str]]:
    """The codes of the text before the table, and those of its first column."""
    text, _, table = _section().partition("\n| Code |")
    return set(CODE.findall(text)), {code for row in table.splitlines() for code in CODE.findall(row.split("|")[1])}


def _texts(module: Module) -> set[str]:
    """Texts of a module: as they stand, and put together of one of them and an ending (`{code}-missing`)."""
    whole = {node.value for node in ast.walk(module.tree) if isinstance(node, ast.Constant) and type(node.value) is str}
    return whole | {text for node in ast.walk(module.tree) for text in _put_together(node, whole)}


def _put_together(node: ast.AST, parts: set[str]) -> Iterator[str]:
    match node:
        case ast.JoinedStr(values=[ast.FormattedValue(), ast.Constant(value=str(ending))]):
            yield from (f"{part.replace('_', '-')}{ending}" for part in parts)


def _codes_of_faults() -> set[str]:
    """The codes that checks of terms give by themselves."""
    calls = [
        node
        for module in modules_of("services")
        if module.path.is_relative_to(TERMS)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "fault"
    ]
    codes = (call.args[1] for call in calls)
    return {code.value for code in codes if isinstance(code, ast.Constant) and isinstance(code.value, str)}


def test_each_code_that_the_page_of_terms_names_is_one_that_is_answered() -> None:
    """Made by `kind-unknown`, which stood in no code: it was another name there, made over on the way out, and a reader
    could not see whether anything answers it."""
    text, table = _named()
    assert table
    known = {code for place in ANSWERED_BY for module in modules_of(place) for code in _texts(module)}
    assert not (text | table) - known


def test_each_fault_of_terms_is_in_the_table() -> None:
    """Kept from the start, against a code that the page does not have: who is refused with it is told nothing there of
    what would be allowed."""
    _, table = _named()
    codes = _codes_of_faults()
    assert codes
    assert not codes - table
