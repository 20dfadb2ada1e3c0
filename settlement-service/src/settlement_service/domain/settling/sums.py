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
    """What the changes under one rule at one price come to: differences in minor units."""

    version: int
    """The earliest version of the terms that a change is due by."""
    figures: Figures
    shares: Mapping[str, int]
    """What each payer pays of it, in minor units: `{"payer-1": 66667, "payer-2": 33333}`."""
    sample_subject_ids: frozenset[UUID]
    """The subjects that it is about, or some of them where they are very many: enough to say whether they are few."""
    subject_count: int
    """How many subjects it is about: 131."""
    measured_people: int = 0
    """How many people its figures are about, where its subjects are not people: 240 in two villages."""
    contract_changes: tuple[Change, ...] = ()
    """The changes among them that rest on no single claim."""


@dataclass(frozen=True, slots=True)
class Sums:
    """What a settlement comes to by line; why rules give nothing (`nothing`); and what rests on several subjects and
    did not change. `hashes` has the hash of each line over its items, in their order (`settling.sealing`), where items
    are kept. `accrued_after` is there when it adds up accruals: how many inputs there were when these began."""

    by_line: Mapping[LineKey, Sum]
    nothing: Mapping[RuleAndPayee, Reason]
    unchanged: Sequence[Change]
    hashes: Mapping[LineKey, bytes] = field(default_factory=dict)
    accrued_after: int | None = None


def sums_of(changes: Iterable[Change]) -> dict[LineKey, Sum]:
    """The sums of changes, by line."""
    by_line: dict[LineKey, list[Change]] = {}
    for change in changes:
        by_line.setdefault(change.line, []).append(change)
    return {line: sum_of(own) for line, own in by_line.items()}


def sum_of(changes: Sequence[Change]) -> Sum:
    """The sum of changes under one line, of which there is at least one."""
    shares: Counter[str] = Counter()
    for change in changes:
        shares.update(dict(change.shares))
    subjects = frozenset(change.key.item.subject_id for change in changes)
    return Sum(
        version=min(change.version for change in changes),
        figures=sum((change.difference for change in changes), Figures()),
        shares=shares,
        sample_subject_ids=subjects,
        subject_count=len(subjects),
        measured_people=max(change.measured_people for change in changes),
        contract_changes=tuple(change for change in changes if change.claim_id is None),
    )
