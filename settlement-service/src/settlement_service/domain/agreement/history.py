"""Domain: the versions of a contract's terms side by side: which one decides on what."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from services.core.terms.outcomes import Metric
from services.events.contracts import InForce
from settlement_service.domain.agreement.calendar import last_day_before
from settlement_service.domain.agreement.terms import Reading, Rule, Terms, terms_of


@dataclass(frozen=True)
class History:
    """Every version that was put into force, the first one first."""

    versions: tuple[Terms, ...]

    @property
    def newest(self) -> Terms:
        """The last version: parties, currency and who may read what are by it."""
        return self.versions[-1]

    def governing(self, day: date) -> Terms:
        """The version that decides on what was achieved on `day`: the last one in effect then, or any later one that
        is retroactive (domain.md, section 2)."""
        if len(self.versions) == 1:
            return self.versions[0]
        held = [terms for terms in self.versions if terms.retroactive or terms.effective_from <= day]
        return held[-1] if held else self.versions[0]

    def at_end(self, ends: date) -> Terms:
        """The version whose caps hold for a settlement of everything achieved before `ends`."""
        return self.governing(last_day_before(ends))

    def version(self, number: int) -> Terms:
        """The version of that number."""
        return next(terms for terms in self.versions if terms.version == number)

    @cached_property
    def rules(self) -> Mapping[str, Rule]:
        """Every rule there is or was, as it reads in the last version that has it; those of the newest first."""
        rules: dict[str, Rule] = {}
        for terms in reversed(self.versions):
            for code, rule in terms.rules.items():
                rules.setdefault(code, rule)
        return rules

    @cached_property
    def positions(self) -> Mapping[str, int]:
        """The place of each rule among all: the order of lines."""
        return {code: place for place, code in enumerate(self.rules)}

    @cached_property
    def metrics(self) -> Mapping[str, Metric]:
        """Every metric there is or was, as it reads in the last version that has it."""
        metrics: dict[str, Metric] = {}
        for terms in reversed(self.versions):
            for code, metric in terms.metrics.items():
                metrics.setdefault(code, metric)
        return metrics

    @cached_property
    def all_versions(self) -> Terms:
        """The newest version with every party, rule and metric that there is or was: by it is decided who is shown
        what. What an amendment dropped is still settled, and shown to those whom it concerns."""
        parties = {party.organisation_id: party for terms in self.versions for party in terms.parties}
        current = self.newest.parties
        current_ids = {party.organisation_id for party in current}
        former = tuple(party for party in parties.values() if party.organisation_id not in current_ids)
        return replace(
            self.newest,
            parties=(*current, *former),
            rules=self.rules,
            metrics=self.metrics,
            other_readings=tuple(self._earlier_readings()),
        )

    def payee_of(self, rule: str, version: int) -> str:
        """Who a rule pays by a version of the terms."""
        return self.version(version).rules[rule].payee

    def _earlier_readings(self) -> Iterator[Reading]:
        """The rules as versions before the newest have them, each until the first day on which a later version takes
        effect."""
        for place, terms in enumerate(self.versions[:-1], start=1):
            ends = min(later.effective_from for later in self.versions[place:])
            yield from (Reading(rule, ends) for rule in terms.rules.values())

    def rank(self, metric: str, occurrence: str) -> tuple[int, str]:
        """Where an occurrence stands among those of its metric."""
        holder = next((terms for terms in reversed(self.versions) if metric in terms.metrics), self.newest)
        return holder.rank(metric, occurrence)

    def with_version(self, terms: Terms) -> "History":
        """The history with one more version."""
        return History(_knowing_all((*self.versions, terms)))


def history_of(versions: Sequence[InForce]) -> History:
    """The versions that were put into force, in the order of their numbers."""
    return History(_knowing_all(sorted(map(terms_of, versions), key=lambda terms: terms.version)))


def _knowing_all(versions: Sequence[Terms]) -> tuple[Terms, ...]:
    """The versions, with caps that know the rules of all of them. A rule that an amendment dropped is still paid for
    what was achieved before; a cap on a person leaves it alone if it pays for no single participant."""
    excluded = frozenset[str]().union(*(terms.in_all for terms in versions))
    return tuple(
        replace(terms, limits=tuple(replace(limit, excluded_rules=excluded) for limit in terms.limits))
        for terms in versions
    )
