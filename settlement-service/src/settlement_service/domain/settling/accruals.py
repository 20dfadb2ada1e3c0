"""Domain: accruals: what single subjects are due, kept as their facts arrive, so that a settlement only adds it up.

This is the incremental driver of the stages (`stages`): those of one subject run when a fact about it comes. Whether
stages over the contract could change the result is known by the terms (`accrues`); of caps that people share it is
known when it is settled (`fits_under_shared_caps`).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

from services.core.disclosure import FEWEST
from settlement_service.domain.agreement.history import History
from settlement_service.domain.agreement.terms import Limit, Terms
from settlement_service.domain.facts.figures import Figures, LineKey
from settlement_service.domain.settling.basis import Basis
from settlement_service.domain.settling.change import Change
from settlement_service.domain.settling.posted_totals import Total, taken_besides
from settlement_service.domain.settling.sealing import Sealed, subject_hash
from settlement_service.domain.settling.stages import are_per_subject
from settlement_service.domain.settling.sums import Sum, sum_of


@dataclass(frozen=True, slots=True)
class AccruedSubject:
    """How what a subject has accrued enters a settlement, by the settlement's end, which is not included.

    `whole_from` is the end from which on all of it is due as it stands, None where it never is: for items of 3 March
    and 9 May it is 10 May. `in_part` says whether a settlement with an earlier end takes the items achieved before it
    as they stand: it may, as items are cut in the order of their days. Otherwise the subject is settled individually:
    looked at again by itself, as something of it was posted or is taken back.
    """

    id: UUID
    whole_from: date | None
    in_part: bool


@dataclass(frozen=True, slots=True)
class Accrual:
    """What one subject has accrued under one line: the sums of the changes of its items, and the hash over these.
    `shares` are by payer in party order, in minor units. `taken_minor` is the most that its items take up under caps
    that people share: what the cap on a person leaves of them."""

    subject: AccruedSubject
    line: LineKey
    figures: Figures
    shares: tuple[int, ...]
    taken_minor: int
    sha256: bytes


def accrues(history: History) -> bool:
    """Whether what one subject is due never depends on another subject, but for caps that keep what is paid. Amended
    terms never accrue: another version may govern what was kept."""
    return len(history.versions) == 1 and are_per_subject(history.newest)


def individually(basis: Basis) -> Basis:
    """The basis without caps that people share. Then what a subject is due does not depend on which subjects are looked
    at together. Whether those caps would cut, `fits_under_shared_caps` says of all that has accrued."""
    versions = (replace(terms, limits=_of_person(terms.limits)) for terms in basis.history.versions)
    return replace(basis, history=History(tuple(versions)))


def _of_person(limits: Iterable[Limit]) -> tuple[Limit, ...]:
    return tuple(limit for limit in limits if limit.definition.kind == "person")


def accruals_of(history: History, items: Iterable[Sealed]) -> list[Accrual]:
    """The accruals of subjects, line by line. `items` are all items of these subjects, in their order."""
    payers = history.newest.payers()
    by_subject: dict[UUID, dict[LineKey, list[Sealed]]] = {}
    for sealed in items:
        by_subject.setdefault(sealed.item.key.item.subject_id, {}).setdefault(sealed.item.line, []).append(sealed)
    accruals: list[Accrual] = []
    for subject_id, lines in by_subject.items():
        subject = _subject(subject_id, [sealed.item for own in lines.values() for sealed in own])
        accruals.extend(_accrual(payers, subject, line, own) for line, own in lines.items())
    return accruals


def _subject(subject_id: UUID, items: Sequence[Change]) -> AccruedSubject:
    """A subject of whom something is taken back is always settled individually, as other subjects may have a say in
    the reason. One of whom something was posted is so where a settlement's end leaves some of its items out."""
    is_taken_back = any(item.reason is not None for item in items)
    has_postings = any(item.before or item.before_shares for item in items)
    last_on = max(item.achieved_on for item in items)
    return AccruedSubject(
        id=subject_id,
        whole_from=None if is_taken_back else last_on + timedelta(days=1),
        in_part=not (is_taken_back or has_postings),
    )


def _accrual(payers: Sequence[str], subject: AccruedSubject, line: LineKey, own: Sequence[Sealed]) -> Accrual:
    total = sum_of([sealed.item for sealed in own])
    return Accrual(
        subject=subject,
        line=line,
        figures=total.figures,
        shares=tuple(total.shares.get(payer, 0) for payer in payers),
        taken_minor=sum(sealed.item.now.left_by(("person",)) for sealed in own),
        sha256=subject_hash(own),
    )


def fits_under_shared_caps(terms: Terms, totals: Sequence[Total], accrued: Iterable[Total]) -> bool:
    """Whether no cap that subjects share can cut anything, because all that was posted and all that has accrued fit
    under it together: 60,000.00 posted and 30,000.00 accrued under a cap of 100,000.00."""
    return all(
        minor <= limit.minor
        for limit in terms.limits
        if limit.definition.kind != "person"
        for (kind, _), minor in taken_besides([limit], [*totals, *accrued], ()).items()
        if kind == limit.definition.kind
    )


def merge_sums(some: Mapping[LineKey, Sum], additional: Mapping[LineKey, Sum]) -> dict[LineKey, Sum]:
    """The sums of the changes of two sets of subjects, none of whom is in both."""
    merged = dict(some)
    for line, more in additional.items():
        merged[line] = _added(merged[line], more) if line in merged else more
    return merged


def _added(some: Sum, more: Sum) -> Sum:
    # Disclosure asks no more than whether there are FEWEST: of a million subjects not all ids are carried.
    sample = some.sample_subject_ids
    if len(sample) < FEWEST:
        sample |= more.sample_subject_ids
    shares = Counter(some.shares)
    shares.update(more.shares)
    return Sum(
        version=min(some.version, more.version),
        figures=some.figures + more.figures,
        shares=shares,
        sample_subject_ids=sample,
        subject_count=some.subject_count + more.subject_count,
        measured_people=max(some.measured_people, more.measured_people),
    )
