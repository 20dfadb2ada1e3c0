"""Storage: the sums of all that has accrued, line by line: in SQL over sets, without a look at each item."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text

from services.core.disclosure import FEWEST
from services.kit.database.transaction import Transaction
from settlement_service.domain.agreement.terms import Terms
from settlement_service.domain.facts.figures import FIGURES, LineKey
from settlement_service.domain.ledger.lifecycle import Settlement
from settlement_service.domain.settling.posted_totals import Total
from settlement_service.domain.settling.sums import Sum
from settlement_service.storage.accruals import NOW_DUE
from settlement_service.storage.figures import figures_in, left_by

_IN_WHOLE = "whole_from <= :ends"
"""Subjects all of whose accruals are due as they stand. The decision is made by `domain.settling.accruals` (see
`AccruedSubject`) when they accrue; each row carries it, and SQL only compares days."""
_IN_PART = "in_part and whole_from > :ends"
"""Subjects of whom what was achieved before the end is due as it stands."""
_INDIVIDUALLY = "not in_part and (whole_from is null or whole_from > :ends)"
"""Subjects that are settled individually: looked at again by themselves."""
_LINES = f"""
select rule, price_minor, payee, sum(taken_minor)::bigint as taken,
    count(*) filter (where {_IN_PART}) as in_part, count(*) filter (where {_INDIVIDUALLY}) as individually,
    count(*) filter (where {_IN_WHOLE}) as people,
    {", ".join(f"coalesce(sum({name}) filter (where {_IN_WHOLE}), 0)::bigint as {name}" for name in FIGURES)}{{shares}}
from accrual where contract_id = :contract group by rule, price_minor, payee
"""
_SHARE = f", coalesce(sum(shares[{{n}}]) filter (where {_IN_WHOLE}), 0)::bigint as share_{{n}}"
_LINE = "rule = :rule and price_minor is not distinct from :price and payee = :payee"
_SAMPLE = f"select subject_id from accrual where contract_id = :contract and {_LINE} and {_IN_WHOLE} limit {FEWEST}"
_OF_PARTS = f"{NOW_DUE} and accrued_item.achieved_on < :ends and accrued_item.whole_from > :ends"
"""Items of subjects as in `_IN_PART`. Each item carries `whole_from` of its subject: while the planner's numbers of
rows are not up to date, a join with `accrual` would be planned as a scan of all subjects for each of them."""
_PARTS = f"""
select rule, price_minor, payee, count(distinct subject_id) as people,
    (array_agg(distinct subject_id))[1:{FEWEST}] as some,
    {", ".join(f"sum(now_{name})::bigint as {name}" for name in FIGURES)}
from accrued_item where {_OF_PARTS} group by rule, price_minor, payee
"""
_SHARES_OF_PARTS = f"""
select rule, price_minor, payee, key as payer, sum(value::bigint)::bigint as minor
from accrued_item, jsonb_each_text(now_shares) where {_OF_PARTS} group by rule, price_minor, payee, key
"""
_MONTHS = f"""
select rule, to_char(achieved_on, 'YYYY-MM') as month, sum({left_by(("person",), "now_")})::bigint as taken
from accrued_item where {NOW_DUE} group by rule, to_char(achieved_on, 'YYYY-MM')
"""
_SUBJECT = "sha256(string_agg(sha256, '' order by achieved_on, occurrence))"
_LINE_HASH = f"""
select sha256(string_agg(sha256, '' order by subject_id)) from (
    select subject_id, sha256 from accrual where contract_id = :contract and {_LINE} and {_IN_WHOLE}
    union all
    select subject_id, {_SUBJECT} from settlement_item where settlement_id = :settlement and {_LINE} group by subject_id
    {{parts}}
) as subjects
"""
_HASHES_OF_PARTS = f"""union all
    select subject_id, {_SUBJECT} from accrued_item where {_OF_PARTS} and {_LINE} group by subject_id"""
_SOME_INDIVIDUALLY = f"""
select distinct subject_id from accrual where contract_id = :contract and {_INDIVIDUALLY}
    and (cast(:after as uuid) is null or subject_id > :after) order by subject_id limit :limit
"""


@dataclass(frozen=True, slots=True)
class AccrualSum:
    """What open subjects have accrued under one line. `in_whole` is the sum over those who accrued nothing after the
    settlement's end. `in_part` and `individually` are whether there are subjects of whom a part is due, or who are
    settled individually. `taken_minor` is the most that all of it takes up under caps that subjects share."""

    line: LineKey
    taken_minor: int
    in_whole: Sum
    in_part: bool
    individually: bool


async def accrued_by_line(tx: Transaction, terms: Terms, settlement: Settlement) -> list[AccrualSum]:
    """What open subjects of a settlement's contract have accrued, by line, whatever day it is due for."""
    payers = terms.payers()
    shares = "".join(_SHARE.format(n=n) for n in range(1, len(payers) + 1))
    sums = []
    for row in (await tx.connection.execute(text(_LINES.format(shares=shares)), _parameters(settlement))).all():
        line = (row.rule, row.price_minor, row.payee)
        sample = (
            (await tx.connection.execute(text(_SAMPLE), _parameters(settlement, line))).scalars() if row.people else ()
        )
        shared = {payer: getattr(row, f"share_{n}") for n, payer in enumerate(payers, start=1)}
        in_whole = Sum(terms.version, figures_in(row), shared, frozenset(sample), row.people)
        sums.append(AccrualSum(line, row.taken, in_whole, in_part=row.in_part > 0, individually=row.individually > 0))
    return sums


async def accrued_in_part(tx: Transaction, terms: Terms, settlement: Settlement) -> dict[LineKey, Sum]:
    """The sums by line of what subjects are due before the settlement's end who are due more after it, and of whom
    nothing was posted before."""
    shares: dict[LineKey, dict[str, int]] = {}
    for row in (await tx.connection.execute(text(_SHARES_OF_PARTS), _parameters(settlement))).all():
        shares.setdefault((row.rule, row.price_minor, row.payee), {})[row.payer] = row.minor
    sums = {}
    for row in (await tx.connection.execute(text(_PARTS), _parameters(settlement))).all():
        line = (row.rule, row.price_minor, row.payee)
        sums[line] = Sum(terms.version, figures_in(row), shares.get(line, {}), frozenset(row.some), row.people)
    return sums


async def accrued_by_month(tx: Transaction, settlement: Settlement) -> list[Total]:
    """The most that all that has accrued takes up under caps that subjects share, by the month of its achievement."""
    rows = (await tx.connection.execute(text(_MONTHS), _parameters(settlement))).all()
    return [Total(row.rule, "", row.month, "", row.taken, 0) for row in rows]


async def some_individually(tx: Transaction, settlement: Settlement, after: UUID | None, limit: int) -> list[UUID]:
    """Up to `limit` of the subjects that are settled individually, by id, from the one after `after` on."""
    parameters = {**_parameters(settlement), "after": after, "limit": limit}
    return list((await tx.connection.execute(text(_SOME_INDIVIDUALLY), parameters)).scalars())


async def hash_of_line(tx: Transaction, settlement: Settlement, line: LineKey, *, in_part: bool) -> bytes:
    """The hash of a line over the hashes of its subjects (`settling.sealing`), in the order of their ids. `in_part` is
    whether there are subjects of whom a part is due."""
    query = text(_LINE_HASH.format(parts=_HASHES_OF_PARTS if in_part else ""))
    return bytes((await tx.connection.execute(query, _parameters(settlement, line))).scalar_one())


def _parameters(settlement: Settlement, line: LineKey | None = None) -> dict[str, Any]:
    parameters: dict[str, Any] = {
        "contract": settlement.contract_id,
        "settlement": settlement.id,
        "ends": settlement.period.end,
    }
    return parameters if line is None else {**parameters, **dict(zip(("rule", "price", "payee"), line, strict=True))}
