"""Storage: what all that is due comes to, as sets: line by line, without a look at each item where none is needed."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text

from services.core.disclosure import FEWEST
from services.kit.database.transaction import Transaction
from settlement_service.domain.agreement.terms import Terms
from settlement_service.domain.ledger.lifecycle import Settlement
from settlement_service.domain.mechanisms.items import FIGURES, LineKey
from settlement_service.domain.settling.posted_totals import Total
from settlement_service.domain.statement.statement import Sum
from settlement_service.storage.due import NOW_DUE
from settlement_service.storage.figures import figures_in

_WHOLE = "not apart and last_on < :ends"
"""Subjects all of whose due items were achieved before the settlement's end."""
_PARTLY = "not apart and not begun and last_on >= :ends"
"""Subjects of whom nothing was posted, and not all was achieved before the end: what was is due as it stands, for items
are cut in the order of their days."""
_APART = "(apart or begun and last_on >= :ends)"
"""Subjects that are settled apart: looked at again by themselves."""
_LINES = f"""
select rule, price_minor, payee, sum(taken_minor)::bigint as taken,
    count(*) filter (where {_PARTLY}) as partly, count(*) filter (where {_APART}) as apart,
    count(*) filter (where {_WHOLE}) as people,
    {", ".join(f"coalesce(sum({name}) filter (where {_WHOLE}), 0)::bigint as {name}" for name in FIGURES)}{{shares}}
from due_line where contract_id = :contract group by rule, price_minor, payee
"""
_SHARE = f", coalesce(sum(shares[{{n}}]) filter (where {_WHOLE}), 0)::bigint as share_{{n}}"
_LINE = "rule = :rule and price_minor is not distinct from :price and payee = :payee"
_SOME = f"select subject_id from due_line where contract_id = :contract and {_LINE} and {_WHOLE} limit {FEWEST}"
_OF_PARTS = f"{NOW_DUE} and due_item.achieved_on < :ends and due_item.last_on >= :ends"
"""Those of subjects as in `_PARTLY`, by what each item says of its subject: with numbers of rows that are not up to
date, a join with `due_line` would be planned that looks at everybody for each."""
_PARTS = f"""
select rule, price_minor, payee, count(distinct subject_id) as people,
    (array_agg(distinct subject_id))[1:{FEWEST}] as some,
    {", ".join(f"sum(now_{name})::bigint as {name}" for name in FIGURES)}
from due_item where {_OF_PARTS} group by rule, price_minor, payee
"""
_SHARES_OF_PARTS = f"""
select rule, price_minor, payee, key as payer, sum(value::bigint)::bigint as minor
from due_item, jsonb_each_text(now_shares) where {_OF_PARTS} group by rule, price_minor, payee, key
"""
_MONTHS = f"""
select rule, to_char(achieved_on, 'YYYY-MM') as month, sum(now_gross_minor - now_cut_person_minor)::bigint as taken
from due_item where {NOW_DUE} group by rule, to_char(achieved_on, 'YYYY-MM')
"""
_SUBJECT = "sha256(string_agg(sha256, '' order by achieved_on, occurrence))"
_LINE_HASH = f"""
select sha256(string_agg(sha256, '' order by subject_id)) from (
    select subject_id, sha256 from due_line where contract_id = :contract and {_LINE} and {_WHOLE}
    union all
    select subject_id, {_SUBJECT} from settlement_item where settlement_id = :settlement and {_LINE} group by subject_id
    {{parts}}
) as subjects
"""
_HASHES_OF_PARTS = f"""union all
    select subject_id, {_SUBJECT} from due_item where {_OF_PARTS} and {_LINE} group by subject_id"""
_SOME_APART = f"""
select distinct subject_id from due_line where contract_id = :contract and {_APART}
    and (cast(:after as uuid) is null or subject_id > :after) order by subject_id limit :limit
"""


@dataclass(frozen=True, slots=True)
class DueSum:
    """What is due to open subjects under one line: `of_whole` in sum to those who are due nothing after a settlement's
    end; whether there are others of whom a part is due (`partly`), or who are settled apart (`apart`).
    `taken_minor` is what all of it takes up under caps that subjects share, at most."""

    line: LineKey
    taken_minor: int
    of_whole: Sum
    partly: bool
    apart: bool


async def due_by_line(tx: Transaction, terms: Terms, of: Settlement) -> list[DueSum]:
    """What is due by line, whatever it is due for."""
    payers = terms.payers()
    shares = "".join(_SHARE.format(n=n) for n in range(1, len(payers) + 1))
    found = []
    for row in (await tx.connection.execute(text(_LINES.format(shares=shares)), _asked(of))).all():
        line = (row.rule, row.price_minor, row.payee)
        some = (await tx.connection.execute(text(_SOME), _asked(of, line))).scalars() if row.people else ()
        shared = {payer: getattr(row, f"share_{n}") for n, payer in enumerate(payers, start=1)}
        whole = Sum(terms.version, figures_in(row), shared, frozenset(some), row.people)
        found.append(DueSum(line, row.taken, whole, partly=row.partly > 0, apart=row.apart > 0))
    return found


async def due_in_part(tx: Transaction, terms: Terms, of: Settlement) -> dict[LineKey, Sum]:
    """What is due before the settlement's end to subjects who are due more after it, and were posted nothing before."""
    shares: dict[LineKey, dict[str, int]] = {}
    for row in (await tx.connection.execute(text(_SHARES_OF_PARTS), _asked(of))).all():
        shares.setdefault((row.rule, row.price_minor, row.payee), {})[row.payer] = row.minor
    found = {}
    for row in (await tx.connection.execute(text(_PARTS), _asked(of))).all():
        line = (row.rule, row.price_minor, row.payee)
        found[line] = Sum(terms.version, figures_in(row), shares.get(line, {}), frozenset(row.some), row.people)
    return found


async def due_by_month(tx: Transaction, of: Settlement) -> list[Total]:
    """What all that is due takes up under caps that subjects share, at most, by the month of its achievement."""
    rows = (await tx.connection.execute(text(_MONTHS), _asked(of))).all()
    return [Total(row.rule, "", row.month, "", row.taken, 0) for row in rows]


async def some_apart(tx: Transaction, of: Settlement, after: UUID | None, limit: int) -> list[UUID]:
    """Up to `limit` of the subjects that are settled apart, from the one behind `after` on."""
    asked = {**_asked(of), "after": after, "limit": limit}
    return list((await tx.connection.execute(text(_SOME_APART), asked)).scalars())


async def hash_of_line(tx: Transaction, of: Settlement, line: LineKey, *, in_part: bool) -> bytes:
    """The hash of a line over the subjects that have items under it (`settling.sealing`); `in_part` says whether there
    are such of whom a part is due."""
    query = text(_LINE_HASH.format(parts=_HASHES_OF_PARTS if in_part else ""))
    return bytes((await tx.connection.execute(query, _asked(of, line))).scalar_one())


def _asked(of: Settlement, line: LineKey | None = None) -> dict[str, Any]:
    asked: dict[str, Any] = {"contract": of.contract_id, "settlement": of.id, "ends": of.period.end}
    return asked if line is None else {**asked, **dict(zip(("rule", "price", "payee"), line, strict=True))}
