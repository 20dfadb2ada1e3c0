"""Tests: small rules that keep the code as it is meant: one place that commits, no floats near money, sizes, names."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from .source import Module, all_files, all_modules, said

KIT = "services/src/services/kit/"
COMMITS = (f"{KIT}database/database.py", f"{KIT}bus/", f"{KIT}facts/consumer.py")
"""One place commits transactions; the other two commit positions on the bus."""
MONEY_ROOMS = re.compile(r"/(core|events|domain|usecases|storage|consumers|commands|api)/")
LONGEST_FILE = 300
LONGEST_FUNCTION = 40
NOT_USED = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "processor", "data", "info", "handler"}
NEVER_A_WORD = {"utils", "helpers", "misc", "manager", "processor"}
FOR_ANYTHING = {"said", "found", "one"}
NAMED_BY_NOUNS = ("services/", "contracts-service/", "outcomes-service/", "settlement-service/", "gateway/", "deploy/")
"""Where no name stands for anything at all."""
WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def test_only_the_kit_commits() -> None:
    """A commit after the answer was begun (FastAPI runs what follows a `yield` there) says 200 of what then fails; one
    in a use case keeps a change without its facts and its audit row."""
    findings = [
        f"{module.name}:{call.lineno} commits; the kit's write template does that"
        for module in all_modules()
        if not module.name.startswith(COMMITS)
        for call in _calls(module)
        if isinstance(call.func, ast.Attribute) and call.func.attr == "commit"
    ]
    assert not findings, said(findings)


def test_no_float_where_money_is() -> None:
    """0.1 + 0.2 is not 0.3: a total over floats depends on the order in which facts arrived, and with it the hash of
    the statement."""
    findings = [
        f"{module.name}:{node.lineno} says float"
        for module in all_modules()
        if MONEY_ROOMS.search(module.name) and not module.name.startswith(("gateway", "deploy"))
        for node in ast.walk(module.tree)
        if (isinstance(node, ast.Name) and node.id == "float")
        or (isinstance(node, ast.Constant) and isinstance(node.value, float))
    ]
    assert not findings, said(findings)


def test_only_one_module_adds_a_half() -> None:
    """Half-up was written three times: an amount, a measure and its explanation could have been rounded apart."""
    findings = [
        f"{module.name}:{call.lineno} rounds; services.core.rounding does that"
        for module in all_modules()
        if module.name != "services/src/services/core/rounding.py"
        for call in _calls(module)
        if ast.unparse(call) in ("Fraction(1, 2)", "Fraction('1/2')", "Fraction('0.5')")
        or (isinstance(call.func, ast.Name) and call.func.id == "round")
    ]
    assert not findings, said(findings)


def test_files_stay_short() -> None:
    """Services of this kind grow to files of 4,000 lines, where a decision is written a second time because nobody
    found the first."""
    findings = [
        f"{module.name} has {count} lines"
        for module in all_files()
        if (count := module.text.count("\n")) > LONGEST_FILE
    ]
    assert not findings, said(findings)


def test_functions_stay_short() -> None:
    """The order of the steps is not seen in a function that fills more than a screen, and a later step is put at the
    wrong place."""
    findings = [
        f"{module.name}:{function.lineno} {function.name} has {_length(function)} lines"
        for module in all_modules()
        for function in _functions(module)
        if _length(function) > LONGEST_FUNCTION
    ]
    assert not findings, said(findings)


def test_no_name_that_says_nothing() -> None:
    """A drawer called `utils` takes whatever fits nowhere, and so the question where it belongs is never asked."""
    findings = []
    for module in all_files():
        for place, name in _named(module):
            words = {word.lower() for word in WORDS.findall(name)}
            whole = name.strip("_").lower()
            if (
                whole in NOT_USED
                or words & {"utils", "helpers", "misc", "manager", "processor"}
                or whole.startswith("base_")
            ):
                findings.append(f"{place} {name}")
    assert not findings, said(findings)


def test_what_is_at_hand_is_named_by_its_noun() -> None:
    """571 things were named `said`, `found` or `one`: a reader had to look up each time whether it was a rule, a claim
    or a row of storage."""
    findings = [
        f"{module.name}:{line} {name} is a name for anything; write the noun"
        for module in all_modules()
        if module.name.startswith(NAMED_BY_NOUNS)
        for line, name in _bound(module)
        if name in FOR_ANYTHING
    ]
    assert not findings, said(findings)


def test_nothing_is_left_to_do_in_the_code() -> None:
    """What is left to do in a comment is on nobody's list: it is delivered, and forgotten."""
    mark = "TO" + "DO"
    findings = [module.name for module in all_files() if mark in module.text or "FIX" + "ME" in module.text]
    assert not findings, said(findings)


def test_no_mock_of_our_own_code() -> None:
    """A mock goes on saying what the code said when the test was written: the test stays green while the two no longer
    fit. Seams are httpx.MockTransport, a scripted bus and a clock that is an argument."""
    findings = [
        f"{module.name}:{node.lineno}"
        for module in all_files()
        for node in ast.walk(module.tree)
        if (isinstance(node, ast.ImportFrom) and node.module in ("unittest", "unittest.mock"))
        or (isinstance(node, ast.Import) and any(name.name.startswith("unittest") for name in node.names))
    ]
    assert not findings, said(findings)


def test_every_rule_names_the_fault_that_made_it() -> None:
    """A rule of which nobody knows what it is against is weakened by the first who is in its way."""
    findings = [
        f"{module.name}:{function.lineno} {function.name} says no fault that it guards against"
        for module in all_files()
        if module.path.parent == Path(__file__).parent
        for function in _functions(module)
        if function.name.startswith("test_") and not ast.get_docstring(function)
    ]
    assert not findings, said(findings)


def _calls(module: Module) -> Iterator[ast.Call]:
    return (node for node in ast.walk(module.tree) if isinstance(node, ast.Call))


def _functions(module: Module) -> Iterator[Function]:
    return (node for node in ast.walk(module.tree) if isinstance(node, Function))


def _length(function: Function) -> int:
    """Lines of the body, without the docstring."""
    body = function.body[1:] if ast.get_docstring(function) and len(function.body) > 1 else function.body
    return (function.end_lineno or 0) - body[0].lineno + 1


def _named(module: Module) -> Iterator[tuple[str, str]]:
    """Files, folders, classes and functions, with where they stand."""
    for part in module.path.with_suffix("").parts:
        yield module.name, part
    for node in ast.walk(module.tree):
        if isinstance(node, Function | ast.ClassDef):
            yield f"{module.name}:{node.lineno}", node.name


def _bound(module: Module) -> Iterator[tuple[int, str]]:
    """Names that a module gives: to variables, parameters, fields and imports."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.alias) and node.asname:
            yield node.lineno, node.asname
