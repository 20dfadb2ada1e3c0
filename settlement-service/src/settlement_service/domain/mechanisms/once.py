"""Domain: what is paid once for the whole contract. It is achieved on the day of the last claim that it rests on."""

from dataclasses import replace
from datetime import date

from settlement_service.domain.agreement.calendar import last_day_before
from settlement_service.domain.agreement.terms import Terms
from settlement_service.domain.facts.figures import ItemKey
from settlement_service.domain.facts.outcome_data import OutcomeData
from settlement_service.domain.mechanisms.conditions import claims_under, last_day, measured_people
from settlement_service.domain.mechanisms.items import Item, NotPayable
from settlement_service.domain.mechanisms.working import Node

ONCE = "1"
"""The occurrence of what is paid once."""


def paid_once(
    terms: Terms, rule: str, metric: str, working: Node, minor: int, outcomes: OutcomeData, ends: date
) -> Item:
    """One amount of `minor` minor units, with how many people its claims are about."""
    claims = claims_under(working)
    return replace(
        _item(terms, rule, metric, last_day(claims, outcomes) or _latest(terms, ends)),
        units=1,
        gross_minor=minor,
        working=working,
        measured_people=measured_people(terms, claims, outcomes),
    )


def not_paid(terms: Terms, rule: str, working: Node, reason: NotPayable, outcomes: OutcomeData, ends: date) -> Item:
    """Nothing (yet), and why."""
    day = last_day(claims_under(working), outcomes) or _latest(terms, ends)
    return replace(_item(terms, rule, "", day), reason=reason, working=working)


def _item(terms: Terms, rule: str, metric: str, day: date) -> Item:
    key = ItemKey(rule, terms.contract_id, ONCE)
    return Item(key=key, claim_id=None, metric=metric, version=terms.version, achieved_on=day, order_key="")


def _latest(terms: Terms, ends: date) -> date:
    """The last day that is looked at: that of an item without claims."""
    return last_day_before(min(ends, terms.outcome_period.end))
