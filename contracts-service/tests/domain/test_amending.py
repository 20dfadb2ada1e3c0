from datetime import date

import pytest

from contracts_service.domain.agreeing import (
    AlreadySigned,
    TermsVersionStale,
    activate,
    activated,
    propose,
    reopen,
    sign,
)
from contracts_service.domain.contract import Contract, Version
from contracts_service.domain.lifecycle import ContractNotInState, State, TermsNotInState
from contracts_service.domain.running import suspend, terminate
from services.core.access import RoleNotAllowed
from services.core.errors import NotFound
from services.events.contracts import ContractAmended, ContractProposed, ContractSigned

from ..builders import (
    EVALUATOR,
    INVESTOR,
    NOW,
    PARTIES,
    PAYER,
    PROVIDER,
    STRANGER,
    a_contract,
    a_signature,
    amending,
    an_amendment,
    an_offer,
    another_evaluator,
)


def in_effect(contract: Contract) -> Version:
    assert contract.in_effect
    return contract.in_effect


@pytest.mark.parametrize("state", ["active", "suspended"])
def test_an_amendment_goes_its_way_beside_the_terms_in_effect(state: State) -> None:
    contract = a_contract(state)
    first = in_effect(contract)
    under_way = amending(contract)
    assert (under_way.state, under_way.in_effect, under_way.amendment) == (state, first, under_way.newest)
    assert (under_way.newest.terms.version, under_way.newest.terms.state) == (2, "proposed")
    for organisation in PARTIES:
        under_way, facts = sign(under_way, a_signature(under_way, organisation))
        assert facts == (
            ContractSigned(
                contract_id=contract.id,
                version=2,
                root=under_way.newest.terms.root,
                organisation_id=organisation,
                signed_at=NOW,
            ),
        )
        assert (under_way.state, under_way.in_effect) == (state, first)
    assert under_way.newest.terms.state == "signed"
    amended = activate(under_way, PAYER)
    assert (amended.state, amended.amendment, amended.in_effect) == (state, None, amended.newest)
    assert (amended.newest.terms.version, amended.newest.terms.state) == (2, "effective")
    assert (amended.began_on, amended.members) == (date(2026, 1, 1), PARTIES)


def test_an_amendment_is_offered_by_its_own_root_and_parties() -> None:
    contract = amending(a_contract("active"), another_evaluator())
    draft = amending(contract)
    assert (draft.newest.terms.version, draft.newest.signatures) == (3, ())
    reopened = reopen(contract, PAYER)
    assert (reopened.newest.terms.state, reopened.in_effect) == ("replaced", contract.in_effect)
    fact = ContractProposed(
        contract_id=contract.id,
        version=2,
        root=contract.newest.terms.root,
        parties=contract.named_parties(contract.newest),
    )
    assert [party.organisation_id for party in fact.parties] == [PAYER, INVESTOR, PROVIDER, STRANGER]


def test_an_amendment_in_effect_tells_all_that_was_signed() -> None:
    contract = amending(a_contract("active"), signed_by=PARTIES)
    agreement = an_offer(an_amendment()).agreement
    (fact,) = activated(contract, activate(contract, PAYER), agreement)
    assert isinstance(fact, ContractAmended)
    assert (fact.version, fact.root, fact.effective_from) == (2, contract.newest.terms.root, date(2027, 1, 1))
    assert (fact.outcomes, fact.payment) == (agreement.outcomes, agreement.payment)


def test_only_one_version_is_under_way_and_a_signed_one_is_not_written_anew() -> None:
    signed = amending(a_contract("active"), signed_by=PARTIES)
    with pytest.raises(TermsNotInState):
        reopen(signed, PAYER)
    with pytest.raises(TermsNotInState):
        activate(amending(a_contract("active"), signed_by=PARTIES[:3]), PAYER)
    with pytest.raises(TermsNotInState) as refusal:
        propose(a_contract("active"), PAYER)
    assert refusal.value.detail == "This is possible while the newest version is: draft. It is effective."


def test_what_is_in_effect_is_not_signed_for_an_amendment() -> None:
    contract = a_contract("active")
    with pytest.raises(AlreadySigned):
        sign(contract, a_signature(contract, INVESTOR))
    under_way = amending(contract)
    with pytest.raises(TermsVersionStale):
        sign(under_way, a_signature(contract, INVESTOR))


def test_a_contract_that_has_ended_is_not_amended_any_more() -> None:
    ended, _ = terminate(amending(a_contract("active"), signed_by=PARTIES), PAYER, date(2027, 1, 1))
    with pytest.raises(ContractNotInState):
        activate(ended, PAYER)
    with pytest.raises(ContractNotInState):
        reopen(ended, PAYER)


def test_who_leaves_and_who_comes_in_sign_as_well() -> None:
    contract = amending(a_contract("active"), another_evaluator(), signed_by=(PAYER, INVESTOR, PROVIDER, STRANGER))
    assert contract.newest.terms.signatories == (PAYER, INVESTOR, PROVIDER, STRANGER, EVALUATOR)
    assert (contract.newest.terms.leaving, contract.newest.terms.state) == ((EVALUATOR,), "proposed")
    contract, _ = sign(contract, a_signature(contract, EVALUATOR))
    assert contract.newest.terms.state == "signed"
    amended = activate(contract, PAYER)
    assert set(amended.members) == {*PARTIES, STRANGER} == set(amended.readers())


def test_who_left_does_nothing_any_more() -> None:
    everybody = (PAYER, INVESTOR, PROVIDER, STRANGER, EVALUATOR)
    amended = activate(amending(a_contract("active"), another_evaluator(), signed_by=everybody), PAYER)
    later = amending(amended, another_evaluator())
    assert EVALUATOR not in later.newest.terms.signatories
    with pytest.raises(RoleNotAllowed):
        sign(later, a_signature(later, EVALUATOR))


def test_another_payer_leads_once_the_amendment_is_in_effect() -> None:
    document = an_amendment()
    document["parties"][0]["organisationId"] = document["outcomes"]["metrics"][0]["verifiedBy"] = STRANGER
    everybody = (PAYER, INVESTOR, PROVIDER, STRANGER, EVALUATOR)
    contract = amending(a_contract("active"), document, signed_by=everybody)
    for deed in (reopen, activate, suspend):
        with pytest.raises(RoleNotAllowed):
            deed(contract, STRANGER)
    amended = activate(contract, PAYER)
    assert suspend(amended, STRANGER)[0].state == "suspended"
    with pytest.raises(RoleNotAllowed):
        suspend(amended, PAYER)


@pytest.mark.parametrize("organisation", [INVESTOR, PROVIDER, EVALUATOR])
def test_only_a_payer_amends(organisation: str) -> None:
    for deed, contract in (
        (reopen, a_contract("active")),
        (propose, amending(a_contract("active"))),
        (activate, amending(a_contract("active"), signed_by=PARTIES)),
    ):
        with pytest.raises(RoleNotAllowed):
            deed(contract, organisation)


def test_to_a_stranger_there_is_no_contract() -> None:
    contract = amending(a_contract("active"))
    with pytest.raises(NotFound):
        sign(contract, a_signature(contract, STRANGER))
    with pytest.raises(NotFound):
        reopen(contract, STRANGER)
