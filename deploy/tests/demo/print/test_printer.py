"""Tests: what the demo prints: plain text without bars in a file, nothing at all when it is to be silent."""

import pytest

from deploy.demo.compare.amounts import minor
from deploy.demo.print.printer import Printer, grouped

GBP = "GBP"
STATEMENT = {
    "currency": GBP,
    "total": {"amount": "-1220.00", "currency": GBP},
    "lines": [
        {
            "rule": "m01",
            "people": 1,
            "units": -1,
            "price": {"amount": "1220.00", "currency": GBP},
            "amount": {"amount": "-1220.00", "currency": GBP},
        }
    ],
}


@pytest.mark.parametrize(
    ("amount", "shown"),
    [("848540.00", "848,540.00"), ("-1220.00", "-1,220.00"), ("-0.50", "-0.50"), ("0.00", "0.00"), ("1500", "1,500")],
)
def test_amounts_are_grouped_by_thousands(amount: str, shown: str) -> None:
    assert grouped({"amount": amount, "currency": GBP}) == shown


def test_an_amount_counts_in_minor_units() -> None:
    assert minor({"amount": "-220.00", "currency": GBP}) == -22000


def test_a_statement_is_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    printer = Printer()
    printer.statement("Statement 1", STATEMENT, {"m01": "Feels safe [really]"})
    output = capsys.readouterr().out
    assert "Feels safe [really]" in output
    assert "total, 1 line " in output
    assert output.count("-1,220.00") == 2
    assert "\x1b" not in output


def test_in_a_file_there_are_no_bars(capsys: pytest.CaptureFixture[str]) -> None:
    printer = Printer()
    with printer.progress("claims", 3) as on_row:
        on_row(3)
    printer.heading("A heading")
    printer.sentence("One thing.")
    assert capsys.readouterr().out == "\nA heading\n  One thing.\n"


def test_silence_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    printer = Printer(silent=True)
    printer.heading("A heading")
    printer.explanation("Why", {"item": 1, "price": {"amount": "1.00", "currency": GBP}, "text": "Because."})
    printer.claims("Claims", [{"externalId": "a", "metric": "m", "achievedOn": "2020-01-01", "state": "rejected"}])
    assert capsys.readouterr().out == ""


def test_a_line_without_a_unit_price_shows_none_and_says_its_state(capsys: pytest.CaptureFixture[str]) -> None:
    line = {"rule": "fee", "kind": "service_fee", "amount": {"amount": "0.00", "currency": GBP}}
    shown = {"currency": GBP, "total": line["amount"], "lines": [{**line, "state": "not_yet_measured"}]}
    Printer().statement("Statement 1", shown, {})
    (told,) = [row for row in capsys.readouterr().out.splitlines() if row.startswith("  fee")]
    assert told.split() == ["fee", "service", "fee", "0.00", "not", "yet", "measured"]


def test_sums_are_shown_where_there_are_some(capsys: pytest.CaptureFixture[str]) -> None:
    Printer().sums("Cut by caps", {}, GBP)
    assert capsys.readouterr().out == ""
    Printer().sums("Cut by caps", {"contract cap": 25587800}, GBP)
    assert "contract cap   255,878.00" in capsys.readouterr().out


def test_a_computation_is_told_step_by_step(capsys: pytest.CaptureFixture[str]) -> None:
    units = {"op": "claim", "value": "1000", "what": "n", "arm": "intervention", "claims": ["c1"]}
    many = {"op": "claims", "value": "3", "claims": ["c1", "c2", "c3"]}
    share = {"op": "quotient", "value": "0.09", "of": [units, many]}
    tree = {
        "op": "if_true",
        "value": "1",
        "currency": GBP,
        "of": [{"op": "compare", "value": True, "of": [share]}, share],
    }
    Printer().explanation("Why", {"item": 1, "tree": tree, "text": "Because.", "textInDanish": "Fordi."})
    output = capsys.readouterr().out
    assert output.endswith(
        "  if true = 1 GBP\n"
        "    compare = yes\n"
        "      quotient = 0.09\n"
        "        claim (n, intervention, claim c1) = 1000\n"
        "        claims (3 claims) = 3\n"
        "    quotient = 0.09 (as above)\n"
        "  Because.\n"
    )
