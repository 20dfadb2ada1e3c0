"""Tests: why an amount is what it is, and who decided it."""

from typing import Any, Literal

import pytest

from services.events.outcomes import OutcomeDisputed, OutcomeDisputeDecided, OutcomeWithdrawn
from settlement_service.domain.explanation import explain, tree_of
from settlement_service.domain.items import NotPayable
from settlement_service.domain.words import REASONS
from settlement_service.domain.working import holds_together

from ..books import Books
from ..builders import EVALUATOR, NOON, PAYER, PROVIDER, a_cap, a_claim, a_rule, activated, claimed, verified


def test_an_item_that_a_cap_cut_in_part() -> None:
    books = Books(activated([a_rule("job", max_units_per_person=3)], [a_cap("contract", 25_000)]))
    claim = a_claim(1, units=4)
    books.verify(claim)
    (change,) = books.settle().changes
    told = explain(books.history, books.terms, 7, change)
    assert told["item"] == 7
    assert told["claim"] == {
        "id": str(claim.id),
        "occurrence": "1",
        "achievedOn": "2026-03-01",
        "units": 4,
        "reportedBy": PROVIDER,
    }
    assert told["decision"] == {"result": "verified", "decidedBy": [PAYER], "decidedAt": "2026-06-01T12:00:00Z"}
    assert told["now"] == {
        "units": 3,
        "gross": kr("300.00"),
        "cut": [{"cap": "contract", "limit": kr("250.00"), "amount": kr("50.00")}],
        "amount": kr("250.00"),
    }
    assert told["amount"] == kr("250.00")
    for part in (
        "100.00 DKK",
        "Has a job",
        "Of 4 units claimed, 3",
        "Taken off: 50.00 DKK (the cap on the contract of 250.00 DKK)",
        f"decided by {PAYER}",
    ):
        assert part in told["text"]
    assert "Af 4 indberettede enheder kan 3 endnu betales." in told["textInDanish"]
    tree = tree_of(books.terms, books.terms, books.history.rules["job"], change)
    assert (holds_together(tree), tree.value) == (True, 250)


def test_an_item_whose_claim_was_accepted_because_nobody_had_decided() -> None:
    books, claim = Books(activated()), a_claim(1)
    books.tell(claimed(books.contract_id, claim), verified(books.contract_id, claim, deemed=True))
    (change,) = books.settle().changes
    told = explain(books.history, books.terms, 1, change)
    decision = {"result": "verified", "decidedBy": [PAYER], "decidedAt": "2026-06-01T12:00:00Z", "deemed": True}
    assert told["decision"] == decision
    assert f"accepted on 2026-06-01, because nobody had decided in time: {PAYER} was to." in told["text"]
    assert f"fordi ingen havde afgjort den i tide: det skulle {PAYER} have gjort." in told["textInDanish"]
    assert "decided by" not in told["text"]


@pytest.mark.parametrize("decision", ["verified", "rejected"])
def test_what_was_decided_in_a_dispute_is_deemed_no_more(decision: Literal["verified", "rejected"]) -> None:
    books, claim = Books(activated()), a_claim(1)
    about: dict[str, Any] = {"contract_id": books.contract_id, "claim_id": claim.id}
    books.tell(claimed(books.contract_id, claim), verified(books.contract_id, claim, deemed=True))
    if decision == "rejected":
        books.settle()
    books.tell(OutcomeDisputed(**about, disputed_by=PAYER, disputed_at=NOON, reason="not_achieved"))
    by: dict[str, Any] = {"decided_by": (EVALUATOR,), "decided_at": NOON, "reason": "not_achieved"}
    books.tell(OutcomeDisputeDecided(**about, **by, decision=decision))
    (change,) = books.settle().changes
    told = explain(books.history, books.terms, 1, change)
    assert "deemed" not in told["decision"]
    assert f"decided by {EVALUATOR}" in told["text"]


def test_an_item_that_is_taken_back() -> None:
    books, claim = Books(activated()), a_claim(1)
    books.verify(claim)
    books.settle()
    books.tell(OutcomeWithdrawn(contract_id=books.contract_id, claim_id=claim.id, withdrawn_at=NOON))
    (change,) = books.settle(kind="correction").changes
    told = explain(books.history, books.terms, 1, change)
    assert (told["decision"]["result"], told["amount"]) == ("withdrawn", kr("-100.00"))
    assert "the claim was withdrawn" in told["text"]
    assert f"which {PROVIDER} owes back" in told["text"]


@pytest.mark.parametrize("reason", NotPayable.__args__)  # type: ignore[attr-defined]
def test_every_reason_has_its_words(reason: str) -> None:
    assert REASONS["en"][reason]
    assert REASONS["da"][reason]


def kr(amount: str) -> dict[str, Any]:
    return {"amount": amount, "currency": "DKK"}
