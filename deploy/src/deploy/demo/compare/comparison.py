"""Deploy: the differences between the expected result of a case and its statements, each as a sentence."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from deploy.demo.cases.expectations import (
    ExpectedGate,
    ExpectedPayment,
    ExpectedRefusal,
    ExpectedSplit,
    GateOutcome,
    Holds,
    Line,
    Statement,
)
from deploy.demo.compare.amounts import Document, minor, sums_of
from services.core.money import format_minor, to_minor
from services.kit.doors import shapes

NOT_YET_MEASURED, GATE_NOT_MET = "not_yet_measured", "gate_not_met"
"""`state` of a line that pays nothing yet, or not."""


def differences(
    expected: ExpectedPayment | ExpectedGate | ExpectedSplit,
    statements: Sequence[Document],
    organisations: Mapping[str, str],
) -> list[str]:
    """The differences in the statements of all settlements; none when all is as expected. `organisations` are the
    organisation ids by part."""
    if isinstance(expected, ExpectedSplit):
        return [*_split_differences(expected, statements, organisations)]
    sentences = [*_gate_differences(expected.gates, statements)] if isinstance(expected, ExpectedGate) else []
    wanted = expected.statements or ()
    if wanted and len(wanted) != len(statements):
        sentences.append(f"statements: expected {len(wanted)}, got {len(statements)}")
    for number, (want, statement) in enumerate(zip(wanted, statements, strict=False), start=1):
        for difference in _statement_differences(want, statement, organisations):
            sentences.append(f"statement {number}, {difference}")
    return sentences


def refusal_differences(expected: ExpectedRefusal, problem: Document | None) -> list[str]:
    """The differences in the problem document with which drafting was refused. `problem` is None when it was not."""
    if problem is None:
        return [f"expected a refusal ({expected.code}), got a draft"]
    wanted = {(fault.code, fault.pointer) for fault in expected.errors}
    got = {(str(fault["code"]), str(fault["pointer"])) for fault in problem.get("errors", ())}
    sentences = [f"expected {code} at {pointer}, which was not said" for code, pointer in sorted(wanted - got)]
    sentences += [f"not expected: {code} at {pointer}" for code, pointer in sorted(got - wanted)]
    if problem.get("code") != expected.code:
        sentences.append(f"code: expected {expected.code}, got {problem.get('code')}")
    return sentences


def gate_of(rule: str, statements: Sequence[Document]) -> Holds:
    """Whether the condition of a rule holds after the last statement, by the state of its line. A line without a state
    holds when anything was due in any statement."""
    lines = [line for statement in statements for line in statement["lines"] if line.get("rule") == rule]
    state = lines[-1].get("state") if lines else None
    if state == NOT_YET_MEASURED:
        return "not_yet_measured"
    if state == GATE_NOT_MET:
        return "no"
    return "yes" if any(minor(line["amount"]) or line.get("cut") for line in lines) else "no"


def _gate_differences(gates: Sequence[GateOutcome], statements: Sequence[Document]) -> Iterator[str]:
    for gate in gates:
        holds = gate_of(gate.rule, statements)
        if holds != gate.holds:
            yield f"gate {gate.rule}: expected {gate.holds}, got {holds}"


def _split_differences(
    expected: ExpectedSplit, statements: Sequence[Document], organisations: Mapping[str, str]
) -> Iterator[str]:
    currency = expected.total.currency
    total = sum(minor(statement["total"]) for statement in statements)
    yield from _sum_differences("total", {"": to_minor(expected.total)}, {"": total}, currency)
    wanted = {share.payer: to_minor(share.amount) for share in expected.shares}
    yield from _sum_differences("share of ", wanted, _by_part(sums_of(statements).shares, organisations), currency)


def _statement_differences(want: Statement, statement: Document, organisations: Mapping[str, str]) -> Iterator[str]:
    if statement["total"] != shapes.document(want.total):
        yield f"total: expected {want.total.amount}, got {statement['total']['amount']}"
    if want.lines is not None:
        yield from _line_differences(want.lines, statement["lines"])
    got, currency = sums_of([statement]), want.total.currency
    if want.cut is not None:
        cut: dict[str, int] = {cut.cap: to_minor(cut.amount) for cut in want.cut}
        yield from _sum_differences("cut by ", cut, got.cut, currency)
    if want.shares is not None:
        shares = {share.payer: to_minor(share.amount) for share in want.shares}
        yield from _sum_differences("share of ", shares, _by_part(got.shares, organisations), currency)
    if want.payees is not None:
        payees = {f"{payment.payee} as {payment.nature}": to_minor(payment.amount) for payment in want.payees}
        yield from _sum_differences("paid to ", payees, _by_part(got.payees, organisations), currency)


def _line_differences(wanted: Sequence[Line], lines: Sequence[Document]) -> Iterator[str]:
    rules = [line.get("rule") for line in lines]
    if rules != [line.rule for line in wanted]:
        yield f"lines: expected {', '.join(line.rule for line in wanted)}; got {', '.join(map(str, rules))}"
        return
    for want, line in zip(wanted, lines, strict=True):
        for name, value in shapes.document(want).items():
            if line.get(name) != value:
                yield f"line {want.rule}, {name}: expected {_plain(value)}, got {_plain(line.get(name))}"


def _sum_differences(what: str, wanted: Mapping[str, int], got: Mapping[str, int], currency: str) -> Iterator[str]:
    for name in sorted(wanted.keys() | got.keys()):
        want, amount = wanted.get(name, 0), got.get(name, 0)
        if want != amount:
            yield f"{what}{name}: expected {format_minor(want, currency)}, got {format_minor(amount, currency)}"


def _by_part(sums: Mapping[str, int], organisations: Mapping[str, str]) -> Mapping[str, int]:
    """Sums by name with the part of the case file in place of the organisation: `0088:1 as grant` becomes
    `{payer} as grant`."""
    parts = {organisation: f"{{{part}}}" for part, organisation in organisations.items()}
    names = (name.partition(" ") for name in sums)
    renamed = (parts.get(organisation, organisation) + blank + rest for organisation, blank, rest in names)
    return dict(zip(renamed, sums.values(), strict=True))


def _plain(value: Any) -> Any:
    return value["amount"] if isinstance(value, Mapping) else "nothing" if value is None else value
