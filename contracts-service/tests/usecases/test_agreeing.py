import asyncio
import hashlib
import json
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from contracts_service.domain.agreeing import OrganisationNotRegistered
from contracts_service.domain.contract import Heading
from contracts_service.domain.lifecycle import ContractNotInState
from contracts_service.usecases.draft_contract import draft_contract
from contracts_service.usecases.draft_terms import draft_terms
from contracts_service.usecases.get_contract import get_contract
from contracts_service.usecases.get_party_status import get_party_status
from contracts_service.usecases.get_terms import get_terms
from contracts_service.usecases.get_terms_part import get_terms_part
from contracts_service.usecases.list_contracts import list_contracts
from contracts_service.usecases.list_signatures import list_signatures
from contracts_service.usecases.list_terms import list_terms
from contracts_service.usecases.propose_terms import propose_terms
from contracts_service.usecases.terminate_contract import terminate_contract
from services.core.access import RoleNotAllowed
from services.core.errors import NotFound, StaleVersion
from services.core.terms.checks import TermsNotValid
from services.events.contracts import ContractActivated
from services.kit.doors import shapes
from services.kit.testing import Urls, as_admin

from ..builders import (
    EVALUATOR,
    INVESTOR,
    NAMES,
    PARTIES,
    PAYER,
    PROVIDER,
    STRANGER,
    an_agreement,
    an_offer,
    an_organisation_id,
)
from ..conftest import Registry
from .agreeing import active, drafted, proposed, seen, sign, signed


async def facts_of(urls: Urls, contract_id: UUID) -> list[tuple[int, str, Any]]:
    rows = await as_admin(urls, "select * from fact where aggregate = $1 order by id", str(contract_id))
    return [(row["sequence"], row["type"], json.loads(row["body"])) for row in rows]


async def test_from_draft_to_termination_every_step_is_kept_and_told(registry: Registry, urls: Urls) -> None:
    contract = await active(registry)
    ended = await registry.as_(
        PAYER, lambda tx: terminate_contract(tx, contract.id, date(2027, 6, 1), contract.revision)
    )
    assert await seen(registry, contract.id) == ended
    assert (ended.state, ended.newest.terms.state, ended.terminated_on) == ("terminated", "effective", date(2027, 6, 1))
    told = await facts_of(urls, contract.id)
    assert [(sequence, type_.split(".")[3]) for sequence, type_, _ in told] == [
        (1, "proposed"),
        (2, "signed"),
        (3, "signed"),
        (4, "signed"),
        (5, "signed"),
        (6, "activated"),
        (7, "terminated"),
    ]
    assert [body["organisationId"] for _, type_, body in told if type_.endswith("signed.v1")] == list(PARTIES)
    assert told[-1][2] == {"contractId": str(contract.id), "terminatedOn": "2027-06-01"}


async def test_activation_tells_everything_that_the_other_services_need(registry: Registry, urls: Urls) -> None:
    contract = await active(registry)
    body = (await facts_of(urls, contract.id))[-1][2]
    fact = shapes.read(ContractActivated, body)
    agreement = an_offer().agreement
    assert (fact.title, fact.root, fact.version) == ("Into work", contract.newest.terms.root, 1)
    assert [(party.organisation_id, party.name, party.role) for party in fact.parties] == [
        (party.organisation_id, NAMES[party.organisation_id], party.role) for party in agreement.parties
    ]
    assert (fact.outcomes, fact.payment, fact.claims_close_on) == (
        agreement.outcomes,
        agreement.payment,
        agreement.claims_close_on,
    )


async def test_the_signed_bytes_are_kept_as_they_were_hashed(registry: Registry, urls: Urls) -> None:
    contract = await drafted(registry)
    (version,) = await as_admin(urls, "select * from terms_version where contract_id = $1", contract.id)
    assert hashlib.sha256(version["root_document"]).hexdigest() == version["root"] == contract.newest.terms.root
    parts = await as_admin(urls, "select * from terms_part where contract_id = $1", contract.id)
    assert {part["name"]: json.loads(part["content"]) for part in parts} == {
        "outcomes": an_agreement()["outcomes"],
        "payment": an_agreement()["payment"],
    }
    assert len({part["salt"] for part in parts}) == 2


async def test_two_drafts_of_the_same_terms_have_salts_and_roots_of_their_own(registry: Registry) -> None:
    first, second = await drafted(registry), await drafted(registry)
    assert first.newest.terms.root != second.newest.terms.root
    assert first.newest.terms.root_document.parts["payment"] != second.newest.terms.root_document.parts["payment"]


async def test_a_draft_with_a_party_that_nobody_registered_leaves_nothing(registry: Registry, urls: Urls) -> None:
    document = an_agreement()
    document["parties"][1]["organisationId"] = document["payment"]["rules"][0]["payee"] = an_organisation_id(999)
    before = await as_admin(urls, "select count(*) from contract")
    with pytest.raises(OrganisationNotRegistered):
        await drafted(registry, document)
    assert await as_admin(urls, "select count(*) from contract") == before


async def test_nobody_drafts_a_contract_that_another_pays(registry: Registry) -> None:
    for organisation in (INVESTOR, STRANGER):
        with pytest.raises(RoleNotAllowed):
            await registry.as_(organisation, lambda tx: draft_contract(tx, Heading("Into work"), an_offer()))


async def test_of_two_signatures_on_one_reading_the_second_is_stale(registry: Registry, urls: Urls) -> None:
    contract = await proposed(registry)
    answers = await asyncio.gather(
        sign(registry, contract, INVESTOR), sign(registry, contract, PROVIDER), return_exceptions=True
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["Contract", "StaleVersion"]
    now = await seen(registry, contract.id)
    assert (len(now.newest.signatures), now.revision) == (1, contract.revision + 1)
    assert [sequence for sequence, _, _ in await facts_of(urls, contract.id)] == [1, 2]


async def test_new_terms_replace_the_offered_ones_and_their_signatures(registry: Registry) -> None:
    contract = await sign(registry, await proposed(registry), INVESTOR)
    other = an_agreement() | {"claimsCloseOn": "2030-01-01"}
    redrafted = await registry.as_(PAYER, lambda tx: draft_terms(tx, contract.id, an_offer(other), contract.revision))
    assert (redrafted.state, redrafted.newest.terms.version, redrafted.newest.signatures) == ("draft", 2, ())
    assert await seen(registry, contract.id) == redrafted
    versions = await registry.as_(PROVIDER, lambda tx: list_terms(tx, contract.id, 0, 10))
    assert [(terms.version, terms.state) for terms in versions] == [(1, "replaced"), (2, "draft")]
    again = await registry.as_(PAYER, lambda tx: propose_terms(tx, contract.id, redrafted.revision))
    for organisation in PARTIES:
        again = await sign(registry, again, organisation)
    assert again.state == "signed"
    given = await registry.as_(EVALUATOR, lambda tx: list_signatures(tx, contract.id, (0, ""), 10))
    assert [(signature.version, signature.organisation_id) for signature in given] == [
        (1, INVESTOR),
        *((2, organisation) for organisation in PARTIES),
    ]


async def test_who_is_left_out_of_new_terms_sees_the_contract_no_more(registry: Registry) -> None:
    contract = await proposed(registry)
    other = an_agreement()
    other["parties"][3]["organisationId"] = other["outcomes"]["metrics"][0]["disputesDecidedBy"] = STRANGER
    await registry.as_(PAYER, lambda tx: draft_terms(tx, contract.id, an_offer(other), contract.revision))
    with pytest.raises(NotFound):
        await seen(registry, contract.id, EVALUATOR)
    with pytest.raises(NotFound):
        await registry.as_(EVALUATOR, lambda tx: get_terms(tx, contract.id, 1))


async def test_who_comes_in_with_new_terms_sees_none_that_were_not_for_it(registry: Registry) -> None:
    contract = await sign(registry, await proposed(registry), INVESTOR)
    other = an_agreement()
    other["parties"][3]["organisationId"] = other["outcomes"]["metrics"][0]["disputesDecidedBy"] = STRANGER
    await registry.as_(PAYER, lambda tx: draft_terms(tx, contract.id, an_offer(other), contract.revision))
    assert (await seen(registry, contract.id, STRANGER)).newest.terms.version == 2
    versions = await registry.as_(STRANGER, lambda tx: list_terms(tx, contract.id, 0, 10))
    assert [terms.version for terms in versions] == [2]
    assert await registry.as_(STRANGER, lambda tx: list_signatures(tx, contract.id, (0, ""), 10)) == []
    with pytest.raises(NotFound):
        await registry.as_(STRANGER, lambda tx: get_terms(tx, contract.id, 1))


async def test_new_terms_are_refused_before_they_are_looked_at_when_nothing_may_change(registry: Registry) -> None:
    contract = await signed(registry)
    wrong = an_agreement() | {"currency": "XXX"}
    with pytest.raises(ContractNotInState):
        await registry.as_(PAYER, lambda tx: draft_terms(tx, contract.id, an_offer(wrong), contract.revision))
    with pytest.raises(RoleNotAllowed):
        await registry.as_(PROVIDER, lambda tx: draft_terms(tx, contract.id, an_offer(wrong), contract.revision))
    draft = await drafted(registry)
    with pytest.raises(TermsNotValid):
        await registry.as_(PAYER, lambda tx: draft_terms(tx, draft.id, an_offer(wrong), draft.revision))


async def test_a_part_is_given_to_the_roles_that_it_names(registry: Registry) -> None:
    document = an_agreement()
    document["payment"]["readableBy"] = ["payer", "investor"]
    contract = await active(registry, document)
    for organisation in (PAYER, INVESTOR):
        part = await registry.as_(organisation, lambda tx: get_terms_part(tx, contract.id, 1, "payment"))
        assert json.loads(part.content) == document["payment"]
    for organisation in (PROVIDER, EVALUATOR):
        shown = await registry.as_(organisation, lambda tx: get_terms(tx, contract.id, 1))
        assert set(shown.parts) == {"outcomes"}
        with pytest.raises(RoleNotAllowed):
            await registry.as_(organisation, lambda tx: get_terms_part(tx, contract.id, 1, "payment"))
    with pytest.raises(NotFound):
        await registry.as_(STRANGER, lambda tx: get_terms_part(tx, contract.id, 1, "payment"))


async def test_a_decision_on_an_older_reading_is_stale(registry: Registry) -> None:
    contract = await proposed(registry)
    with pytest.raises(StaleVersion):
        await registry.as_(PAYER, lambda tx: propose_terms(tx, contract.id, contract.revision - 1))


async def test_who_is_no_party_finds_nothing(registry: Registry) -> None:
    contract = await proposed(registry)
    for work in (
        lambda tx: get_contract(tx, contract.id),
        lambda tx: get_terms(tx, contract.id, 1),
        lambda tx: list_terms(tx, contract.id, 0, 10),
        lambda tx: list_signatures(tx, contract.id, (0, ""), 10),
        lambda tx: propose_terms(tx, contract.id, contract.revision),
        lambda tx: terminate_contract(tx, contract.id, date(2027, 1, 1), contract.revision),
        lambda tx: draft_terms(tx, contract.id, an_offer(), contract.revision),
    ):
        with pytest.raises(NotFound):
            await registry.as_(STRANGER, work)


async def test_a_list_goes_on_after_the_contract_it_is_told(registry: Registry) -> None:
    made = [(await drafted(registry)).id for _ in range(3)]
    listed = [contract.id for contract in await registry.as_(INVESTOR, lambda tx: list_contracts(tx, made[0], 500))]
    assert listed[:2] == made[1:]
    assert [
        contract.id for contract in await registry.as_(INVESTOR, lambda tx: list_contracts(tx, made[0], 1))
    ] == made[1:2]
    assert await registry.as_(an_organisation_id(998), lambda tx: list_contracts(tx, None, 500)) == []


async def test_services_are_told_who_is_party_of_a_contract(registry: Registry) -> None:
    contract = await drafted(registry)
    status = await registry.as_("service:outcomes-service", lambda tx: get_party_status(tx, contract.id))
    assert (status.state, status.parties) == ("draft", PARTIES)
    with pytest.raises(NotFound):
        await registry.as_(STRANGER, lambda tx: get_party_status(tx, contract.id))
