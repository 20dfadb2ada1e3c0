"""Tests: small rules that keep the code as it is meant: one place that commits, no floats near money, sizes, names."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from .source import Module, all_files, all_modules, listed

KIT = "services/src/services/kit/"
COMMITS = (f"{KIT}database/database.py", f"{KIT}bus/", f"{KIT}facts/consumer.py")
"""One place commits transactions; the other two commit positions on the bus."""
MONEY_ROOMS = re.compile(r"/(core|events|domain|usecases|storage|consumers|commands|api)/")
LONGEST_FILE = 300
LONGEST_FUNCTION = 40
NOT_USED = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "processor", "data", "info", "handler"}
NOT_EVEN_A_PART = {"utils", "helpers", "misc", "manager", "processor"}
"""Not used as one word of a name either."""
FOR_ANYTHING = {"said", "found", "one"}
LISTED = Path(__file__).with_name("named_for_anything.txt")
"""Files that still have such names: taken off when they have none, never added to."""
NAMES_ITS_FAULT = re.compile(r"Made by \S|Kept from the start\b.*, against \S")
WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def test_only_the_kit_commits() -> None:
    """Kept from the start, against a commit after the answer was begun (FastAPI runs what follows a `yield` there),
    which says 200 of what then fails; and one in a use case, which keeps a change without its facts and its audit
    row."""
    findings = [
        f"{module.name}:{call.lineno} commits; the kit's write template does that"
        for module in all_modules()
        if not module.name.startswith(COMMITS)
        for call in _calls(module)
        if isinstance(call.func, ast.Attribute) and call.func.attr == "commit"
    ]
    assert not findings, listed(findings)


def test_no_float_where_money_is() -> None:
    """Kept from the start, against a statement whose hash depends on the order in which facts arrived, as a total over
    floats does: 0.1 + 0.2 is not 0.3."""
    findings = [
        f"{module.name}:{node.lineno} says float"
        for module in all_modules()
        if MONEY_ROOMS.search(module.name) and not module.name.startswith(("gateway", "deploy"))
        for node in ast.walk(module.tree)
        if (isinstance(node, ast.Name) and node.id == "float")
        or (isinstance(node, ast.Constant) and isinstance(node.value, float))
    ]
    assert not findings, listed(findings)


def test_only_one_module_adds_a_half() -> None:
    """Made by half-up, which was written three times: an amount, a measure and its explanation could have been rounded
    apart."""
    findings = [
        f"{module.name}:{call.lineno} rounds; services.core.rounding does that"
        for module in all_modules()
        if module.name != "services/src/services/core/rounding.py"
        for call in _calls(module)
        if ast.unparse(call) in ("Fraction(1, 2)", "Fraction('1/2')", "Fraction('0.5')")
        or (isinstance(call.func, ast.Name) and call.func.id == "round")
    ]
    assert not findings, listed(findings)


def test_files_stay_short() -> None:
    """Kept from the start, against files of 4,000 lines, as services of this kind have: a decision is written there a
    second time because nobody found the first."""
    findings = [
        f"{module.name} has {count} lines"
        for module in all_files()
        if (count := module.text.count("\n")) > LONGEST_FILE
    ]
    assert not findings, listed(findings)


def test_functions_stay_short() -> None:
    """Kept from the start, against a step that is put at the wrong place: in a function that fills more than a screen,
    the order of its steps is not seen."""
    findings = [
        f"{module.name}:{function.lineno} {function.name} has {_length(function)} lines"
        for module in all_modules()
        for function in _functions(module)
        if _length(function) > LONGEST_FUNCTION
    ]
    assert not findings, listed(findings)


def test_no_name_that_says_nothing() -> None:
    """Kept from the start, against a drawer called `utils`: it takes whatever fits nowhere, and so the question where
    that belongs is never asked."""
    findings = []
    for module in all_files():
        for place, name in _named(module):
            words = {word.lower() for word in WORDS.findall(name)}
            whole = name.strip("_").lower()
            if whole in NOT_USED or words & NOT_EVEN_A_PART or whole.startswith("base_"):
                findings.append(f"{place} {name}")
    assert not findings, listed(findings)


def test_what_is_at_hand_is_named_by_its_noun() -> None:
    """Made by 571 things that were named `said`, `found` or `one`: a reader had to look up each time whether it was a
    rule, a claim or a row of storage. The first form of this test looked at what is delivered, and tests went on."""
    lines = LISTED.read_text().splitlines()
    on_list = {line for line in lines if line and not line.startswith("#")}
    names = {
        module.name: [(line, name) for line, name in _bound(module.tree) if name in FOR_ANYTHING]
        for module in all_files()
    }
    findings = [
        f"{file}:{line} {name} is a name for anything; write the noun"
        for file, places in names.items()
        if file not in on_list
        for line, name in places
    ]
    findings += [
        f"{file} has no such name: take it off {LISTED.name}" for file in sorted(on_list) if not names.get(file)
    ]
    assert not findings, listed(findings)


@pytest.mark.parametrize(
    "source",
    [
        "one = 1",
        "one: int = 1",
        "self.one = 1",
        "for one in (): ...",
        "[one for one in ()]",
        "with open() as one: ...",
        "def f(one): ...",
        "def f(*one): ...",
        "lambda one: 1",
        "def one(): ...",
        "class one: ...",
        "import a as one",
        "try: ...\nexcept OSError as one: ...",
        "match f():\n    case int() as one: ...",
        "match f():\n    case [*one]: ...",
        "match f():\n    case {**one}: ...",
    ],
)
def test_each_way_to_give_a_name_is_found(source: str) -> None:
    """Made by a fixture of the tests called `said`, and by `self.said`: variables and parameters were all that was
    looked at."""
    assert [name for _, name in _bound(ast.parse(source)) if name == "one"] == ["one"]


def test_nothing_is_left_to_do_in_the_code() -> None:
    """Kept from the start, against what is left to do in a comment: it is on nobody's list, delivered, and
    forgotten."""
    mark = "TO" + "DO"
    findings = [module.name for module in all_files() if mark in module.text or "FIX" + "ME" in module.text]
    assert not findings, listed(findings)


def test_no_mock_of_our_own_code() -> None:
    """Kept from the start, against a mock that goes on saying what the code said when the test was written: the test
    stays green while the two no longer fit. Seams are httpx.MockTransport, a scripted bus and a clock that is an
    argument."""
    findings = [
        f"{module.name}:{node.lineno}"
        for module in all_files()
        for node in ast.walk(module.tree)
        if (isinstance(node, ast.ImportFrom) and node.module in ("unittest", "unittest.mock"))
        or (isinstance(node, ast.Import) and any(name.name.startswith("unittest") for name in node.names))
    ]
    assert not findings, listed(findings)


def test_every_rule_names_the_fault_that_made_it() -> None:
    """Made by sixteen rules of this folder that told what could happen, and not whether it ever had: a rule of which
    nobody knows what it is against is weakened by the first who is in its way."""
    findings = [
        f"{module.name}:{function.lineno} {function.name} begins with neither `Made by`, and the fault that did, nor "
        "`Kept from the start`, and what against"
        for module in all_files()
        if module.path.parent == Path(__file__).parent
        for function in _functions(module)
        if function.name.startswith("test_") and not NAMES_ITS_FAULT.match(ast.get_docstring(function) or "")
    ]
    assert not findings, listed(findings)


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


def _bound(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Names that a module gives: to variables, parameters, its own attributes, functions, classes and imports."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                yield node.lineno, name
            case ast.Attribute(value=ast.Name(id="self"), attr=name, ctx=ast.Store()):
                yield node.lineno, name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield node.lineno, name
            case ast.alias(asname=str(name)) | ast.ExceptHandler(name=str(name)):
                yield node.lineno, name
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
                yield node.lineno, name
