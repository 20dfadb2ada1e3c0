from datetime import date

import pytest

from contracts_service.domain.agreeing import (
    AlreadySigned,
    OrganisationNotRegistered,
    TermsVersionStale,
    activate,
    activated,
    check_drafter,
    check_registered,
    propose,
    reopen,
    sign,
    with_terms,
)
from contracts_service.domain.lifecycle import ContractNotInState, State
from contracts_service.domain.running import terminate
from services.core.access import RoleNotAllowed
from services.core.errors import NotFound
from services.events.contracts import ContractActivated, ContractProposed, ContractSigned

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
    assert (contract.state, contract.revision, contract.newest.terms.version, contract.newest.terms.state) == (
        "draft",
        1,
        1,
        "draft",
    )


def test_who_drafts_is_a_payer_of_the_contract() -> None:
    agreement = an_offer().agreement
    check_drafter(agreement, PAYER)
    for other in (INVESTOR, STRANGER):
        with pytest.raises(RoleNotAllowed):
            check_drafter(agreement, other)


def test_every_party_stands_in_the_directory() -> None:
    known = {PAYER: NAMES[PAYER], PROVIDER: NAMES[PROVIDER]}
    with pytest.raises(OrganisationNotRegistered) as refusal:
        check_registered(an_offer().agreement, known)
    assert [fault.pointer for fault in refusal.value.errors] == [
        "/parties/1/organisationId",
        "/parties/3/organisationId",
    ]


def test_a_proposal_tells_the_root_and_the_parties_by_name() -> None:
    contract = a_contract()
    proposed, facts = propose(contract, PAYER)
    assert (proposed.state, proposed.newest.terms.state, proposed.revision) == ("proposed", "proposed", 2)
    assert facts == (
        ContractProposed(
            contract_id=contract.id,
            version=1,
            root=contract.newest.terms.root,
            parties=contract.named_parties(contract.newest),
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
                    root=contract.newest.terms.root,
                    organisation_id=organisation,
                    signed_at=NOW,
                ),
            )
        assert contract.newest.terms.state == "signed"
        assert {signature.organisation_id for signature in contract.newest.signatures} == set(PARTIES)


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
    assert (reopened.state, reopened.newest.terms.version, reopened.newest.terms.state) == ("draft", 1, "replaced")
    redrafted = with_terms(reopened, sealed_terms(version=2), NAMES)
    assert (redrafted.state, redrafted.newest.terms.version, redrafted.newest.terms.state) == ("draft", 2, "draft")
    assert (redrafted.newest.signatures, redrafted.revision) == ((), contract.revision + 1)
    proposed, _ = propose(redrafted, PAYER)
    signed, _ = sign(proposed, a_signature(proposed, INVESTOR))
    assert [signature.version for signature in signed.newest.signatures] == [2]


def test_signed_terms_are_not_written_anew() -> None:
    with pytest.raises(ContractNotInState):
        reopen(a_contract("signed"), PAYER)


def test_activation_tells_all_that_was_signed() -> None:
    signed = a_contract("signed")
    contract = activate(signed, PAYER)
    assert (contract.state, contract.newest.terms.state) == ("active", "effective")
    agreement = an_offer().agreement
    (fact,) = activated(signed, contract, agreement)
    assert isinstance(fact, ContractActivated)
    assert (fact.title, fact.root, fact.parties) == (
        "Into work",
        contract.newest.terms.root,
        contract.named_parties(contract.newest),
    )
    assert (fact.outcomes, fact.payment) == (agreement.outcomes, agreement.payment)
    assert (fact.service_period, fact.outcome_period) == (agreement.service_period, agreement.outcome_period)


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
