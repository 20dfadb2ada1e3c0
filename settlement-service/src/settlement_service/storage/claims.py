"""Storage: claims, as the fold of the facts on them."""

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Row, exists, or_, select

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
    """The claims that can say why something is not due any more, by id: those that do not count, those that took
    their place (about whomever), those whose item is not payable, and those that something was posted for under a rule
    that gives no item for them now; of all subjects, or of these alone. What others decide on is known by its item."""
    mine = [] if subjects is None else [among(claim.c.subject_id, subjects)]
    their = [] if subjects is None else [among(item.c.subject_id, subjects)]
    not_payable = select(item.c.claim_id).where(item.c.contract_id == contract_id, item.c.reason.is_not(None), *their)
    same = (item.c.contract_id == contract_id, item.c.claim_id == posted_item.c.claim_id)
    no_item = ~exists().where(*same, item.c.rule == posted_item.c.rule)
    whose = [] if subjects is None else [among(posted_item.c.subject_id, subjects)]
    no_more = select(posted_item.c.claim_id).where(posted_item.c.contract_id == contract_id, no_item, *whose)
    wanted = or_(claim.c.state != "verified", claim.c.id.in_(not_payable), claim.c.id.in_(no_more))
    first = select(claim).where(claim.c.contract_id == contract_id, wanted, *mine).cte("found", recursive=True)
    found = first.union(select(claim).join(first, claim.c.id == first.c.superseded_by))
    return {one.id: one for one in _claims((await tx.connection.execute(select(found))).all())}


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
    said = getattr(row, f"{prefix}measurement")
    return Claim(
        **fields,
        decided_by=tuple(getattr(row, f"{prefix}decided_by")),
        measurement=None if said is None else shapes.read(Measurement, said),
    )


def measurement_text(of: Claim) -> str | None:
    """The measured value of a claim as its column holds it."""
    return None if of.measurement is None else shapes.text(of.measurement).decode()
