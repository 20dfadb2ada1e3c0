import json
from datetime import UTC, date, datetime
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from contracts_service.domain.agreeing import AlreadySigned
from contracts_service.domain.contract import Contract
from contracts_service.domain.lifecycle import ContractNotInState, TermsNotInState
from contracts_service.domain.running import CompletionTooEarly
from contracts_service.usecases.activate_contract import activate_contract
from contracts_service.usecases.complete_contract import complete_contract
from contracts_service.usecases.draft_terms import draft_terms
from contracts_service.usecases.get_party_status import get_party_status
from contracts_service.usecases.get_terms import get_terms
from contracts_service.usecases.get_terms_part import get_terms_part
from contracts_service.usecases.list_contracts import list_contracts
from contracts_service.usecases.list_signatures import list_signatures
from contracts_service.usecases.list_terms import list_terms
from contracts_service.usecases.propose_terms import propose_terms
from contracts_service.usecases.resume_contract import resume_contract
from contracts_service.usecases.suspend_contract import suspend_contract
from contracts_service.usecases.terminate_contract import terminate_contract
from services.core.access import RoleNotAllowed
from services.core.errors import NotFound, StaleVersion
from services.core.terms.checks import TermsNotValid
from services.events.contracts import ContractAmended
from services.kit.doors import shapes
from services.kit.testing import Urls, as_admin

from ..builders import (
    EVALUATOR,
    INVESTOR,
    PARTIES,
    PAYER,
    PROVIDER,
    STRANGER,
    an_agreement,
    an_amendment,
    an_offer,
    another_evaluator,
)
from ..conftest import Registry
from .agreeing import active, amended, amending, seen, sign

OVER = datetime(2029, 1, 2, tzinfo=UTC)


async def told(urls: Urls, contract: Contract) -> list[tuple[str, Any]]:
    rows = await as_admin(urls, "select * from fact where aggregate = $1 order by sequence", str(contract.id))
    assert [row["sequence"] for row in rows] == list(range(1, len(rows) + 1))
    return [(row["type"].split(".")[3], json.loads(row["body"])) for row in rows]


async def versions(registry: Registry, contract_id: UUID, organisation: str) -> list[tuple[int, str]]:
    versions = await registry.as_(organisation, lambda tx: list_terms(tx, contract_id, 0, 10))
    return [(terms.version, terms.state) for terms in versions]


async def test_an_amendment_from_draft_to_effect_is_kept_and_told(registry: Registry, urls: Urls) -> None:
    contract = await active(registry)
    offered = await amending(registry, contract, an_amendment())
    shown = await seen(registry, contract.id, INVESTOR)
    assert (shown.state, shown.in_effect, shown.amendment) == ("active", contract.in_effect, offered.newest)
    for organisation in PARTIES:
        offered = await sign(registry, offered, organisation)
    assert await seen(registry, contract.id) == offered
    assert (offered.state, offered.newest.terms.state, len(offered.newest.signatures)) == ("active", "signed", 4)
    now = await registry.as_(PAYER, lambda tx: activate_contract(tx, contract.id, offered.revision))
    assert await seen(registry, contract.id) == now
    assert (now.state, now.amendment, now.shown.terms.version) == ("active", None, 2)
    assert await versions(registry, contract.id, PROVIDER) == [(1, "effective"), (2, "effective")]
    facts = (await told(urls, contract))[6:]
    assert [type_ for type_, _ in facts] == ["proposed", "signed", "signed", "signed", "signed", "amended"]
    fact = shapes.read(ContractAmended, facts[-1][1])
    agreement = an_offer(an_amendment()).agreement
    assert (fact.version, fact.root, fact.effective_from) == (2, now.newest.terms.root, date(2027, 1, 1))
    assert (fact.outcomes, fact.payment) == (agreement.outcomes, agreement.payment)


async def test_amendments_follow_each_other(registry: Registry) -> None:
    contract = await amended(registry, await active(registry), an_amendment())
    contract = await amended(registry, contract, an_amendment(effectiveFrom="2028-01-01"))
    assert await versions(registry, contract.id, PAYER) == [(1, "effective"), (2, "effective"), (3, "effective")]
    assert (contract.shown.terms.version, contract.began_on) == (3, date(2026, 1, 1))


async def test_a_draft_is_replaced_and_what_is_in_effect_never(registry: Registry) -> None:
    contract = await active(registry)
    offered = await sign(registry, await amending(registry, contract, an_amendment()), INVESTOR)
    later = an_offer(an_amendment(effectiveFrom="2028-01-01"))
    redrafted = await registry.as_(PAYER, lambda tx: draft_terms(tx, contract.id, later, offered.revision))
    assert (redrafted.in_effect, redrafted.newest.signatures) == (contract.in_effect, ())
    assert await versions(registry, contract.id, PAYER) == [(1, "effective"), (2, "replaced"), (3, "draft")]
    assert await seen(registry, contract.id) == redrafted


async def test_a_suspended_contract_is_amended_and_stays_suspended(registry: Registry, urls: Urls) -> None:
    contract = await active(registry)
    suspended = await registry.as_(PAYER, lambda tx: suspend_contract(tx, contract.id, contract.revision))
    assert await seen(registry, contract.id) == suspended
    now = await amended(registry, suspended, an_amendment())
    assert (now.state, now.shown.terms.version) == ("suspended", 2)
    resumed = await registry.as_(PAYER, lambda tx: resume_contract(tx, contract.id, now.revision))
    assert resumed.state == "active"
    facts = await told(urls, contract)
    assert facts[6] == ("suspended", {"contractId": str(contract.id)})
    assert facts[-1] == ("resumed", {"contractId": str(contract.id)})


async def test_a_contract_is_completed_after_its_time(registry: Registry, urls: Urls) -> None:
    contract = await active(registry)
    with pytest.raises(CompletionTooEarly):
        await registry.as_(PAYER, lambda tx: complete_contract(tx, contract.id, contract.revision))
    with pytest.raises(StaleVersion):
        await registry.as_(PAYER, lambda tx: complete_contract(tx, contract.id, 1), now=OVER)
    done = await registry.as_(PAYER, lambda tx: complete_contract(tx, contract.id, contract.revision), now=OVER)
    assert await seen(registry, contract.id) == done
    assert done.state == "completed"
    assert (await told(urls, contract))[-1] == ("completed", {"contractId": str(contract.id)})
    for work in (
        lambda tx: draft_terms(tx, contract.id, an_offer(an_amendment()), done.revision),
        lambda tx: terminate_contract(tx, contract.id, date(2028, 1, 1), done.revision),
    ):
        with pytest.raises(ContractNotInState):
            await registry.as_(PAYER, work)


async def test_what_claims_stand_on_stays(registry: Registry) -> None:
    contract = await active(registry)
    for other in ({"timeZone": "Europe/Oslo"}, {"effectiveFrom": "2025-12-31"}):
        wrong = an_offer(an_amendment(**other))
        with pytest.raises(TermsNotValid):
            await registry.as_(
                PAYER, partial(draft_terms, contract_id=contract.id, offer=wrong, expected=contract.revision)
            )
    assert await seen(registry, contract.id) == contract


async def test_nothing_is_proposed_signed_or_activated_out_of_turn(registry: Registry) -> None:
    contract = await active(registry)
    for work in (propose_terms, activate_contract):
        with pytest.raises(TermsNotInState):
            await registry.as_(PAYER, partial(work, contract_id=contract.id, expected=contract.revision))
    offered = await amending(registry, contract, an_amendment())
    with pytest.raises(TermsNotInState):
        await registry.as_(PAYER, lambda tx: activate_contract(tx, contract.id, offered.revision))


async def test_who_comes_in_sees_the_amendment_alone_and_is_no_party_yet(registry: Registry) -> None:
    contract = await active(registry)
    offered = await amending(registry, contract, another_evaluator())
    shown = await seen(registry, contract.id, STRANGER)
    assert (shown.in_effect, shown.newest, shown.amendment) == (None, offered.newest, offered.newest)
    assert await versions(registry, contract.id, STRANGER) == [(2, "proposed")]
    assert await registry.as_(STRANGER, lambda tx: list_signatures(tx, contract.id, (0, ""), 10)) == []
    with pytest.raises(NotFound):
        await registry.as_(STRANGER, lambda tx: get_terms(tx, contract.id, 1))
    status = await registry.as_("service:outcomes-service", lambda tx: get_party_status(tx, contract.id))
    assert status.parties == PARTIES


async def test_who_is_left_out_of_a_newer_draft_never_came_in(registry: Registry) -> None:
    contract = await active(registry)
    offered = await amending(registry, contract, another_evaluator())
    await registry.as_(PAYER, lambda tx: draft_terms(tx, contract.id, an_offer(an_amendment()), offered.revision))
    with pytest.raises(NotFound):
        await seen(registry, contract.id, STRANGER)


async def test_who_leaves_agrees_and_keeps_what_it_had_agreed_to(registry: Registry) -> None:
    contract = await active(registry)
    offered = await amending(registry, contract, another_evaluator())
    part = await registry.as_(EVALUATOR, lambda tx: get_terms_part(tx, contract.id, 2, "payment"))
    assert json.loads(part.content) == an_amendment()["payment"]
    for organisation in (STRANGER, PAYER, INVESTOR, PROVIDER):
        offered = await sign(registry, offered, organisation)
    assert offered.newest.terms.state == "proposed"
    offered = await sign(registry, await seen(registry, contract.id, EVALUATOR), EVALUATOR)
    now = await registry.as_(PAYER, lambda tx: activate_contract(tx, contract.id, offered.revision))
    document = another_evaluator() | {"effectiveFrom": "2028-01-01"}
    last = await amended(registry, now, document)
    assert await versions(registry, contract.id, EVALUATOR) == [(1, "effective"), (2, "effective")]
    assert await versions(registry, contract.id, STRANGER) == [(2, "effective"), (3, "effective")]
    left = await seen(registry, contract.id, EVALUATOR)
    assert (left.shown.terms.version, left.amendment, left.revision) == (2, None, last.revision)
    assert contract.id in [
        known.id for known in await registry.as_(EVALUATOR, lambda tx: list_contracts(tx, None, 500))
    ]
    with pytest.raises(AlreadySigned):
        await sign(registry, left, EVALUATOR)
    with pytest.raises(RoleNotAllowed):
        await registry.as_(EVALUATOR, lambda tx: propose_terms(tx, contract.id, left.revision))
    status = await registry.as_("service:outcomes-service", lambda tx: get_party_status(tx, contract.id))
    assert set(status.parties) == {*PARTIES, STRANGER}


async def test_a_payer_that_comes_in_leads_once_it_is_in_effect(registry: Registry) -> None:
    document = an_amendment()
    document["parties"][0]["organisationId"] = document["outcomes"]["metrics"][0]["verifiedBy"] = STRANGER
    offered = await amending(registry, await active(registry), document)
    with pytest.raises(RoleNotAllowed):
        await registry.as_(STRANGER, lambda tx: suspend_contract(tx, offered.id, offered.revision))
    for organisation in (STRANGER, *PARTIES):
        offered = await sign(registry, offered, organisation)
    now = await registry.as_(PAYER, lambda tx: activate_contract(tx, offered.id, offered.revision))
    with pytest.raises(RoleNotAllowed):
        await registry.as_(PAYER, lambda tx: suspend_contract(tx, now.id, now.revision))
    again = await registry.as_(STRANGER, lambda tx: draft_terms(tx, now.id, an_offer(document), now.revision))
    assert (again.newest.terms.version, again.newest.terms.leaving) == (3, ())


async def test_who_changes_its_role_is_given_what_both_roles_read(registry: Registry) -> None:
    first = an_agreement()
    first["payment"]["readableBy"] = ["payer"]
    contract = await active(registry, first)
    document = an_amendment()
    document["payment"]["readableBy"] = ["payer"]
    document["parties"][0]["role"], document["parties"][3]["role"] = "evaluator", "payer"
    now = await amended(registry, contract, document)
    part = await registry.as_(PAYER, lambda tx: get_terms_part(tx, now.id, 2, "payment"))
    assert json.loads(part.content) == document["payment"]
    with pytest.raises(RoleNotAllowed):
        await registry.as_(EVALUATOR, lambda tx: get_terms_part(tx, now.id, 1, "payment"))
    again = await registry.as_(EVALUATOR, lambda tx: draft_terms(tx, now.id, an_offer(document), now.revision))
    assert again.newest.terms.version == 3


async def test_who_is_no_party_changes_nothing(registry: Registry) -> None:
    contract = await active(registry)
    for work in (suspend_contract, resume_contract, complete_contract):
        with pytest.raises(NotFound):
            await registry.as_(STRANGER, partial(work, contract_id=contract.id, expected=contract.revision))


async def test_first_terms_are_as_before(registry: Registry) -> None:
    late = an_agreement() | {"effectiveFrom": "2027-01-01"}
    with pytest.raises(TermsNotValid):
        await active(registry, late)
