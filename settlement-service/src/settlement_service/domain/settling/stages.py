"""Domain: the stages that a settlement's amounts go through, each with one value that the next one takes.

A stage is *per subject* where what it gives for one subject never depends on another, or *over the contract*. There is
one pipeline and two drivers. All at once (`settle`): every stage over all that is looked at. Incremental (`accruals`):
the stages of one subject as its facts arrive, where nothing over the contract can change what they give.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, TypeAlias

from services.core.terms.mechanisms.table import pays_each_subject
from services.core.terms.splits import MaximaInOrder
from settlement_service.domain.agreement.calendar import last_day_before
from settlement_service.domain.agreement.terms import Terms
from settlement_service.domain.facts.figures import Figures, ItemKey, Posted, Shares, figures_of
from settlement_service.domain.limits.below_zero import negative_items_to_keep
from settlement_service.domain.limits.capping import PreviouslyPosted, apply_caps
from settlement_service.domain.limits.caps import Due, Taken, taken_by
from settlement_service.domain.limits.conditional import apply_conditions, is_ready
from settlement_service.domain.limits.payers import split_among_payers
from settlement_service.domain.limits.release import released_by_all_known, released_versions
from settlement_service.domain.limits.retention import RetentionState, retain_of
from settlement_service.domain.limits.shares import Shared
from settlement_service.domain.mechanisms.items import Item
from settlement_service.domain.mechanisms.mechanism import AmountsByRule
from settlement_service.domain.mechanisms.of_contract import contract_items
from settlement_service.domain.mechanisms.over_rules import gives_over_rules, items_over_rules
from settlement_service.domain.mechanisms.table import mechanism_of
from settlement_service.domain.settling.basis import Basis

Scope: TypeAlias = Literal["per subject", "over the contract"]


@dataclass(frozen=True, slots=True)
class Evaluated:
    """The `items` that rules give before anything is taken off. `posted` is what was posted of the items that the
    reader sees, `figures` the same by item, over all prices and payees."""

    items: Sequence[Item]
    posted: Sequence[Posted]
    figures: Mapping[ItemKey, Figures]


@dataclass(frozen=True, slots=True)
class Conditioned:
    """All `items`, each that is not payable with its reason; and the `payable` ones, which may be settled now.
    `covered` is what was posted of items that are settled now, `taken` what all other posted items take up under
    caps."""

    items: Sequence[Item]
    payable: Sequence[Item]
    covered: Sequence[Posted]
    taken: Taken


@dataclass(frozen=True, slots=True)
class Capped:
    """What caps leave of each payable item (`due`); and all `items`, those of rules over rules among them."""

    items: Sequence[Item]
    due: Sequence[Due]


def evaluate(basis: Basis, ends: date) -> Evaluated:
    """Per subject: its items, as they were evaluated when facts came. Over the contract: what rests on several
    subjects."""
    together = contract_items(basis.history, basis.terminated_on, basis.outcomes, ends)
    posted = [each for each in basis.posted if basis.sees_posted(each)]
    items = [item for item in (*basis.items, *together) if basis.looks_at(item)]
    return Evaluated(items, posted, figures_of(posted))


def condition(basis: Basis, ends: date, evaluated: Evaluated) -> Conditioned:
    """Over the contract: conditions of rules, limits on units in all, pauses. What rests on no single claim and was
    posted for a later date stays as it is: by what was known before `ends` it would be another amount."""
    history, figures = basis.history, evaluated.figures
    items = apply_conditions(history, evaluated.items, basis.outcomes, ends, figures)
    posted_later = {
        each.key.item
        for each in evaluated.posted
        if each.claim_id is None and each.achieved_on >= ends and each.figures
    }
    payable = [
        item
        for item in items
        if item.reason is None
        and item.key not in posted_later
        and basis.sees(item)
        and (is_ready(history, item, ends) or _was_paid(item, ends, figures))
    ]
    keys = {item.key for item in payable}
    covered, not_covered = list[Posted](), list[Posted]()
    for each in evaluated.posted:
        # A claim whose day was corrected to one before `ends` is settled now, also where it was posted for a later day.
        (covered if each.achieved_on < ends or each.key.item in keys else not_covered).append(each)
    taken = taken_by(history.at_end(ends).limits, not_covered)
    taken.update(basis.rest)
    return Conditioned(items, payable, covered, taken)


def _was_paid(item: Item, ends: date, posted: Mapping[ItemKey, Figures]) -> bool:
    """Whether an item was paid already. One that was paid when its pause was over stays due when an earlier day is
    settled again."""
    return item.achieved_on < ends and bool(posted.get(item.key))


def keep_negatives(basis: Basis, ends: date, conditioned: Conditioned) -> Conditioned:
    """Over the contract: amounts below zero stay as they were posted where what they gave room to is posted for a later
    date."""
    limits, covered = basis.history.at_end(ends).limits, conditioned.covered
    stay = negative_items_to_keep(basis.history, limits, conditioned.payable, covered, conditioned.taken)
    if not stay:
        return conditioned
    taken = Counter(conditioned.taken)
    taken.update(taken_by(limits, [each for each in covered if each.key.item in stay]))
    return replace(
        conditioned,
        payable=[item for item in conditioned.payable if item.key not in stay],
        covered=[each for each in covered if each.key.item not in stay],
        taken=taken,
    )


def cap(basis: Basis, ends: date, evaluated: Evaluated, kept: Conditioned) -> Capped:
    """Per subject: the cap on a person. Over the contract: caps on rules, then rules over rules (an advance is netted),
    then caps on periods and on the contract."""
    history = basis.history
    posted = PreviouslyPosted(
        figures=figures_of(kept.covered),
        settled=basis.settled,
        last_day=last_day_before(ends),
        days={each.key.item: each.achieved_on for each in kept.covered if each.figures},
    )
    over_rules: list[Item] = []

    def net(amounts: AmountsByRule) -> Sequence[Item]:
        given = items_over_rules(history, basis.terminated_on, amounts, basis.outcomes, ends)
        over_rules[:] = apply_conditions(history, given, basis.outcomes, ends, evaluated.figures) if given else ()
        return [item for item in over_rules if item.reason is None and basis.sees(item)]

    due = apply_caps(history, history.at_end(ends).limits, kept.payable, posted, kept.taken, net)
    return Capped([*kept.items, *over_rules], due)


def retain(basis: Basis, ends: date, evaluated: Evaluated, capped: Capped) -> Sequence[Due]:
    """Over the contract: a share of each amount is held back, until a day, or a condition on all outcomes."""
    history, outcomes = basis.history, basis.outcomes
    released, later = released_versions(history, outcomes, ends), released_by_all_known(history, outcomes)
    return retain_of(history, capped.due, RetentionState(released, later, evaluated.figures))


def share(basis: Basis, ends: date, kept: Conditioned, due: Sequence[Due]) -> Sequence[Shared]:
    """Per subject: by weight. Over the contract: where payers have maxima or caps."""
    paid: dict[ItemKey, Counter[str]] = {}
    for each in kept.covered:
        paid.setdefault(each.key.item, Counter()).update(dict(each.shares))
    before: dict[ItemKey, Shares] = {key: tuple(shares.items()) for key, shares in paid.items()}
    return split_among_payers(basis.history, last_day_before(ends), due, before, kept.taken)


@dataclass(frozen=True, slots=True)
class Stage:
    """What is known of a stage by the terms alone. `looks_at_others` is whether, by these terms, what a subject is
    given for the first time depends on other subjects. `unsettles` is whether an amount that was settled for a subject
    may change by what becomes of other subjects."""

    name: str
    looks_at_others: Callable[[Terms], bool]
    unsettles: Callable[[Terms], bool]

    def scope(self, terms: Terms) -> Scope:
        """Whether it has to be run over the contract, or gives the same for each subject by itself."""
        is_over_contract = self.looks_at_others(terms) or self.unsettles(terms)
        return "over the contract" if is_over_contract else "per subject"


def _pays_together(terms: Terms) -> bool:
    return not all(pays_each_subject(rule.definition) for rule in terms.rules.values())


def _depends_on_others(terms: Terms) -> bool:
    rules = [rule.definition for rule in terms.rules.values()]
    return any(mechanism_of(rule).depends_on_others(rule) for rule in rules)


def _is_conditional(terms: Terms) -> bool:
    """A condition, a limit on the units of all together, or a pause."""
    rules = [rule.definition for rule in terms.rules.values()]
    conditional = any(rule.when is not None or mechanism_of(rule).max_units(rule) is not None for rule in rules)
    return conditional or any(window.mode == "paused" for window in terms.windows)


def _may_be_below_zero(terms: Terms) -> bool:
    rules = [rule.definition for rule in terms.rules.values()]
    return any(mechanism_of(rule).may_be_below_zero(rule) for rule in rules)


def _goes_by_date_or_rules(terms: Terms) -> bool:
    """A cap under which what was paid does not keep its place, or an amount over those of other rules."""
    by_date = any(not limit.keep_paid or limit.definition.period_basis == "settled" for limit in terms.limits)
    return by_date or gives_over_rules(terms)


def _holds_back(terms: Terms) -> bool:
    return terms.retention is not None


def _has_maxima_of_payers(terms: Terms) -> bool:
    in_order = any(isinstance(rule.split, MaximaInOrder) for rule in terms.rules.values())
    return in_order or any(limit.definition.kind == "payer" for limit in terms.limits)


def _never(terms: Terms) -> bool:
    return False


STAGES = (
    Stage("evaluate", looks_at_others=_pays_together, unsettles=_depends_on_others),
    Stage("condition", looks_at_others=_is_conditional, unsettles=_is_conditional),
    Stage("keep negatives", looks_at_others=_may_be_below_zero, unsettles=_may_be_below_zero),
    Stage("cap", looks_at_others=gives_over_rules, unsettles=_goes_by_date_or_rules),
    Stage("retain", looks_at_others=_holds_back, unsettles=_holds_back),
    Stage("share", looks_at_others=_has_maxima_of_payers, unsettles=_never),
    Stage("difference", looks_at_others=_never, unsettles=_never),
)
"""The stages in their order. Caps that subjects share are no reason to look at other subjects by the terms alone:
whether they cut anything is known when it is settled (`accruals.fits_under_shared_caps`)."""


def unsettles(terms: Terms) -> bool:
    """Whether an amount that was settled for one subject may change by what becomes of other subjects. Where none may,
    a settlement looks only at subjects of whom something is new."""
    return any(stage.unsettles(terms) for stage in STAGES)


def are_per_subject(terms: Terms) -> bool:
    """Whether every stage gives the same for each subject by itself."""
    return all(stage.scope(terms) == "per subject" for stage in STAGES)
