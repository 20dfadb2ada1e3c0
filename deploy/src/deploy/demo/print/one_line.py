"""Deploy: the expected and the actual result of a case in one line each, for lists and scripts."""

from collections.abc import Iterable, Sequence

from deploy.demo.cases.expectations import Expected, ExpectedGate, ExpectedPayment, ExpectedRefusal, ExpectedSplit
from deploy.demo.compare.amounts import Document, sums_of
from deploy.demo.compare.comparison import gate_of
from services.core.money import format_minor


def expected_in_one_line(expected: Expected) -> str:
    """The kind of the expectation, and its figures."""
    if isinstance(expected, ExpectedRefusal):
        return _refusal((fault.code, fault.pointer) for fault in expected.errors)
    if isinstance(expected, ExpectedGate):
        return _gates((gate.rule, gate.holds) for gate in expected.gates)
    if isinstance(expected, ExpectedSplit):
        return _split(
            [share.amount.amount for share in expected.shares], expected.total.amount, expected.total.currency
        )
    totals = [statement.total for statement in expected.statements]
    return _payment([total.amount for total in totals], totals[0].currency)


def got_in_one_line(expected: Expected, statements: Sequence[Document], problem: Document | None = None) -> str:
    """The same line of the statements, or of the problem document with which drafting was refused."""
    if problem is not None:
        return _refusal((fault["code"], fault["pointer"]) for fault in problem.get("errors", ()))
    if isinstance(expected, ExpectedGate):
        return _gates((gate.rule, gate_of(gate.rule, statements)) for gate in expected.gates)
    if not statements:
        return "nothing"
    currency = statements[0]["total"]["currency"]
    if isinstance(expected, ExpectedSplit):
        shares = sums_of(statements).shares.values()
        return _split(
            [format_minor(share, currency) for share in shares], format_minor(sum(shares), currency), currency
        )
    if isinstance(expected, ExpectedPayment):
        return _payment([statement["total"]["amount"] for statement in statements], currency)
    return "nothing"


def _refusal(faults: Iterable[tuple[str, str]]) -> str:
    return "refusal " + ", ".join(f"{code} at {pointer}" for code, pointer in faults)


def _gates(gates: Iterable[tuple[str, str]]) -> str:
    return "gate " + ", ".join(f"{rule} {holds}" for rule, holds in gates)


def _split(shares: Sequence[str], total: str, currency: str) -> str:
    return f"split {' + '.join(shares)} = {total} {currency}"


def _payment(totals: Sequence[str], currency: str) -> str:
    return f"payment {', '.join(totals)} {currency}"


def statement_in_one_line(statement: Document) -> str:
    """A posted settlement, for scripts."""
    total = statement["total"]
    return (
        f"statement sha256:{statement['contentSha256']} total {total['amount']} {total['currency']} "
        f"lines {len(statement['lines'])}"
    )
