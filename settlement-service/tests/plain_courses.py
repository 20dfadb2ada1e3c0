"""Tests: contracts in which no subject depends on another, and courses of claims on them, by dice."""

import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from services.core.money import from_minor
from services.core.terms.mechanisms.milestone import Milestone
from services.core.terms.nature import Vat
from services.core.terms.outcomes import Metric
from services.core.terms.payment import Cap
from services.core.terms.rules import PaymentRule
from services.core.terms.splits import Shares, Weight
from services.events.contracts import ContractActivated, NamedParty
from services.events.outcomes import OutcomeSuperseded, OutcomeWithdrawn

from .builders import (
    NOON,
    OTHER,
    PAYER,
    POINTS,
    PROVIDER,
    a_cap,
    a_claim,
    a_metric,
    a_price,
    a_rule,
    activated,
    claimed,
    verified,
)
from .mechanisms import a_limit

HALVES = (None, date(2026, 7, 1)), (date(2026, 7, 1), None)


def a_plain_contract(dice: random.Random, most: int) -> ContractActivated:
    """Two prices over the year, a price of nothing, an amount; caps that people share of so much; one payer, or two by
    weight."""
    weights = Weight(payer=PAYER, weight=2), Weight(payer=OTHER, weight=1)
    split = dice.choice([None, Shares(kind="shares", weights=weights)])
    prices = [a_price(minor, *half) for minor, half in zip((10_001, 12_000), HALVES, strict=True)]
    rules: list[PaymentRule] = [
        a_rule("job", *prices, split=split),
        a_rule("home", dice.choice([3_001, 0])),
        Milestone(
            kind="milestone",
            code="done",
            metric="done",
            amount=from_minor(50_000, "DKK"),
            payee=PROVIDER,
            nature="service",
            vat=Vat(category="outside_scope", prices_include_vat=False),
            split=split,
        ),
    ]
    metrics: list[Metric] = [a_metric("job"), a_metric("home", measurement_points=POINTS), a_metric("done")]
    caps: list[Cap] = [a_cap("rule", 99_000_000, "job"), a_cap("contract", most)]
    caps += [a_cap("person", 60_000)] * dice.choice([0, 1])
    caps += [a_limit("period", 99_000_000, every="month", period_basis="achieved")] * dice.choice([0, 1])
    contract = activated(rules, caps, metrics)
    if split is None:
        return contract
    other = NamedParty(organisation_id=OTHER, name=OTHER, role="payer")
    return replace(contract, parties=(contract.parties[0], other, *contract.parties[1:]))


def a_course(dice: random.Random, contract_id: UUID, turn: int) -> Iterable[Any]:
    """Claims of one turn, reported and verified; some are withdrawn, some corrected."""
    for n in range(25):
        day = f"2026-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}"
        metric = dice.choice(["job", "job", "home", "done"])
        occurrence = str(100 * turn + n + 1)
        if metric == "home":
            occurrence = dice.choice(["6m", "12m", occurrence])
        claim = a_claim(dice.randint(10 * turn, 10 * turn + 14), metric, occurrence, day, units=dice.randint(0, 3))
        yield claimed(contract_id, claim)
        yield verified(contract_id, claim)
        if dice.random() < 0.2:
            yield OutcomeWithdrawn(contract_id=contract_id, claim_id=claim.id, withdrawn_at=NOON)
        elif dice.random() < 0.2:
            later = f"2026-{dice.randint(1, 12):02}-01"
            other = a_claim(dice.randint(0, 14), metric, f"{occurrence}0", later, units=claim.units)
            if dice.random() < 0.5:
                other = replace(other, subject_id=claim.subject_id, occurrence=occurrence)
            yield claimed(contract_id, other, claim.id)
            yield OutcomeSuperseded(contract_id=contract_id, claim_id=claim.id, superseded_by=other.id)
            yield verified(contract_id, other)
