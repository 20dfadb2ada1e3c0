"""Deploy: what is expected of a case and what came out, each in one line, for lists and scripts."""

from collections.abc import Sequence

from deploy.demo.cases.expectations import Expected, ExpectedGate, ExpectedPayment, ExpectedRefusal, ExpectedSplit
from deploy.demo.compare.comparison import Said, gate_of, totals
from services.core.money import format_minor


def expected_in_one_line(expected: Expected) -> str:
    """The kind, and what it comes to."""
    if isinstance(expected, ExpectedRefusal):
        return "refusal " + ", ".join(f"{one.code} at {one.pointer}" for one in expected.errors)
    if isinstance(expected, ExpectedGate):
        return "gate " + ", ".join(f"{gate.rule} {gate.holds}" for gate in expected.gates)
    if isinstance(expected, ExpectedSplit):
        amounts = " + ".join(one.amount.amount for one in expected.shares)
        return f"split {amounts} = {expected.total.amount} {expected.total.currency}"
    due = [one.total for one in expected.statements]
    return f"payment {', '.join(one.amount for one in due)} {due[0].currency}"


def got_in_one_line(expected: Expected, statements: Sequence[Said], refused: Said | None = None) -> str:
    """The same of what came out."""
    if refused is not None:
        return "refusal " + ", ".join(f"{one['code']} at {one['pointer']}" for one in refused.get("errors", ()))
    if isinstance(expected, ExpectedGate):
        return "gate " + ", ".join(f"{gate.rule} {gate_of(gate.rule, statements)}" for gate in expected.gates)
    if isinstance(expected, ExpectedSplit) and statements:
        return _split(statements)
    if isinstance(expected, ExpectedPayment) and statements:
        due = [said["total"] for said in statements]
        return f"payment {', '.join(one['amount'] for one in due)} {due[0]['currency']}"
    return "nothing"


def _split(statements: Sequence[Said]) -> str:
    currency = statements[0]["total"]["currency"]
    shares = totals(statements)["shares"].values()
    amounts = " + ".join(format_minor(amount, currency) for amount in shares)
    return f"split {amounts} = {format_minor(sum(shares), currency)} {currency}"


def statement_in_one_line(statement: Said) -> str:
    """A posted settlement, for scripts."""
    total = statement["total"]
    return (
        f"statement sha256:{statement['contentSha256']} total {total['amount']} {total['currency']} "
        f"lines {len(statement['lines'])}"
    )
