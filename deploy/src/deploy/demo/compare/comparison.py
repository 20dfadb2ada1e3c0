"""Deploy: whether what came out of a case is what had to; each difference is a sentence."""

from collections import Counter
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
from deploy.demo.print.printer import minor
from services.core.money import format_minor, to_minor
from services.kit.doors import shapes

Said = Mapping[str, Any]
"""A statement as the API shows it, or as the engine says it: the lines, their amounts, the total."""
NOT_YET, NOT_MET = "not_yet_measured", "gate_not_met"
"""`state` of a line that pays nothing yet, or not."""


def differences(
    expected: ExpectedPayment | ExpectedGate | ExpectedSplit, statements: Sequence[Said], parts: Mapping[str, str]
) -> list[str]:
    """What is not as expected of the statements of all settlements; `parts` are organisation ids by part."""
    if isinstance(expected, ExpectedSplit):
        return [*_split(expected, statements, parts)]
    found = [*_gates(expected.gates, statements)] if isinstance(expected, ExpectedGate) else []
    wanted = expected.statements or ()
    if wanted and len(wanted) != len(statements):
        found.append(f"statements: expected {len(wanted)}, got {len(statements)}")
    for number, (want, said) in enumerate(zip(wanted, statements, strict=False), start=1):
        found += [f"statement {number}, {difference}" for difference in _statement(want, said, parts)]
    return found


def refusal_differences(expected: ExpectedRefusal, problem: Said | None) -> list[str]:
    """The same of the problem document with which drafting was refused; None when it was not."""
    if problem is None:
        return [f"expected a refusal ({expected.code}), got a draft"]
    wanted = {(one.code, one.pointer) for one in expected.errors}
    told = {(str(one["code"]), str(one["pointer"])) for one in problem.get("errors", ())}
    found = [f"expected {code} at {pointer}, which was not said" for code, pointer in sorted(wanted - told)]
    found += [f"not expected: {code} at {pointer}" for code, pointer in sorted(told - wanted)]
    if problem.get("code") != expected.code:
        found.append(f"code: expected {expected.code}, got {problem.get('code')}")
    return found


def gate_of(rule: str, statements: Sequence[Said]) -> Holds:
    """Whether the condition of a rule holds after the last of the statements, as its line says; where a line says
    nothing of it, by whether anything was due in any."""
    lines = [line for said in statements for line in said["lines"] if line.get("rule") == rule]
    state = lines[-1].get("state") if lines else None
    if state == NOT_YET:
        return "not_yet_measured"
    if state == NOT_MET:
        return "no"
    return "yes" if any(minor(line["amount"]) or line.get("cut") for line in lines) else "no"


def _gates(gates: Sequence[GateOutcome], statements: Sequence[Said]) -> Iterator[str]:
    for gate in gates:
        holds = gate_of(gate.rule, statements)
        if holds != gate.holds:
            yield f"gate {gate.rule}: expected {gate.holds}, got {holds}"


def _split(expected: ExpectedSplit, statements: Sequence[Said], parts: Mapping[str, str]) -> Iterator[str]:
    lines, currency = [line for said in statements for line in said["lines"]], expected.total.currency
    totals = {"": sum(minor(said["total"]) for said in statements)}
    yield from _unlike("total", {"": to_minor(expected.total)}, totals, currency)
    wanted = {one.payer: to_minor(one.amount) for one in expected.shares}
    yield from _unlike("share of ", wanted, _by_part(_sum(map(_shares, lines)), parts), currency)


def _statement(want: Statement, said: Said, parts: Mapping[str, str]) -> Iterator[str]:
    if said["total"] != shapes.document(want.total):
        yield f"total: expected {want.total.amount}, got {said['total']['amount']}"
    if want.lines is not None:
        yield from _lines(want.lines, said["lines"])
    got, currency = totals([said]), want.total.currency
    if want.cut is not None:
        wanted: dict[str, int] = {one.cap: to_minor(one.amount) for one in want.cut}
        yield from _unlike("cut by ", wanted, got["cut"], currency)
    if want.shares is not None:
        shares = {one.payer: to_minor(one.amount) for one in want.shares}
        yield from _unlike("share of ", shares, _by_part(got["shares"], parts), currency)
    if want.payees is not None:
        paid = {f"{one.payee} as {one.nature}": to_minor(one.amount) for one in want.payees}
        yield from _unlike("paid to ", paid, _by_part(got["payees"], parts), currency)


def _lines(wanted: Sequence[Line], lines: Sequence[Said]) -> Iterator[str]:
    rules = [line.get("rule") for line in lines]
    if rules != [line.rule for line in wanted]:
        yield f"lines: expected {', '.join(line.rule for line in wanted)}; got {', '.join(map(str, rules))}"
        return
    for want, line in zip(wanted, lines, strict=True):
        for name, value in shapes.document(want).items():
            if line.get(name) != value:
                yield f"line {want.rule}, {name}: expected {_plain(value)}, got {_plain(line.get(name))}"


def _unlike(what: str, wanted: Mapping[str, int], got: Mapping[str, int], currency: str) -> Iterator[str]:
    for name in sorted(wanted.keys() | got.keys()):
        due, told = wanted.get(name, 0), got.get(name, 0)
        if due != told:
            yield f"{what}{name}: expected {format_minor(due, currency)}, got {format_minor(told, currency)}"


def _by_part(sums: Mapping[str, int], parts: Mapping[str, str]) -> Mapping[str, int]:
    """Sums by organisation (and more behind a blank), with the part that the case file says in its place."""
    names = {organisation: f"{{{part}}}" for part, organisation in parts.items()}
    told = (name.partition(" ") for name in sums)
    return dict(zip((names.get(one, one) + blank + more for one, blank, more in told), sums.values(), strict=True))


def _cuts(line: Said) -> Iterator[tuple[str, int]]:
    return ((one["cap"], minor(one["amount"])) for one in line.get("cut") or ())


def _shares(line: Said) -> Iterator[tuple[str, int]]:
    return ((one["payer"], minor(one["amount"])) for one in line.get("shares") or ())


def _payees(line: Said) -> Iterator[tuple[str, int]]:
    yield f"{line.get('payee')} as {line.get('nature')}", minor(line["amount"])


def _sum(told: Iterator[Iterator[tuple[str, int]]]) -> Mapping[str, int]:
    sums: Counter[str] = Counter()
    for pairs in told:
        for name, amount in pairs:
            sums[name] += amount
    return sums


def totals(statements: Sequence[Said]) -> dict[str, Mapping[str, int]]:
    """Over all lines of all statements, in minor units: what each kind of cap cut, what each payer pays, and what
    each payee gets as money of which nature."""
    lines = [line for said in statements for line in said["lines"]]
    return {"cut": _sum(map(_cuts, lines)), "shares": _sum(map(_shares, lines)), "payees": _sum(map(_payees, lines))}


def _plain(value: Any) -> Any:
    return value["amount"] if isinstance(value, Mapping) else "nothing" if value is None else value
