"""Tests: every example of docs/terms.md is drafted, told and settled, and comes to exactly what the page says."""

import ast
import json
import operator
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from services.core.money import format_minor
from services.core.terms.checks import TermsNotValid, check_terms
from services.core.terms.measures import Measure
from services.kit.doors import shapes
from settlement_service.domain.explaining.explanation import document_of, explain
from settlement_service.domain.explaining.narration import decimal
from settlement_service.domain.facts.outcome_data import OutcomeData
from settlement_service.domain.mechanisms.measuring import measured
from settlement_service.domain.mechanisms.working import _LOGIC, _OPERATIONS
from settlement_service.domain.statement.statement import Line, line_content

from ..books import Settled
from ..terms_page import (
    CONTRACT_ID,
    PAGE,
    PARTS,
    Example,
    Told,
    agreement_of,
    begun,
    contract_of,
    examples,
    gated,
    texts,
    whole_contract,
)

EXAMPLES = [pytest.param(one, id=one.name) for one in examples()]
TERMS = Path(__file__).parents[3] / "services" / "src" / "services" / "core" / "terms"
SIGNS: Mapping[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
Rows = Sequence[Mapping[str, str]]


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_page_says_what_comes_out(example: Example) -> None:
    told = played(example)
    assert told is None or told.settled or "measures" in kinds(example)


@pytest.mark.parametrize("example", EXAMPLES)
def test_what_the_page_computes_is_right(example: Example) -> None:
    for block in example.blocks:
        if block.kind in ("Until", "Measure"):
            for row in block.said:
                sums = re.match(r"`(.+?)`", row["How"])
                if sums and row.get("Amount"):
                    assert computed(sums[1]) == Fraction(row["Amount"]), row
                elif sums and not row["Figure"].endswith("..."):
                    assert computed(sums[1]) == Fraction(row["Figure"]), row


def test_every_explanation_holds_by_the_program_of_the_page(tmp_path: Path) -> None:
    (program,) = texts("python check")
    trees = [tree for one in examples() for tree in explained(played(one))]
    assert set(_OPERATIONS) <= {step["op"] for tree in trees for step in steps_of(tree)}
    (tmp_path / "check.py").write_text(program)
    assert checked(tmp_path, trees) == (0, "", "")
    trees[0]["of"][0]["value"] = "1"
    code, found, faults = checked(tmp_path, trees)
    assert (code, found.count(" and gives "), faults) == (1, 2, "")


def test_every_step_of_an_explanation_is_on_the_page() -> None:
    leaves = {"claim", "claims", "enrolled", "term", "cut", "posted", "nothing", "not_yet_measured", "if_true"}
    for op in {*_OPERATIONS, *_LOGIC, *leaves}:
        assert f"| `{op}` |" in PAGE.read_text(), op


def test_every_fault_is_on_the_page() -> None:
    said_in_code = "".join(path.read_text() for path in TERMS.rglob("*.py"))
    codes = set(re.findall(r'fault\(\s*[^,()]*,\s*"([a-z-]+)"', said_in_code))
    assert len(codes) > 80
    assert not {code for code in codes if f"`{code}`" not in PAGE.read_text()}


def test_every_kind_of_rule_has_an_example() -> None:
    rules = [rule for one in examples() for rule in one.blocks[0].said.get("payment", {}).get("rules", ())]
    assert {rule["kind"] for rule in rules} == {
        "unit_price",
        "bands",
        "gate",
        "savings_share",
        "milestone",
        "service_fee",
    }
    assert {rule["method"] for rule in rules if "method" in rule} == {"flat", "marginal", "interpolated"}


def checked(folder: Path, trees: Sequence[Any]) -> tuple[int, str, str]:
    """What the page's program says of trees."""
    ran = subprocess.run(
        [sys.executable, "check.py"], input=json.dumps(trees), cwd=folder, capture_output=True, text=True, check=False
    )
    return ran.returncode, ran.stdout, ran.stderr


def steps_of(tree: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield tree
    for one in tree.get("of", ()):
        yield from steps_of(one)


def kinds(example: Example) -> list[str]:
    return [block.kind for block in example.blocks]


def played(example: Example) -> Told | None:
    """The example from its terms to its last settlement, each table compared. None if its terms are refused."""
    told: Told | None = None
    for block in example.blocks:
        if block.kind == "terms":
            contract = contract_of(block.said, whole_contract())
            if "Pointer" in kinds(example):
                refused(contract, example)
                return None
            if "measures" not in kinds(example):
                check_terms(agreement_of(contract))
            told = begun(contract)
        elif block.kind == "measures":
            told = with_measures(told, block.said)
        elif told is not None:
            goes_on(told, block.kind, block.said)
    return told


def goes_on(told: Told, kind: str, what: Any) -> None:
    if kind == "outcomes":
        told.happens(what)
    elif kind == "amendment":
        told.amend(what)
        check_terms(agreement_of({**told.contract, "effectiveFrom": whole_contract()["effectiveFrom"]}))
    elif kind == "Until":
        for until, rows in groupby(what, key=lambda row: row["Until"]):
            compare(told.settle(date.fromisoformat(until)), list(rows))
    elif kind == "Measure":
        figures(told, what)
    elif kind == "tree":
        assert explained(told)[0] == what


def refused(contract: Mapping[str, Any], example: Example) -> None:
    (rows,) = (block.said for block in example.blocks if block.kind == "Pointer")
    with pytest.raises(TermsNotValid) as caught:
        check_terms(agreement_of(contract))
    found = [(error.pointer, error.code) for error in caught.value.errors]
    assert found == [(row["Pointer"], row["Code"]) for row in rows]


def compare(settled: Settled, rows: Rows) -> None:
    currency = settled.statement.currency
    lines = [shown(line_content(n, line, currency), line) for n, line in enumerate(settled.statement.lines, start=1)]
    assert [{name: line[name] for name in rows[0] if name not in ("Until", "How")} for line in lines] == [
        {name: cell for name, cell in row.items() if name not in ("Until", "How")} for row in rows
    ]


def shown(content: Mapping[str, Any], line: Line) -> dict[str, str]:
    """A line of a statement as a row of the page's tables."""
    cuts = ", ".join(f"{cut['cap']} {cut['amount']['amount']}" for cut in content["cut"])
    shares = dict(line.shares)
    return {
        "Rule": content["rule"],
        "Price": content["price"]["amount"] if "price" in content else "",
        "People": str(content["people"]),
        "Units": str(content["units"]),
        "Amount": content["amount"]["amount"],
        "Cut": cuts,
        "State": content.get("state", ""),
        **{organisation: format_minor(shares.get(organisation, 0), "DKK") for organisation in PARTS.values()},
    }


def with_measures(told: Told | None, measures: Mapping[str, Any]) -> Told:
    """The same contract, with a gate for each measure: so that its terms are checked as all are."""
    assert told is not None
    contract = contract_of(gated({}, measures), told.contract)
    check_terms(agreement_of(contract))
    told.amend(gated({}, measures))
    return told


def figures(told: Told, rows: Rows) -> None:
    measures = {
        rule["code"]: shapes.read(Measure, rule["condition"]["measure"]) for rule in told.contract["payment"]["rules"]
    }
    assert [row["Measure"] for row in rows] == list(measures)
    state = told.books.state
    outcomes = OutcomeData(CONTRACT_ID, list(state.claims.values()), state.enrolments)
    for row in rows:
        told.figures.append(measured(measures[row["Measure"]], told.books.terms, outcomes))
        value = told.figures[-1].value
        expected = row["Figure"]
        if expected == "not yet measured":
            assert value is None, row
        elif expected.endswith("..."):
            assert isinstance(value, Fraction)
            assert decimal(value, 10).startswith(expected[:-3]), row
        else:
            assert value == Fraction(expected), row


def explained(told: Told | None) -> list[Any]:
    """The trees of all figures of a contract, and of everything that its settlements posted."""
    if told is None:
        return []
    history = told.books.history
    return [document_of(figure) for figure in told.figures] + [
        explain(history, history.version(settled.statement.version), number, change)["tree"]
        for settled in told.settled
        for number, change in enumerate(settled.items, start=1)
    ]


def computed(text: str) -> Fraction:
    """A sum as a person writes it: + - x / and brackets, exactly."""

    def of(node: ast.expr) -> Fraction:
        if isinstance(node, ast.BinOp):
            return SIGNS[type(node.op)](of(node.left), of(node.right))
        assert isinstance(node, ast.Constant)
        return Fraction(str(ast.get_source_segment(text, node)))

    text = text.replace(" x ", " * ")
    return of(ast.parse(text, mode="eval").body)
