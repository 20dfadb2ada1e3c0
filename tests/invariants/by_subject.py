"""Tests: what rules give for single verified claims, computed a second time: by units, milestones, bands."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from .banding import banded
from .claims import Claim, Known
from .items import Item, reason_of_day
from .measures import measured
from .terms import BY_UNITS, Definition, History, Terms, is_by_subject, metrics_paid


def items_by_subject(history: History, known: Known) -> list[Item]:
    """The items of all verified claims, payable or not, before conditions and caps."""
    subjects: dict[str, list[Claim]] = {}
    for claim in known.claims:
        if claim.counts:
            subjects.setdefault(claim.subject, []).append(claim)
    return [item for claims in subjects.values() for item in _Subject(history, known, claims).items()]


@dataclass
class _Used:
    """The occurrences that were paid to one subject under one rule, and their units."""

    occurrences: set[str]
    units: int = 0


class _Subject:
    """One subject's verified claims, in the order in which limits look at them."""

    def __init__(self, history: History, known: Known, claims: Iterable[Claim]) -> None:
        self._history, self._known = history, known
        self._claims = sorted(
            claims,
            key=lambda claim: (
                *(claim.achieved_on, history.rank(claim.metric, claim.occurrence)),
                *(claim.order_key, claim.id),
            ),
        )
        self._used: dict[str, _Used] = {}

    def items(self) -> Iterator[Item]:
        for claim in self._claims:
            terms = self._history.governing(claim.achieved_on)
            rules = [rule for rule in terms.rules.values() if claim.metric in metrics_paid(rule)]
            if not rules:
                yield _item(claim, "", terms).without("no-rule")
            for rule in filter(is_by_subject, rules):
                if rule["kind"] in BY_UNITS:
                    yield self._in_units(terms, rule, claim)
                elif claim.arm in (None, "intervention") and rule["measure"].get("at") in (None, claim.occurrence):
                    yield self._in_bands(terms, rule, claim)

    def _in_units(self, terms: Terms, rule: Definition, claim: Claim) -> Item:
        used = self._used.setdefault(rule["code"], _Used(set()))
        item = _item(claim, rule["code"], terms)
        reason = self._reason(terms, claim) or self._used_up(terms, rule, claim, used)
        if reason:
            return item.without(reason)
        if rule["kind"] == "milestone":
            if rule.get("late") == "lost" and rule.get("dueOn") and claim.achieved_on > rule["dueOn"]:
                return item.without("after-due-date")
            used.occurrences.add(claim.occurrence)
            return replace(item, units=1, gross=terms.minor(rule["amount"]))
        price = next((minor for start, end, minor in terms.prices(rule) if start <= claim.achieved_on < end), None)
        most = rule.get("maxUnitsPerPerson")
        units = claim.units if most is None else min(claim.units, most - used.units)
        if price is None or units <= 0:
            return item.without("over-units-per-person" if units <= 0 else "no-price")
        used.occurrences.add(claim.occurrence)
        used.units += units
        return replace(item, price=price, units=units, gross=price * units)

    def _reason(self, terms: Terms, claim: Claim) -> str | None:
        reason = reason_of_day(terms, self._known, claim.achieved_on)
        needed = terms.metrics[claim.metric].get("prerequisite")
        if reason is None and needed:
            there = any(
                earlier.metric == needed and earlier.achieved_on <= claim.achieved_on for earlier in self._claims
            )
            return None if there else "prerequisite-missing"
        return reason

    @staticmethod
    def _used_up(terms: Terms, rule: Definition, claim: Claim, used: _Used) -> str | None:
        if claim.occurrence in used.occurrences:
            return "same-occurrence"
        first_only = rule.get("occurrences", "every") == "first"
        payments = 1 if first_only else terms.metrics[claim.metric].get("maxPaymentsPerPerson", 1)
        return "over-payments-per-person" if len(used.occurrences) >= payments else None

    def _in_bands(self, terms: Terms, rule: Definition, claim: Claim) -> Item:
        """By the subject's own value: nobody else can be missing."""
        used = self._used.setdefault(rule["code"], _Used(set()))
        item = _item(claim, rule["code"], terms)
        reason = self._reason(terms, claim) or self._used_up(terms, rule, claim, used)
        if reason:
            return item.without(reason)
        asked: Mapping[str, object] = {
            **rule["measure"],
            "at": claim.occurrence,
            "cohorts": None,
            "missing": "excluded",
        }
        figure = measured(asked, terms, Known(self._known.contract_id, tuple(self._claims)))
        if figure.value is None:
            return item.without("not-yet-measured")
        minor = banded(terms, rule, figure.value)
        if minor is None:
            return item.without("no-band")
        used.occurrences.add(claim.occurrence)
        return replace(item, units=1, gross=minor)


def _item(claim: Claim, rule: str, terms: Terms) -> Item:
    return Item(
        key=(rule, claim.subject, claim.occurrence),
        claim_id=claim.id,
        metric=claim.metric,
        version=terms.version,
        achieved_on=claim.achieved_on,
        order_key=claim.order_key,
    )
