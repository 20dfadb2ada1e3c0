"""Domain: accruals: what single subjects are due, kept as their facts arrive, so that a settlement only adds it up.

The incremental driver of the stages (`stages`): the stages of one subject run when something of it comes. What stages
over the contract would change is known by the terms (`accrues`), and of caps that people share when it is settled
(`fits_under_shared_caps`).
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
from settlement_service.domain.settling.stages import looks_at_others, unsettles
from settlement_service.domain.settling.sums import Sum, sum_of


@dataclass(frozen=True, slots=True)
class AccruedSubject:
    """How what a subject has accrued enters a settlement, by the day that settles it up to, which is not included.

    `whole_from`: from which day on all of it is due as it stands; None where it never is. `in_part`: whether before
    that day what was achieved by then is due as it stands, as items are cut in the order of their days. Otherwise it is
    settled individually: looked at again by itself, as something was posted or is taken back.
    """

    id: UUID
    whole_from: date | None
    in_part: bool


@dataclass(frozen=True, slots=True)
class Accrual:
    """What one subject has accrued under one line: the sums of the changes of its items, and the hash over these.
    `shares` are by payer in party order, in minor units; `taken_minor` is what they take up under caps that people
    share, at most."""

    subject: AccruedSubject
    line: LineKey
    figures: Figures
    shares: tuple[int, ...]
    taken_minor: int
    sha256: bytes


def accrues(history: History) -> bool:
    """Whether what one subject is due never depends on another, but for caps that keep what is paid."""
    terms = history.newest
    return len(history.versions) == 1 and not (looks_at_others(terms) or unsettles(terms))


def individually(basis: Basis) -> Basis:
    """What some subjects are due by without a look at others: caps that people share cut nobody, whoever is looked at
    together. Whether they would, `fits_under_shared_caps` says of all that has accrued."""
    versions = (replace(terms, limits=_of_person(terms.limits)) for terms in basis.history.versions)
    return replace(basis, history=History(tuple(versions)))


def _of_person(limits: Iterable[Limit]) -> tuple[Limit, ...]:
    return tuple(limit for limit in limits if limit.definition.kind == "person")


def accruals_of(history: History, items: Iterable[Sealed]) -> list[Accrual]:
    """What subjects have accrued, line by line. `items` are all of theirs, in their order."""
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
    """Something that is taken back is always settled individually: others may have a say in why. What was posted before
    is so where an end leaves some of it out."""
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


def merge_sums(some: Mapping[LineKey, Sum], others: Mapping[LineKey, Sum]) -> dict[LineKey, Sum]:
    """The sums of changes of two sets of subjects, none of whom is in both."""
    merged = dict(some)
    for line, more in others.items():
        merged[line] = _added(merged[line], more) if line in merged else more
    return merged


def _added(some: Sum, more: Sum) -> Sum:
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
