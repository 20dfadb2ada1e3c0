from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from contracts_service.domain.amendment import check_amendment
from services.core.terms.checks import TermsNotValid, check_terms
from services.core.terms.model import Agreement

from ..builders import an_agreement, an_amendment, an_offer

BEGAN_ON = date(2026, 1, 1)
Change = Callable[[dict[str, Any]], object]


def agreement(document: dict[str, Any]) -> Agreement:
    return an_offer(document).agreement


def faults(document: dict[str, Any], *earlier: dict[str, Any]) -> list[tuple[str, str, str]]:
    with pytest.raises(TermsNotValid) as refusal:
        check_amendment(agreement(document), [agreement(version) for version in earlier or (an_agreement(),)], BEGAN_ON)
    return [(fault.pointer, fault.code, fault.detail) for fault in refusal.value.errors]


MAY_CHANGE: dict[str, Change] = {
    "prices": lambda document: document["payment"]["rules"][0]["prices"][0]["price"].update(amount="90.00"),
    "the end of the outcome period": lambda document: document["outcomePeriod"].update(end="2028-06-01"),
    "who decides": lambda document: document["outcomes"]["metrics"][0].update(disputesDecidedBy="agreement"),
    "a party": lambda document: document["parties"].pop(3),
    "the first day of all": lambda document: document.update(effectiveFrom="2026-01-01"),
    "the last day of all": lambda document: document.update(effectiveFrom="2029-01-01"),
    "a rule's code": lambda document: document["payment"]["rules"][0].update(code="employed-2"),
}
CANNOT_CHANGE: dict[str, tuple[Change, str, str, str]] = {
    "the currency": (
        lambda document: document.update(currency="SEK"),
        "/currency",
        "currency-cannot-change",
        "DKK, as before.",
    ),
    "the time zone": (
        lambda document: document.update(timeZone="Europe/Oslo"),
        "/timeZone",
        "time-zone-cannot-change",
        "Europe/Copenhagen, as before.",
    ),
    "the start of the outcome period": (
        lambda document: document["outcomePeriod"].update(start="2026-02-01"),
        "/outcomePeriod/start",
        "outcome-start-cannot-change",
        "2026-01-01, as before.",
    ),
    "what a metric is about": (
        lambda document: document["outcomes"]["metrics"][0].update(subject="cohort"),
        "/outcomes/metrics/0/subject",
        "metric-cannot-change",
        "'participant', as before; what is measured otherwise has another code.",
    ),
    "what a metric reports": (
        lambda document: document["outcomes"]["metrics"][0].update(reports="measurement"),
        "/outcomes/metrics/0/reports",
        "metric-cannot-change",
        "'units', as before; what is measured otherwise has another code.",
    ),
    "what a rule pays for": (
        lambda document: document["payment"]["rules"][0].update(metric="other"),
        "/payment/rules/0/metric",
        "rule-cannot-change",
        "'employed', as before; a rule that pays otherwise has another code.",
    ),
    "what the money of a rule is": (
        lambda document: document["payment"]["rules"][0].update(nature="service"),
        "/payment/rules/0/nature",
        "rule-cannot-change",
        "'conditional_repayment', as before; a rule that pays otherwise has another code.",
    ),
    "a day before all terms": (
        lambda document: document.update(effectiveFrom="2025-12-31"),
        "/effectiveFrom",
        "effective-too-early",
        "Not before 2026-01-01: the first terms hold then.",
    ),
    "a day after the outcome period": (
        lambda document: document.update(effectiveFrom="2029-01-02"),
        "/effectiveFrom",
        "effective-too-late",
        "Not after 2029-01-01, the outcome period's end.",
    ),
}


def a_milestone(code: str) -> dict[str, Any]:
    rule = an_agreement()["payment"]["rules"][0]
    kept = {name: rule[name] for name in ("payee", "nature", "vat")}
    return {
        "kind": "milestone",
        "code": code,
        "metric": "employed",
        **kept,
        "amount": {"amount": "1.00", "currency": "DKK"},
    }


@pytest.mark.parametrize("name", MAY_CHANGE)
def test_an_amendment_may_change(name: str) -> None:
    document = an_amendment()
    MAY_CHANGE[name](document)
    check_amendment(agreement(document), [agreement(an_agreement())], BEGAN_ON)


@pytest.mark.parametrize("name", CANNOT_CHANGE)
def test_an_amendment_cannot_change(name: str) -> None:
    change, *fault = CANNOT_CHANGE[name]
    document = an_amendment()
    change(document)
    assert faults(document) == [tuple(fault)]


def test_a_rule_keeps_its_kind() -> None:
    document = an_amendment()
    document["payment"]["rules"] = [a_milestone("employed")]
    fault = (
        "/payment/rules/0/kind",
        "rule-cannot-change",
        "'unit_price', as before; a rule that pays otherwise has another code.",
    )
    assert faults(document) == [fault]


def test_a_code_that_comes_back_means_what_it_meant() -> None:
    without = an_amendment()
    without["outcomes"]["metrics"][0]["code"] = without["payment"]["rules"][0]["metric"] = "hired"
    without["payment"]["rules"][0]["code"] = "hired"
    again = an_amendment()
    again["outcomes"]["metrics"][0]["subject"] = "site"
    assert [fault[1] for fault in faults(again, an_agreement(), without)] == ["metric-cannot-change"]


def test_every_fault_is_named_at_once() -> None:
    document = an_amendment(currency="SEK", timeZone="Europe/Oslo", effectiveFrom="2025-01-01")
    assert [fault[0] for fault in faults(document)] == ["/currency", "/timeZone", "/effectiveFrom"]


def test_first_terms_hold_from_the_outcome_periods_start_and_an_amendment_from_any_day() -> None:
    check_terms(agreement(an_amendment()), amends=True)
    with pytest.raises(TermsNotValid) as refusal:
        check_terms(agreement(an_amendment()))
    assert [fault.code for fault in refusal.value.errors] == ["effective-too-late"]
