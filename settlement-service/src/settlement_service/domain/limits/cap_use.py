"""Domain: how much is used of a cap by what is due: for a position, and for a simulation."""

from collections import Counter
from collections.abc import Iterable
from uuid import UUID

from settlement_service.domain.agreement.terms import Limit
from settlement_service.domain.limits.caps import group_of
from settlement_service.domain.limits.shares import Shared


def used_by_group(limit: Limit, due: Iterable[Shared]) -> dict[str, int]:
    """What is used of a cap on a rule, a period or the contract, in minor units, by the name of the group in order:
    `{"2026-01": 4500000, "2026-02": 500000}`. A rule or the contract of which nothing is used has 0."""
    used: Counter[str] = Counter({limit.definition.rule or "": 0} if limit.definition.kind != "period" else {})
    for shared in due:
        item = shared.due.item
        group = group_of(limit, item.key.rule, item.key.subject_id, item.achieved_on)
        if group is not None:
            used[group[1]] += shared.due.figures.under_caps_minor
    return dict(sorted(used.items()))


def used_by_payer(limit: Limit, due: Iterable[Shared]) -> int:
    """What the payer that a cap is on pays, in minor units."""
    return sum(dict(shared.shares).get(limit.definition.payer or "", 0) for shared in due)


def people_at(limit: Limit, due: Iterable[Shared]) -> int:
    """How many people have reached a cap on each person. Only that cap is looked at: a person of whom another cap cut
    more has reached this one all the same."""
    of_person: Counter[UUID] = Counter()
    for shared in due:
        item, figures = shared.due.item, shared.due.figures
        if group_of(limit, item.key.rule, item.key.subject_id, item.achieved_on):
            of_person[item.key.subject_id] += figures.left_by(("person",))
    return sum(1 for minor in of_person.values() if minor >= limit.minor)
