from dataclasses import replace
from datetime import date

import pytest

from contracts_service.domain.contract import (
    AlreadySigned,
    Contract,
    OrganisationNotRegistered,
    TerminationDateNotAllowed,
    TermsVersionStale,
    activate,
    activated,
    check_drafter,
    propose,
    reopen,
    sign,
    terminate,
    with_terms,
)
from contracts_service.domain.lifecycle import ContractNotInState, State
from services.core.access import RoleNotAllowed
from services.core.errors import NotFound
from services.events.contracts import ContractActivated, ContractProposed, ContractSigned, ContractTerminated

from ..builders import (
    EVALUATOR,
    INVESTOR,
    NAMES,
    NOW,
    PARTIES,
    PAYER,
    PROVIDER,
    STRANGER,
    a_contract,
    a_signature,
    an_offer,
    sealed_terms,
)


def test_a_new_contract_is_a_draft_that_nobody_was_told_of() -> None:
    contract = a_contract()
    assert (contract.state, contract.revision, contract.terms.version, contract.terms.state) == ("draft", 1, 1, "draft")


def test_who_drafts_is_a_payer_of_the_contract() -> None:
    agreement = an_offer().agreement
    check_drafter(agreement, PAYER, NAMES)
    for other in (INVESTOR, STRANGER):
        with pytest.raises(RoleNotAllowed):
            check_drafter(agreement, other, NAMES)


def test_every_party_stands_in_the_directory() -> None:
    known = {PAYER: NAMES[PAYER], PROVIDER: NAMES[PROVIDER]}
    with pytest.raises(OrganisationNotRegistered) as refusal:
        check_drafter(an_offer().agreement, PAYER, known)
    assert [fault.pointer for fault in refusal.value.errors] == [
        "/parties/1/organisationId",
        "/parties/3/organisationId",
    ]


def test_a_proposal_tells_the_root_and_the_parties_by_name() -> None:
    contract = a_contract()
    proposed, facts = propose(contract, PAYER)
    assert (proposed.state, proposed.terms.state, proposed.revision) == ("proposed", "proposed", 2)
    assert facts == (
        ContractProposed(
            contract_id=contract.id, version=1, root=contract.terms.root, parties=contract.named_parties()
        ),
    )
    assert [(party.organisation_id, party.name) for party in facts[0].parties] == [(id_, NAMES[id_]) for id_ in PARTIES]


def test_the_contract_is_signed_with_the_last_signature_in_whatever_order() -> None:
    for order in (PARTIES, tuple(reversed(PARTIES))):
        contract = a_contract("proposed")
        for place, organisation in enumerate(order, start=1):
            contract, facts = sign(contract, a_signature(contract, organisation))
            assert contract.state == ("signed" if place == len(order) else "proposed")
            assert facts == (
                ContractSigned(
                    contract_id=contract.id,
                    version=1,
                    root=contract.terms.root,
                    organisation_id=organisation,
                    signed_at=NOW,
                ),
            )
        assert contract.terms.state == "signed"
        assert {one.organisation_id for one in contract.signatures} == set(PARTIES)


@pytest.mark.parametrize("other", [{"version": 2}, {"root": "0" * 64}], ids=["another version", "another root"])
@pytest.mark.parametrize("state", ["draft", "proposed", "signed"])
def test_what_is_not_offered_now_cannot_be_signed(state: State, other: dict[str, object]) -> None:
    contract = a_contract(state)
    with pytest.raises(TermsVersionStale) as refusal:
        sign(contract, a_signature(contract, INVESTOR, **other))
    assert "Read the terms again" in refusal.value.detail


@pytest.mark.parametrize("state", ["proposed", "signed"])
def test_a_party_signs_once(state: State) -> None:
    contract = a_contract(state, signed_by=(INVESTOR,))
    with pytest.raises(AlreadySigned):
        sign(contract, a_signature(contract, INVESTOR))


def test_a_draft_is_not_signed() -> None:
    contract = a_contract("draft")
    with pytest.raises(ContractNotInState):
        sign(contract, a_signature(contract, INVESTOR))


def test_who_is_no_party_signs_nothing_whatever_it_sends() -> None:
    contract = a_contract("proposed")
    for other in ({}, {"version": 7}):
        with pytest.raises(NotFound):
            sign(contract, a_signature(contract, STRANGER, **other))


def test_new_terms_make_a_draft_and_let_signatures_fall() -> None:
    contract = a_contract("proposed", signed_by=(PAYER, INVESTOR))
    reopened = reopen(contract, PAYER)
    assert (reopened.state, reopened.terms.version, reopened.terms.state) == ("draft", 1, "replaced")
    redrafted = with_terms(reopened, sealed_terms(version=2), NAMES)
    assert (redrafted.state, redrafted.terms.version, redrafted.terms.state) == ("draft", 2, "draft")
    assert (redrafted.signatures, redrafted.revision) == ((), contract.revision + 1)
    proposed, _ = propose(redrafted, PAYER)
    signed, _ = sign(proposed, a_signature(proposed, INVESTOR))
    assert [one.version for one in signed.signatures] == [2]


@pytest.mark.parametrize("state", ["signed", "active"])
def test_signed_terms_are_not_written_anew(state: State) -> None:
    with pytest.raises(ContractNotInState):
        reopen(a_contract(state), PAYER)


def test_activation_tells_all_that_was_signed() -> None:
    contract = activate(a_contract("signed"), PAYER)
    assert (contract.state, contract.terms.state) == ("active", "effective")
    agreement = an_offer().agreement
    (said,) = activated(contract, agreement)
    assert isinstance(said, ContractActivated)
    assert (said.title, said.root, said.parties) == ("Into work", contract.terms.root, contract.named_parties())
    assert (said.outcomes, said.payment) == (agreement.outcomes, agreement.payment)
    assert (said.service_period, said.outcome_period) == (agreement.service_period, agreement.outcome_period)


def test_a_contract_that_not_everybody_signed_is_not_activated() -> None:
    with pytest.raises(ContractNotInState):
        activate(a_contract("proposed", signed_by=PARTIES[:3]), PAYER)


@pytest.mark.parametrize("organisation", [INVESTOR, PROVIDER, EVALUATOR])
def test_only_the_payer_leads_the_contract(organisation: str) -> None:
    for deed in (
        lambda: reopen(a_contract("draft"), organisation),
        lambda: propose(a_contract("draft"), organisation),
        lambda: activate(a_contract("signed"), organisation),
        lambda: terminate(a_contract("active"), organisation, date(2027, 1, 1)),
    ):
        with pytest.raises(RoleNotAllowed):
            deed()


@pytest.mark.parametrize("day", [date(2026, 1, 1), date(2027, 3, 31), date(2029, 1, 1)])
@pytest.mark.parametrize("state", ["signed", "active"])
def test_a_contract_ends_within_its_time(state: State, day: date) -> None:
    contract, facts = terminate(a_contract(state), PAYER, day)
    assert (contract.state, contract.terminated_on) == ("terminated", day)
    assert facts == (ContractTerminated(contract_id=contract.id, terminated_on=day),)


@pytest.mark.parametrize("day", [date(2025, 12, 31), date(2029, 1, 2)])
def test_a_contract_does_not_end_outside_its_time(day: date) -> None:
    with pytest.raises(TerminationDateNotAllowed) as refusal:
        terminate(a_contract("active"), PAYER, day)
    (fault,) = refusal.value.errors
    assert (fault.pointer, fault.detail) == ("/terminatedOn", "From 2026-01-01 to 2029-01-01.")


@pytest.mark.parametrize("state", ["draft", "proposed"])
def test_what_is_not_signed_is_not_terminated(state: State) -> None:
    with pytest.raises(ContractNotInState):
        terminate(a_contract(state), PAYER, date(2027, 1, 1))


def test_a_suspended_contract_may_end() -> None:
    suspended: Contract = replace(a_contract("active"), state="suspended")
    assert terminate(suspended, PAYER, date(2027, 1, 1))[0].state == "terminated"
