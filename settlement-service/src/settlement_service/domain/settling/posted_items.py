"""Domain: what a settlement posts of its items, as inputs of the settlements that come after it."""

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import groupby
from typing import Any
from uuid import UUID

from settlement_service.domain.facts.figures import FIGURES, Figures, Shares
from settlement_service.domain.facts.log import ItemPosted, ItemsPosted, SharePosted
from settlement_service.domain.settling.change import Change

MOST_ITEMS = 1000
"""Items in one input: a posting of more stands in several, so that none becomes too large to read."""


def items_posted(
    contract_id: UUID, settlement: int, period_end: date, changes: Iterable[Change]
) -> Iterator[ItemsPosted]:
    """What a settlement posts, as inputs: line by line, so that each can be given to whoever may read what a rule pays
    its payee. `changes` are in their order. `storage.posting_items` says the same of what the database holds, some
    items at a time. The order of `shares` differs: here it is that of the parties, there that of the keys of a stored
    object. Hashes are over the body that is stored, and no amount depends on the order."""
    for (rule, _, _), group in groupby(changes, key=lambda change: change.line):
        items = [_posted(change) for change in group]
        for at in range(0, len(items), MOST_ITEMS):
            yield ItemsPosted(
                contract_id=contract_id,
                settlement=settlement,
                period_end=period_end,
                rule=rule,
                items=tuple(items[at : at + MOST_ITEMS]),
            )


def _posted(change: Change) -> ItemPosted:
    difference = change.difference
    return ItemPosted(
        subject_id=change.key.item.subject_id,
        occurrence=change.key.item.occurrence,
        claim_id=change.claim_id,
        version=change.version,
        achieved_on=change.achieved_on,
        price_minor=change.key.price_minor,
        payee=change.key.payee,
        shares=tuple(SharePosted(payer=payer, minor=minor) for payer, minor in change.shares),
        **dict(zip(FIGURES, difference.row(), strict=True)),
    )


def item_document(change: Change) -> dict[str, Any]:
    """One item of a settlement as its hash is computed over it. Its names are signed with it and never change."""
    return {
        "rule": change.key.item.rule,
        "subjectId": str(change.key.item.subject_id),
        "occurrence": change.key.item.occurrence,
        "claimId": None if change.claim_id is None else str(change.claim_id),
        "termsVersion": change.version,
        "achievedOn": change.achieved_on.isoformat(),
        "priceMinor": change.key.price_minor,
        "payee": change.key.payee,
        "now": _figures(change.now, change.now_shares),
        "before": _figures(change.before, change.before_shares),
        "reason": change.reason,
    }


def _figures(figures: Figures, shares: Shares) -> dict[str, Any]:
    return {
        "units": figures.units,
        "grossMinor": figures.gross_minor,
        "cutMinor": dict(figures.cuts),
        "amountMinor": figures.amount_minor,
        "sharesMinor": dict(shares),
    }
