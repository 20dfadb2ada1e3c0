from datetime import UTC, date, datetime

import pytest

from contracts_service.domain.agreeing import activate
from contracts_service.domain.contract import Contract
from contracts_service.domain.lifecycle import ContractNotInState, State
from contracts_service.domain.running import (
    CompletionTooEarly,
    TerminationDateNotAllowed,
    complete,
    resume,
    suspend,
    terminate,
)
from services.core.access import RoleNotAllowed
from services.events.contracts import ContractCompleted, ContractResumed, ContractSuspended, ContractTerminated

from ..builders import EVALUATOR, INVESTOR, NOW, PARTIES, PAYER, PROVIDER, a_contract, amending, an_amendment

OVER = datetime(2028, 12, 31, 23, 0, tzinfo=UTC)
"""The first instant of 2029 in Copenhagen."""


def amended(**other: object) -> Contract:
    return activate(amending(a_contract("active"), an_amendment(**other), signed_by=PARTIES), PAYER)


def test_a_contract_is_suspended_and_resumed() -> None:
    contract = a_contract("active")
    suspended, facts = suspend(contract, PAYER)
    assert (suspended.state, suspended.revision) == ("suspended", contract.revision + 1)
    assert facts == (ContractSuspended(contract_id=contract.id),)
    resumed, facts = resume(suspended, PAYER)
    assert (resumed.state, resumed.in_effect) == ("active", contract.in_effect)
    assert facts == (ContractResumed(contract_id=contract.id),)


def test_a_contract_is_completed_when_its_outcome_period_is_over() -> None:
    contract = a_contract("active")
    completed, facts = complete(contract, PAYER, OVER)
    assert (completed.state, completed.newest.terms.state) == ("completed", "effective")
    assert facts == (ContractCompleted(contract_id=contract.id),)


@pytest.mark.parametrize("now", [NOW, datetime(2028, 12, 31, 22, 59, 59, tzinfo=UTC)])
def test_a_contract_is_not_completed_before_by_the_date_where_it_lives(now: datetime) -> None:
    with pytest.raises(CompletionTooEarly) as refusal:
        complete(a_contract("active"), PAYER, now)
    assert refusal.value.detail == "From 2029-01-01 on. To end it earlier, terminate it."


def test_an_amendment_in_effect_says_when_the_outcome_period_is_over() -> None:
    longer = amended(outcomePeriod={"start": "2026-01-01", "end": "2029-02-01"})
    with pytest.raises(CompletionTooEarly):
        complete(longer, PAYER, OVER)
    under_way = amending(a_contract("active"), an_amendment(outcomePeriod={"start": "2026-01-01", "end": "2029-02-01"}))
    assert complete(under_way, PAYER, OVER)[0].state == "completed"


def test_a_suspended_contract_is_resumed_before_it_is_completed() -> None:
    with pytest.raises(ContractNotInState) as refusal:
        complete(a_contract("suspended"), PAYER, OVER)
    assert refusal.value.detail == "This is possible while the contract is: active. It is suspended."


@pytest.mark.parametrize("organisation", [INVESTOR, PROVIDER, EVALUATOR])
def test_only_the_payer_decides_how_a_contract_goes_on(organisation: str) -> None:
    with pytest.raises(RoleNotAllowed):
        suspend(a_contract("active"), organisation)
    with pytest.raises(RoleNotAllowed):
        resume(a_contract("suspended"), organisation)
    with pytest.raises(RoleNotAllowed):
        complete(a_contract("active"), organisation, OVER)


def test_an_amended_contract_may_end_from_its_very_first_day_on() -> None:
    assert terminate(amended(), PAYER, date(2026, 1, 1))[0].state == "terminated"
    with pytest.raises(TerminationDateNotAllowed):
        terminate(amended(), PAYER, date(2025, 12, 31))


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
    assert terminate(a_contract("suspended"), PAYER, date(2027, 1, 1))[0].state == "terminated"
