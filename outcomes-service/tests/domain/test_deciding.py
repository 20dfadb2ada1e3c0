"""Tests: verification, dispute, withdrawal and correction: who, when, and what is told."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Literal

import pytest

from outcomes_service.domain.claim import TRANSITIONS, Claim, Reason, State, Verdict
from outcomes_service.domain.contract import ClaimsClosed, Contract
from outcomes_service.domain.deciding import (
    DeciderNotAllowed,
    DisputeFinal,
    DisputeTooLate,
    NotInThisState,
    ReasonRequired,
    ReporterNotAllowed,
    VerifierNotAllowed,
    decide_dispute,
    dispute,
    supersede,
    verify,
    withdraw,
)
from services.core.access import RoleNotAllowed
from services.core.errors import StaleVersion
from services.events.outcomes import (
    OutcomeDisputed,
    OutcomeDisputeDecided,
    OutcomeRejected,
    OutcomeReturned,
    OutcomeSuperseded,
    OutcomeVerified,
    OutcomeWithdrawn,
)

from ..builders import CONTRACT_ID, EVALUATOR, INVESTOR, NOW, PAYER, PROVIDER, a_contract, a_kept_claim

CONTRACT = a_contract()
SECOND: tuple[Literal["verified", "rejected"], ...] = ("verified", "rejected")


def verified(contract: Contract = CONTRACT, metric: str = "employed", verdict: Verdict = "verified") -> Claim:
    claim = a_kept_claim(contract, metric)
    by = contract.terms[0].metrics[metric].verified_by
    change = verify(contract, claim, by, verdict, None if verdict == "verified" else "wrong_date", 1, NOW)
    assert change is not None
    return change.claim


def disputed(metric: str = "employed", verdict: Verdict = "verified") -> Claim:
    return dispute(CONTRACT, verified(CONTRACT, metric, verdict), PROVIDER, "not_achieved", 2, NOW).claim


def in_state(state: State) -> Claim:
    if state == "disputed":
        return disputed()
    if state in ("verified", "rejected", "returned"):
        return verified(verdict=state)
    return replace(a_kept_claim(CONTRACT), state=state)


VERDICTS: tuple[tuple[Verdict, type], ...] = (
    ("verified", OutcomeVerified),
    ("rejected", OutcomeRejected),
    ("returned", OutcomeReturned),
)


@pytest.mark.parametrize(("verdict", "fact"), VERDICTS)
def test_the_verifier_decides_and_it_is_told(verdict: Verdict, fact: type) -> None:
    reason: Reason | None = None if verdict == "verified" else "evidence_missing"
    change = verify(CONTRACT, a_kept_claim(CONTRACT), PAYER, verdict, reason, 1, NOW)
    assert change is not None
    assert (change.claim.state, change.claim.revision) == (verdict, 2)
    why = {"reason": reason} if reason else {}
    assert change.facts == (
        fact(contract_id=CONTRACT_ID, claim_id=change.claim.id, decided_by=PAYER, decided_at=NOW, **why),
    )
    assert change.claim.decision == change.records[0]


@pytest.mark.parametrize("by", [PROVIDER, EVALUATOR, INVESTOR])
def test_nobody_but_the_verifier_verifies(by: str) -> None:
    with pytest.raises(VerifierNotAllowed):
        verify(CONTRACT, a_kept_claim(CONTRACT), by, "verified", None, 1, NOW)


@pytest.mark.parametrize("verdict", ["rejected", "returned"])
def test_anything_but_verified_needs_a_reason(verdict: Verdict) -> None:
    with pytest.raises(ReasonRequired):
        verify(CONTRACT, a_kept_claim(CONTRACT), PAYER, verdict, None, 1, NOW)


def test_the_same_decision_again_is_no_change_whatever_revision_was_read() -> None:
    claim = verified(verdict="rejected")
    assert verify(CONTRACT, claim, PAYER, "rejected", "wrong_date", 1, NOW) is None
    assert verify(CONTRACT, disputed(verdict="rejected"), PAYER, "rejected", "wrong_date", 9, NOW) is None


def test_another_decision_on_an_older_revision_is_stale() -> None:
    with pytest.raises(StaleVersion):
        verify(CONTRACT, verified(), PAYER, "rejected", "wrong_date", 1, NOW)
    with pytest.raises(StaleVersion):
        verify(CONTRACT, verified(verdict="rejected"), PAYER, "rejected", "duplicate", 1, NOW)


def test_who_a_claim_went_on_to_decides_as_the_verifier_until_one_of_them_has() -> None:
    claim = replace(a_kept_claim(CONTRACT), escalated_at=NOW, escalated_to=EVALUATOR)
    for by, verdict in ((EVALUATOR, "rejected"), (PAYER, "returned")):
        change = verify(CONTRACT, claim, by, verdict, "wrong_date", 1, NOW)  # type: ignore[arg-type]
        assert change is not None
        assert (change.claim.state, change.records[0].said_by) == (verdict, (by,))
        for late in (EVALUATOR, PAYER):
            with pytest.raises(NotInThisState):
                verify(CONTRACT, change.claim, late, "verified", None, 2, NOW)
    with pytest.raises(VerifierNotAllowed):
        verify(CONTRACT, claim, PROVIDER, "verified", None, 1, NOW)


def commands(claim: Claim, contract: Contract = CONTRACT, now: Any = NOW) -> dict[str, Any]:
    """Every command on a claim of the metric `employed`, by who may give it, on its revision."""
    read = claim.revision
    return {
        "verify": lambda: verify(contract, claim, PAYER, "verified", None, read, now),
        "reject": lambda: verify(contract, claim, PAYER, "rejected", "wrong_units", read, now),
        "return": lambda: verify(contract, claim, PAYER, "returned", "wrong_units", read, now),
        "dispute": lambda: dispute(contract, claim, PROVIDER, "not_achieved", read, now),
        "decide_verified": lambda: decide_dispute(contract, claim, EVALUATOR, "verified", None, read, now),
        "decide_rejected": lambda: decide_dispute(contract, claim, EVALUATOR, "rejected", "wrong_date", read, now),
        "withdraw": lambda: withdraw(contract, claim, PROVIDER, read, now),
        "correct": lambda: supersede(contract, claim, PROVIDER, CONTRACT_ID, read, now),
    }


STATES: tuple[State, ...] = ("submitted", "verified", "rejected", "returned", "disputed", "withdrawn", "superseded")


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("command", commands(a_kept_claim(CONTRACT)))
def test_a_command_does_what_the_table_says_and_nothing_else(state: State, command: str) -> None:
    claim = in_state(state)
    do = commands(claim)[command]
    row = next((row for row in TRANSITIONS if (row.start, row.command) == (state, command)), None)
    if row is None and command == "verify" and state in ("verified", "disputed"):
        assert do() is None  # it had decided just so
    elif row is None:
        with pytest.raises(NotInThisState):
            do()
    else:
        change = do()
        assert (change.claim.state, change.claim.revision) == (row.end, claim.revision + 1)
        assert [type(fact) for fact in change.facts] == [row.fact]


@pytest.mark.parametrize("command", ["verify", "withdraw", "correct"])
def test_commands_go_on_until_claims_close_where_the_contract_lives(command: str) -> None:
    contract = a_contract(claims_close_on=date(2024, 7, 1))
    still = NOW.replace(hour=21, minute=59)
    assert commands(a_kept_claim(contract), contract, still)[command]() is not None
    with pytest.raises(ClaimsClosed):
        commands(a_kept_claim(contract), contract, still + timedelta(minutes=1))[command]()


@pytest.mark.parametrize("by", [PAYER, PROVIDER])
def test_payer_and_provider_dispute_and_what_was_decided_stands(by: str) -> None:
    change = dispute(CONTRACT, verified(), by, "not_achieved", 2, NOW)
    assert change.claim.state == "disputed"
    assert change.claim.decision is not None
    assert change.claim.decision.verdict == "verified"
    assert change.facts == (
        OutcomeDisputed(
            contract_id=CONTRACT_ID,
            claim_id=change.claim.id,
            disputed_by=by,
            disputed_at=NOW,
            reason="not_achieved",
        ),
    )


@pytest.mark.parametrize("by", [EVALUATOR, INVESTOR])
def test_others_do_not_dispute(by: str) -> None:
    with pytest.raises(RoleNotAllowed):
        dispute(CONTRACT, verified(), by, "not_achieved", 2, NOW)


def test_a_dispute_has_its_deadline_where_the_contract_lives() -> None:
    last = NOW + timedelta(days=30)
    assert dispute(CONTRACT, verified(), PAYER, "not_achieved", 2, last.replace(hour=21)).claim.state == "disputed"
    with pytest.raises(DisputeTooLate):
        dispute(CONTRACT, verified(), PAYER, "not_achieved", 2, last.replace(hour=22))


@pytest.mark.parametrize("verdict", SECOND)
def test_the_decider_decides_and_that_is_final(verdict: Literal["verified", "rejected"]) -> None:
    change = decide_dispute(CONTRACT, disputed(), EVALUATOR, verdict, "wrong_date", 3, NOW)
    assert change.claim.state == verdict
    assert change.facts == (
        OutcomeDisputeDecided(
            contract_id=CONTRACT_ID,
            claim_id=change.claim.id,
            decision=verdict,
            decided_by=(EVALUATOR,),
            decided_at=NOW,
            reason="wrong_date",
        ),
    )
    with pytest.raises(DisputeFinal):
        dispute(CONTRACT, change.claim, PAYER, "not_achieved", 4, NOW)


@pytest.mark.parametrize("by", [PAYER, PROVIDER, INVESTOR])
def test_nobody_else_decides_a_dispute(by: str) -> None:
    with pytest.raises(DeciderNotAllowed):
        decide_dispute(CONTRACT, disputed(), by, "verified", None, 3, NOW)


def test_what_was_decided_after_an_escalation_another_organisation_decides_on() -> None:
    escalated = replace(a_kept_claim(CONTRACT, "escalated"), escalated_at=NOW, escalated_to=EVALUATOR)
    change = verify(CONTRACT, escalated, EVALUATOR, "verified", None, 1, NOW)
    assert change is not None
    contested = dispute(CONTRACT, change.claim, PAYER, "not_achieved", 2, NOW).claim
    for by in (EVALUATOR, PROVIDER, INVESTOR):
        with pytest.raises(DeciderNotAllowed):
            decide_dispute(CONTRACT, contested, by, "rejected", "not_achieved", 3, NOW)
    decided = decide_dispute(CONTRACT, contested, PAYER, "rejected", "not_achieved", 3, NOW)
    assert (decided.claim.state, decided.facts[0].decided_by) == ("rejected", (PAYER,))


def test_where_the_verifier_decided_although_it_was_escalated_the_decider_decides() -> None:
    escalated = replace(a_kept_claim(CONTRACT, "escalated"), escalated_at=NOW, escalated_to=EVALUATOR)
    change = verify(CONTRACT, escalated, PAYER, "verified", None, 1, NOW)
    assert change is not None
    contested = dispute(CONTRACT, change.claim, PROVIDER, "not_achieved", 2, NOW).claim
    with pytest.raises(DeciderNotAllowed):
        decide_dispute(CONTRACT, contested, PAYER, "verified", None, 3, NOW)
    assert decide_dispute(CONTRACT, contested, EVALUATOR, "verified", None, 3, NOW).claim.state == "verified"


def test_a_rejection_in_a_dispute_needs_a_reason_and_a_verification_has_that_of_the_dispute() -> None:
    with pytest.raises(ReasonRequired):
        decide_dispute(CONTRACT, disputed(), EVALUATOR, "rejected", None, 3, NOW)
    (fact,) = decide_dispute(CONTRACT, disputed(), EVALUATOR, "verified", None, 3, NOW).facts
    assert fact.reason == "not_achieved"


def test_by_agreement_it_is_decided_when_both_state_the_same() -> None:
    claim = disputed("agreed")
    first = decide_dispute(CONTRACT, claim, PROVIDER, "verified", None, 3, NOW)
    assert (first.claim.state, first.claim.revision, first.facts) == ("disputed", 4, ())
    other = decide_dispute(CONTRACT, first.claim, PAYER, "rejected", "wrong_date", 4, NOW)
    assert (other.claim.state, other.facts) == ("disputed", ())
    agreed = decide_dispute(CONTRACT, other.claim, PROVIDER, "rejected", "wrong_date", 5, NOW)
    assert agreed.claim.state == "rejected"
    (fact,) = agreed.facts
    assert (fact.decision, fact.decided_by) == ("rejected", (PROVIDER, PAYER))
    contested = agreed.claim.dispute
    assert contested is not None
    assert [record.verdict for record in contested.statements] == ["rejected", "rejected"]
    assert contested.decision is not None


def test_one_party_alone_does_not_agree() -> None:
    first = decide_dispute(CONTRACT, disputed("agreed"), PROVIDER, "verified", None, 3, NOW)
    again = decide_dispute(CONTRACT, first.claim, PROVIDER, "verified", None, 4, NOW)
    assert again.claim.state == "disputed"
    with pytest.raises(DeciderNotAllowed):
        decide_dispute(CONTRACT, first.claim, EVALUATOR, "verified", None, 4, NOW)


@pytest.mark.parametrize("command", [withdraw, supersede])
@pytest.mark.parametrize("by", [PAYER, EVALUATOR])
def test_only_the_reporter_takes_back_and_corrects(command: Any, by: str) -> None:
    more = () if command is withdraw else (CONTRACT_ID,)
    with pytest.raises(ReporterNotAllowed):
        command(CONTRACT, a_kept_claim(CONTRACT), by, *more, 1, NOW)


def test_a_withdrawal_and_a_correction_are_told() -> None:
    claim = verified()
    (fact,) = withdraw(CONTRACT, claim, PROVIDER, 2, NOW).facts
    assert fact == OutcomeWithdrawn(contract_id=CONTRACT_ID, claim_id=claim.id, withdrawn_at=NOW)
    change = supersede(CONTRACT, claim, PROVIDER, CONTRACT_ID, 2, NOW)
    assert change.claim.superseded_by == CONTRACT_ID
    assert change.facts == (OutcomeSuperseded(contract_id=CONTRACT_ID, claim_id=claim.id, superseded_by=CONTRACT_ID),)
