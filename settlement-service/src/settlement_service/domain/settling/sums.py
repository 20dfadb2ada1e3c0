"""Domain: what the changes of a settlement come to, line by line."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from settlement_service.domain.facts.figures import Figures, LineKey, RuleAndPayee
from settlement_service.domain.settling.change import Change
from settlement_service.domain.settling.reasons import Reason


@dataclass(frozen=True, slots=True)
class Sum:
    """What the changes under one rule at one price come to: differences in minor units, by the earliest `version` of
    the terms that one of them is due by; and the `count` distinct subjects that they are about, or some of them."""

    version: int
    figures: Figures
    shares: Mapping[str, int]
    people: frozenset[UUID]
    count: int
    behind: int = 0
    contract_changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Sums:
    """What a settlement comes to: by line, why rules give nothing as a whole, and what rests on several subjects and
    did not change; with the hash of each line over its items, in their order (`settling.sealing`), where they are kept.
    `due_after` is there when it refers to what was worked out as facts arrived: after how many inputs that became
    due."""

    by_line: Mapping[LineKey, Sum]
    nothing: Mapping[RuleAndPayee, Reason]
    unchanged: Sequence[Change]
    hashes: Mapping[LineKey, bytes] = field(default_factory=dict)
    due_after: int | None = None


def sums_of(changes: Iterable[Change]) -> dict[LineKey, Sum]:
    """What changes come to, by line."""
    behind: dict[LineKey, list[Change]] = {}
    for change in changes:
        behind.setdefault(change.line, []).append(change)
    return {key: sum_of(group) for key, group in behind.items()}


def sum_of(changes: Sequence[Change]) -> Sum:
    """What changes under one line come to."""
    shares: Counter[str] = Counter()
    for change in changes:
        shares.update(dict(change.shares))
    people = frozenset(change.key.item.subject_id for change in changes)
    return Sum(
        version=min(change.version for change in changes),
        figures=sum((change.difference for change in changes), Figures()),
        shares=shares,
        people=people,
        count=len(people),
        behind=max(change.behind for change in changes),
        contract_changes=tuple(change for change in changes if change.claim_id is None),
    )
