"""Storage: claims, as the fold of the facts on them."""

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Row, exists, or_, select

from services.core.measurement import Measurement
from services.kit.database.sets import among
from services.kit.database.transaction import Transaction
from services.kit.doors import shapes
from settlement_service.domain.facts.claims import Claim
from settlement_service.storage.opened import Subjects
from settlement_service.storage.tables import claim, item, posted_item

FIELDS = (
    "id",
    "metric",
    "subject_id",
    "occurrence",
    "achieved_on",
    "units",
    "reported_by",
    "order_key",
    "state",
    "disputed",
    "decided_at",
    "deemed",
    "superseded_by",
)


async def of_contract(tx: Transaction, contract_id: UUID) -> list[Claim]:
    """All claims of a contract."""
    return _claims((await tx.connection.execute(select(claim).where(claim.c.contract_id == contract_id))).all())


async def that_give_reasons(tx: Transaction, contract_id: UUID, subjects: Subjects = None) -> dict[UUID, Claim]:
    """The claims that can say why something is not due any more, by id; of all subjects, or of these alone. They are:
    claims that do not count; claims that took their place (about whomever); claims whose item is not payable; and
    claims for which something was posted under a rule that gives no item for them now. All others are known by their
    items, and are not read: they are by far the most."""

    def of_subjects(column: Column[Any]) -> list[ColumnElement[bool]]:
        return [] if subjects is None else [among(column, subjects)]

    not_payable = select(item.c.claim_id).where(
        item.c.contract_id == contract_id, item.c.reason.is_not(None), *of_subjects(item.c.subject_id)
    )
    same_claim = (item.c.contract_id == contract_id, item.c.claim_id == posted_item.c.claim_id)
    without_item = select(posted_item.c.claim_id).where(
        posted_item.c.contract_id == contract_id,
        ~exists().where(*same_claim, item.c.rule == posted_item.c.rule),
        *of_subjects(posted_item.c.subject_id),
    )
    may_tell = or_(claim.c.state != "verified", claim.c.id.in_(not_payable), claim.c.id.in_(without_item))
    first = select(claim).where(claim.c.contract_id == contract_id, may_tell, *of_subjects(claim.c.subject_id))
    chain = first.cte("chain", recursive=True)
    chain = chain.union(select(claim).join(chain, claim.c.id == chain.c.superseded_by))
    return {each.id: each for each in _claims((await tx.connection.execute(select(chain))).all())}


async def on_metrics(tx: Transaction, contract_id: UUID, metrics: Collection[str]) -> list[Claim]:
    """All claims of a contract on these metrics."""
    if not metrics:
        return []
    query = select(claim).where(claim.c.contract_id == contract_id, claim.c.metric.in_(metrics))
    return _claims((await tx.connection.execute(query)).all())


def _claims(rows: Iterable[Row[Any]]) -> list[Claim]:
    return [claim_in(row) for row in rows]


def claim_in(row: Row[Any], prefix: str = "") -> Claim:
    """The claim in a row whose columns are named as those of the table, behind a prefix."""
    fields = {name: getattr(row, prefix + name) for name in FIELDS}
    measurement = getattr(row, f"{prefix}measurement")
    return Claim(
        **fields,
        decided_by=tuple(getattr(row, f"{prefix}decided_by")),
        measurement=None if measurement is None else shapes.read(Measurement, measurement),
    )


def measurement_text(measured: Claim) -> str | None:
    """The measured value of a claim as its column holds it."""
    return None if measured.measurement is None else shapes.text(measured.measurement).decode()
