"""Tests: what may be taken off an amount is listed in one tuple, and nowhere else by hand."""

import ast
from collections.abc import Iterator

from settlement_service.domain.facts.figures import CUT_KINDS, CUTS

from .source import all_modules, listed, modules_of, root_of

TUPLE = root_of("settlement-service") / "domain/facts/figures.py"
MOST_KINDS = 3
"""As many kinds may stand in one list that is not of all of them."""


def test_the_figures_of_cuts_are_named_in_one_module() -> None:
    """Made by eight columns that stood by hand in a dozen places: one that is forgotten in one of them is an amount
    that is cut and comes back, or is cut twice, and no type says so."""
    findings = [
        f"{module.name}:{line} says {name}; it follows from CUTS"
        for module in all_modules()
        if module.path != TUPLE
        for line, name in _named(module.text)
    ]
    assert not findings, listed(findings)


def test_no_second_list_says_the_kinds_of_cuts() -> None:
    """Made by a header, an enum and a table of words that each had a list of their own: a kind that one of them lacked
    would have been left out of a statement without a word."""
    findings = [
        f"{module.name}:{line} lists kinds of cuts; take them from CUTS"
        for module in modules_of("settlement-service")
        if module.path != TUPLE
        for line in _lists(module.tree)
    ]
    assert not findings, listed(findings)


def test_both_are_found_where_they_stand() -> None:
    """Kept from the start, against a test that looks for what is not there, and so may look for nothing."""
    assert list(_named("a\nselect now_cut_rule_minor, 1 - retained_minor\n")) == [
        (2, "cut_rule_minor"),
        (2, "retained_minor"),
    ]
    text = 'A = ("person", "rule", "period", "payer")\nB = {"person", "rule"}\nC = {kind: 1 for kind in "period"}\n'
    assert list(_lists(ast.parse(text))) == [1]
    assert list(_lists(ast.parse('D = {"person": 1, "rule": 2, "period": 3, "contract": 4}'))) == [1]


def _named(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), start=1):
        yield from ((number, cut.figure) for cut in CUTS if cut.figure in line)


def _lists(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        match node:
            case ast.Tuple(elts=elements) | ast.List(elts=elements) | ast.Set(elts=elements):
                there = {each.value for each in elements if isinstance(each, ast.Constant)}
            case ast.Dict(keys=keys):
                there = {each.value for each in keys if isinstance(each, ast.Constant)}
            case _:
                continue
        if len(there & set(CUT_KINDS)) > MOST_KINDS:
            yield node.lineno
