"""Tests: agreements, contracts and organisations that are right, to be made wrong where a test needs it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from stdnum import ean

from contracts_service.domain.agreeing import activate, draft, propose, reopen, sign, with_terms
from contracts_service.domain.contract import Contract, Heading, Signature
from contracts_service.domain.lifecycle import State
from contracts_service.domain.running import suspend
from contracts_service.domain.terms import Offer, RootDocument, Sealed, seal
from services.core.terms.model import PARTS, Agreement
from services.kit.doors import shapes

PAYER, INVESTOR, PROVIDER, EVALUATOR, STRANGER = (
    "0088:9521000000018",
    "0088:9521000000025",
    "0088:9521000000032",
    "0088:9521000000049",
    "0088:9521000000056",
)
PARTIES = (PAYER, INVESTOR, PROVIDER, EVALUATOR)
NAMES: Mapping[str, str] = {
    PAYER: "Example Municipality",
    INVESTOR: "Example Investor",
    PROVIDER: "Example Provider",
    EVALUATOR: "Example Evaluator",
    STRANGER: "Another Municipality",
}
NOW = datetime(2026, 2, 1, 12, tzinfo=UTC)
CONTRACT_ID = UUID("019a0000-0000-7000-8000-000000000001")
SALTS = {name: name[:1].encode() * 16 for name in PARTS}


def an_organisation_id(number: int) -> str:
    """The id of an organisation that no other test uses: a GLN of GS1's range for examples."""
    digits = f"9522{number:08}"
    return f"0088:{digits}{ean.calc_check_digit(digits)}"


def an_agreement() -> dict[str, Any]:
    """The JSON document of terms that can be decided: a price for each person in employment, and a cap."""
    return {
        "parties": [
            {"organisationId": PAYER, "role": "payer"},
            {"organisationId": INVESTOR, "role": "investor"},
            {"organisationId": PROVIDER, "role": "provider"},
            {"organisationId": EVALUATOR, "role": "evaluator"},
        ],
        "currency": "DKK",
        "timeZone": "Europe/Copenhagen",
        "servicePeriod": {"start": "2026-01-01", "end": "2028-01-01"},
        "outcomePeriod": {"start": "2026-01-01", "end": "2029-01-01"},
        "claimsCloseOn": "2029-07-01",
        "effectiveFrom": "2026-01-01",
        "outcomes": {
            "metrics": [
                {
                    "code": "employed",
                    "name": "I arbejde i 13 uger, på Ærø",
                    "subject": "participant",
                    "unit": "outcome",
                    "reports": "units",
                    "reportedBy": PROVIDER,
                    "verifiedBy": PAYER,
                    "disputesDecidedBy": EVALUATOR,
                }
            ],
            "cohorts": [{"code": "first", "name": "The first cohort"}],
        },
        "payment": {
            "rules": [
                {
                    "kind": "unit_price",
                    "code": "employed",
                    "metric": "employed",
                    "payee": INVESTOR,
                    "nature": "conditional_repayment",
                    "vat": {"category": "outside_scope", "pricesIncludeVat": False},
                    "prices": [{"price": {"amount": "100.00", "currency": "DKK"}}],
                }
            ],
            "caps": [{"kind": "contract", "amount": {"amount": "5000.00", "currency": "DKK"}}],
        },
    }


def an_offer(document: dict[str, Any] | None = None) -> Offer:
    """Terms as the door reads them."""
    kept = an_agreement() if document is None else document
    return Offer(shapes.read(Agreement, kept), kept)


def sealed_terms(
    document: dict[str, Any] | None = None,
    *,
    contract_id: UUID = CONTRACT_ID,
    version: int = 1,
    salts: Mapping[str, bytes] = SALTS,
    amended: RootDocument | None = None,
) -> Sealed:
    """A version of the terms."""
    return seal(contract_id, version, an_offer(document), salts, NOW, amended)


def a_contract(state: State = "draft", *, signed_by: tuple[str, ...] = ()) -> Contract:
    """A contract of four parties, brought to `state` by its own steps; `signed_by` when it is proposed."""
    contract = draft(CONTRACT_ID, Heading("Into work"), sealed_terms(), NAMES, NOW)
    if state == "draft":
        return contract
    contract, _ = propose(contract, PAYER)
    for organisation in PARTIES if state in ("signed", "active", "suspended") else signed_by:
        contract, _ = sign(contract, a_signature(contract, organisation))
    if state in ("active", "suspended"):
        contract = activate(contract, PAYER)
    return suspend(contract, PAYER)[0] if state == "suspended" else contract


def an_amendment(**other: Any) -> dict[str, Any]:
    """The JSON document of newer terms of the same contract: from 2027 on, up to 9,000 kroner."""
    payment = an_agreement()["payment"]
    payment["caps"][0]["amount"]["amount"] = "9000.00"
    return {**an_agreement(), "payment": payment, "effectiveFrom": "2027-01-01", **other}


def another_evaluator() -> dict[str, Any]:
    """The JSON document of an amendment by which the evaluator leaves, and a newcomer takes its place."""
    document = an_amendment()
    document["parties"][3]["organisationId"] = document["outcomes"]["metrics"][0]["disputesDecidedBy"] = STRANGER
    return document


def amending(
    contract: Contract, document: dict[str, Any] | None = None, *, signed_by: tuple[str, ...] = ()
) -> Contract:
    """A contract in force with an amendment that is offered, and signed by these."""
    assert contract.amended
    sealed = sealed_terms(
        an_amendment() if document is None else document,
        version=contract.newest.terms.version + 1,
        amended=contract.amended.terms.root_document,
    )
    contract, _ = propose(with_terms(reopen(contract, PAYER), sealed, NAMES), PAYER)
    for organisation in signed_by:
        contract, _ = sign(contract, a_signature(contract, organisation))
    return contract


def a_signature(contract: Contract, organisation: str, **other: Any) -> Signature:
    """What an organisation would assert of the newest terms."""
    return Signature(
        **{
            "version": contract.newest.terms.version,
            "root": contract.newest.terms.root,
            "organisation_id": organisation,
            "issuer": "https://identity.example",
            "subject": "anna",
            "actor": "person",
            "signed_at": NOW,
            **other,
        }
    )
