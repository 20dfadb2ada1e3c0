"""Tests: what rules give that look at several subjects together, computed a second time: gates, pooled bands, savings,
fees."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from .banding import banded
from .claims import Claim, Known
from .conditions import decided
from .days import day_before, whole_periods
from .items import DAYS, Item, ItemKey, reason_of_day
from .measures import measured
from .savings import shared_savings
from .terms import Definition, History, Terms

ONCE = "1"


def items_in_all(history: History, known: Known, ends: str) -> list[Item]:
    """Their items, from what was achieved before `ends`, each by the version that governs its day, one for each key.
    What was achieved on a day when nothing is paid counts neither for an amount nor against it."""
    seen = known.before(ends)
    counting = replace(seen, claims=tuple(claim for claim in seen.claims if not _is_idle(history, known, claim)))
    items: dict[ItemKey, Item] = {}
    for terms in history.versions:
        for rule in terms.rules.values():
            given, whole = (list(_items(terms, rule, counted, ends)) for counted in (counting, seen))
            for item, otherwise in zip(given, whole, strict=True):
                item = _told(terms, known, item, otherwise)
                if history.governing(item.achieved_on) is terms:
                    items[item.key] = _that_prevails(rule, items.get(item.key, item), item)
    return list(items.values())


def _is_idle(history: History, known: Known, claim: Claim) -> bool:
    return reason_of_day(history.governing(claim.achieved_on), known, claim.achieved_on) is not None


def _told(terms: Terms, known: Known, item: Item, otherwise: Item) -> Item:
    """What counts, or that only the day stands in the way: `otherwise` is what all days together would give."""
    item, otherwise = (_by_day(terms, known, alternative) for alternative in (item, otherwise))
    return otherwise if item.reason and otherwise.reason in DAYS else item


def _by_day(terms: Terms, known: Known, item: Item) -> Item:
    reason = None if item.reason else reason_of_day(terms, known, item.achieved_on, item.key[0])
    return item.without(reason) if reason else item


def _that_prevails(rule: Definition, earlier: Item, item: Item) -> Item:
    """Of what two versions give for one key: what is paid once stays as it was first, a figure gives way to a newer
    one; and nothing gives way to anything."""
    if earlier.reason or item.reason:
        return item if earlier.reason else earlier
    return earlier if rule["kind"] == "gate" else item


def _items(terms: Terms, rule: Definition, seen: Known, ends: str) -> Iterator[Item]:
    if rule["kind"] == "gate":
        yield _gate(terms, rule, seen, ends)
    elif rule["kind"] == "bands" and rule.get("per", "contract") == "contract":
        yield _pooled(terms, rule, seen, ends)
    elif rule["kind"] == "savings_share":
        yield from _savings(terms, rule, seen, ends)
    elif rule["kind"] == "service_fee":
        yield from _fees(terms, rule, seen, ends)


def _gate(terms: Terms, rule: Definition, seen: Known, ends: str) -> Item:
    truth = decided(rule["condition"], terms, seen)
    item = _item(terms, rule, seen, ends, ONCE, truth.rests_on)
    if not truth.value:
        return item.without("gate-not-met" if truth.value is False else "not-yet-measured")
    return replace(item, units=1, gross=terms.minor(rule["amount"]), people_count=_people(terms, seen, truth.rests_on))


def _pooled(terms: Terms, rule: Definition, seen: Known, ends: str) -> Item:
    figure = measured(rule["measure"], terms, seen)
    minor = None if figure.value is None else banded(terms, rule, figure.value)
    item = _item(terms, rule, seen, ends, ONCE, figure.rests_on)
    if minor is None:
        return item.without("not-yet-measured" if figure.value is None else "no-band")
    metric, people_count = rule["measure"]["metric"], _people(terms, seen, figure.rests_on)
    return replace(item, metric=metric, units=1, gross=minor, people_count=people_count)


def _savings(terms: Terms, rule: Definition, seen: Known, ends: str) -> Iterator[Item]:
    in_days = any(component["baseline"]["kind"] == "per_person_day" for component in rule["components"])
    for shared in shared_savings(terms, rule, seen):
        claims = [claim.id for claim in shared.claims]
        item = replace(_item(terms, rule, seen, ends, shared.point, claims), metric=rule["components"][0]["metric"])
        if shared.minor is None:
            yield item.without("not-yet-measured")
        else:
            yield replace(
                item, units=1, gross=shared.minor, people_count=0 if in_days else _people(terms, seen, claims)
            )


def _fees(terms: Terms, rule: Definition, seen: Known, ends: str) -> Iterator[Item]:
    """For each period that is over; with `delivery` only where something was delivered in it."""
    for name, start, end in whole_periods(rule["start"], rule["until"], rule["every"]):
        if end > ends:
            return
        item = replace(_item(terms, rule, seen, ends, name), achieved_on=day_before(end))
        wanted = rule.get("delivery")
        if wanted and not any(claim.counts and start <= claim.achieved_on < end for claim in seen.on(wanted)):
            yield item.without("not-delivered")
        else:
            yield replace(item, units=1, gross=terms.minor(rule["amount"]))


def _item(
    terms: Terms, rule: Definition, seen: Known, ends: str, occurrence: str, rests_on: Iterable[str] = ()
) -> Item:
    """Achieved when the last of the claims was that it rests on; without any, on the last day that is looked at."""
    wanted = frozenset(rests_on)
    days = [claim.achieved_on for claim in seen.claims if claim.id in wanted]
    day = max(days, default=day_before(min(ends, terms.definition["outcomePeriod"]["end"])))
    return Item((rule["code"], seen.contract_id, occurrence), None, "", terms.version, day)


def _people(terms: Terms, seen: Known, rests_on: Iterable[str]) -> int:
    """Those who were served: each participant once, and of a cohort or site the most that was measured on."""
    wanted, people = frozenset(rests_on), dict[str, int]()
    for claim in seen.claims:
        if claim.id in wanted and claim.arm in (None, "intervention"):
            is_one = terms.metrics[claim.metric]["subject"] == "participant"
            number = 1 if is_one else (claim.measurement or {}).get("n") or 0
            people[claim.subject] = max(people.get(claim.subject, 0), number)
    return sum(people.values())
