"""Tests: an amendment changes who is paid by a rule: each payee is shown what is or was due to itself, and no more."""

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.events.contracts import ContractActivated, NamedParty
from settlement_service.domain.agreement.audience import audience_of
from settlement_service.domain.facts.log import ItemsPosted
from settlement_service.domain.recomputation import recompute
from settlement_service.domain.statement.position import position_of

from ..books import Books, Settled
from ..builders import (
    EVALUATOR,
    INVESTOR,
    OTHER,
    PAYER,
    PROVIDER,
    YEAR,
    a_cap,
    a_claim,
    a_metric,
    a_price,
    a_rule,
    activated,
)
from ..mechanisms import a_gate, a_measure, a_threshold, amended, withdrawn

JULY = date(2026, 7, 1)
NEXT_INVESTOR = "0088:9521000000087"
PAYERS_REGISTER: dict[str, Any] = {"reported_by": PAYER, "verified_by": EVALUATOR, "disputes_decided_by": PAYER}
"""Who is paid has no other reason to see anything: the payer reports from its register."""
BOTH = [("providers", PROVIDER, OTHER), ("investors", INVESTOR, NEXT_INVESTOR)]
SIX, SEVEN = range(1, 7), range(11, 18)


def paid_to(payee: str, *more: Any, caps: Any = (), **payment: Any) -> ContractActivated:
    """A contract in which a rule pays one of the parties."""
    rules = [a_rule("job", a_price(10_000), payee=payee), *more]
    terms = activated(rules, caps, [a_metric("job", **PAYERS_REGISTER)], parties=(PAYER, INVESTOR, PROVIDER, OTHER))
    parties = *terms.parties, NamedParty(organisation_id=NEXT_INVESTOR, name="Next", role="investor")
    evaluator = NamedParty(organisation_id=EVALUATOR, name="Evaluator", role="evaluator")
    return replace(terms, parties=(*parties, evaluator), payment=replace(terms.payment, **payment))


def settled_thrice(former: str, new: str, **payment: Any) -> tuple[Books, list[Settled]]:
    """Six outcomes are paid to one party and, from July on, seven to another; then one of the former's is withdrawn."""
    books, wrong = Books(paid_to(former, **payment)), a_claim(1, day="2026-03-01")
    books.verify(wrong, *(a_claim(n, day="2026-03-01") for n in SIX[1:]))
    first = books.settle(JULY)
    amended(books, paid_to(new, **payment), JULY)
    books.verify(*(a_claim(n, day="2026-08-01") for n in SEVEN))
    second = books.settle()
    withdrawn(books, wrong)
    return books, [first, second, books.settle(kind="correction")]


def told(settled: Settled, organisation: str) -> tuple[int, int, set[str]]:
    """Previously, total, and who is paid by the lines that a party is shown."""
    shown = settled.shown_to(organisation)
    return shown.previously_minor, shown.total_minor, {line.get("payee", "-") for line in shown.content["lines"]}


@pytest.mark.parametrize(("former", "new"), [pytest.param(*pair, id=what) for what, *pair in BOTH])
def test_each_payee_is_shown_what_is_due_to_itself(former: str, new: str) -> None:
    _, (_, second, third) = settled_thrice(former, new)
    assert [told(settled, new)[:2] for settled in (second, third)] == [(0, 70_000), (70_000, 0)]
    assert [told(settled, former)[:2] for settled in (second, third)] == [(60_000, 0), (60_000, -10_000)]
    assert [told(settled, PAYER)[:2] for settled in (second, third)] == [(60_000, 70_000), (130_000, -10_000)]
    for settled in (second, third):
        assert told(settled, new)[2] <= {new, "-"}
        assert told(settled, former)[2] <= {former, "-"}
    assert former not in json.dumps(third.shown_to(new).content)
    assert new not in json.dumps(second.shown_to(former).content)


@pytest.mark.parametrize("organisation", [PAYER, PROVIDER, OTHER])
@pytest.mark.parametrize(
    "payment",
    [{}, {"caps": [a_cap("contract", 105_000)]}, {"caps": [a_cap("person", 8_000), a_cap("rule", 90_000, "job")]}],
    ids=["no cap", "a cap on the contract", "caps on a person and the rule"],
)
def test_each_computes_again_what_it_is_shown(organisation: str, payment: Any) -> None:
    books, settlements = settled_thrice(PROVIDER, OTHER, **payment)
    for settled in settlements[1:] if organisation == OTHER else settlements:
        result = recompute(*books.given_to(organisation, settled))
        assert result.same, result


@pytest.mark.parametrize("organisation", [PAYER, PROVIDER, OTHER])
def test_when_everything_is_due_to_another_each_computes_that_again(organisation: str) -> None:
    books = Books(paid_to(PROVIDER))
    books.verify(*(a_claim(n, day=f"2026-0{n}-01") for n in SIX), a_claim(7, day="2026-08-01"))
    books.settle()
    amended(books, paid_to(OTHER, retroactive=True), JULY)
    settled = books.settle(kind="correction")
    assert [told(settled, payee)[:2] for payee in (PROVIDER, OTHER)] == [(70_000, -70_000), (0, 70_000)]
    result = recompute(*books.given_to(organisation, settled))
    assert result.same, result


def test_posted_inputs_are_given_to_whom_they_were_posted() -> None:
    books, (*_, third) = settled_thrice(PROVIDER, OTHER)
    payees: dict[str, set[str]] = {}
    for who in (PAYER, PROVIDER, OTHER):
        facts = [row.fact for row in books.given_to(who, third)[1]]
        payees[who] = {item.payee for fact in facts if isinstance(fact, ItemsPosted) for item in fact.items}
    assert payees == {PAYER: {PROVIDER, OTHER}, PROVIDER: {PROVIDER}, OTHER: {OTHER}}


def test_who_was_paid_before_is_given_no_claim_of_what_another_is_paid_for() -> None:
    books, (*_, third) = settled_thrice(PROVIDER, OTHER)
    _, inputs = books.given_to(PROVIDER, third)
    days = {row.fact.achieved_on for row in inputs if hasattr(row.fact, "achieved_on")}
    assert days == {date(2026, 3, 1)}


def test_a_late_outcome_of_its_time_is_due_to_who_was_paid_then() -> None:
    books, _ = settled_thrice(PROVIDER, OTHER)
    books.verify(a_claim(9, day="2026-04-01"))
    settled = books.settle(kind="correction")
    assert [told(settled, payee)[1] for payee in (PROVIDER, OTHER)] == [10_000, 0]
    assert recompute(*books.given_to(PROVIDER, settled)).same


def test_a_rule_that_looks_at_all_is_computed_again_by_who_is_paid_and_who_was() -> None:
    def gate(payee: str) -> Any:
        return a_gate(a_threshold(a_measure("job", basis="count"), "ge", "6"), payee=payee)

    books = Books(paid_to(EVALUATOR, gate(PROVIDER)))
    books.verify(*(a_claim(n, day="2026-03-01") for n in SIX))
    books.settle(JULY)
    amended(books, paid_to(EVALUATOR, gate(OTHER)), JULY)
    books.verify(a_claim(7, day="2026-08-01"))
    settled = books.settle()
    shown = {payee: told(settled, payee)[:2] for payee in (PROVIDER, OTHER)}
    assert shown[PROVIDER][0] == 100_000
    for organisation in (PAYER, PROVIDER, OTHER):
        result = recompute(*books.given_to(organisation, settled))
        assert result.same, result


def test_who_reports_the_metric_is_shown_all_that_rests_on_it() -> None:
    reported = [a_metric("job", reported_by=OTHER)]
    parties = (PAYER, INVESTOR, PROVIDER, OTHER, EVALUATOR)
    books = Books(activated([a_rule("job")], metrics=reported, parties=parties))
    amended(books, activated([a_rule("job", payee=INVESTOR)], metrics=reported, parties=parties), JULY)
    books.verify(*(a_claim(n, day=day) for n, day in enumerate(["2026-03-01", "2026-08-01"])))
    settled = books.settle()
    assert told(settled, OTHER)[2] == {PROVIDER, INVESTOR}
    assert told(settled, PROVIDER)[2] == {PROVIDER}


def test_a_difference_says_whose_line_it_is() -> None:
    books = Books(paid_to(PROVIDER))
    amended(books, paid_to(OTHER), JULY)
    books.verify(*(a_claim(n, day="2026-03-01") for n in SIX), *(a_claim(n, day="2026-08-01") for n in SEVEN))
    given, inputs = books.given_to(PAYER, books.settle())
    content = json.loads(json.dumps(given.content).replace('"units": 7', '"units": 8'))
    (difference,) = recompute(replace(given, content=content), inputs).differences
    assert difference == f"job at 100.00 to {OTHER}, units: said 8, found 7"


@pytest.mark.parametrize(("organisation", "minor"), [(PROVIDER, 50_000), (OTHER, 70_000), (PAYER, 120_000)])
def test_where_a_contract_stands_is_told_to_each_payee_by_its_own(organisation: str, minor: int) -> None:
    books, _ = settled_thrice(PROVIDER, OTHER)
    audience = audience_of(books.history.all_versions, organisation)
    assert audience is not None
    (rule,) = position_of(books.basis, audience, YEAR.end).rules
    assert (rule.settled_minor, rule.entitled_minor) == (minor, minor)
