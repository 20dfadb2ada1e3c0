"""Domain: who is shown what of a settlement (domain.md, section 6)."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from services.core.terms.measures import Measure, counts_enrolled, measures_in, metrics_of
from services.core.terms.mechanisms.bands import Bands
from services.core.terms.mechanisms.table import measures_of
from services.core.terms.mechanisms.unit_price import UnitPrice
from services.core.terms.outcomes import Metric
from services.core.terms.parties import NEVER_AT_CLAIMS, Role
from settlement_service.domain.agreement.terms import Reading, Rule, Terms, is_by_subject

TERMS_SCOPE = "terms"
PEOPLE_SCOPE = "people"


@dataclass(frozen=True, slots=True)
class Audience:
    """What one party is shown: `lines` and `items` are codes of rules, `claims` codes of metrics. Of a rule it is shown
    what is or was due to itself; of `all_lines` and `all_items` what is due to anybody. `whole` says that nothing is
    left out; `grouped` that small counts are hidden from it."""

    organisation: str
    role: Role
    whole: bool
    grouped: bool
    lines: frozenset[str]
    items: frozenset[str]
    claims: frozenset[str]
    people: bool = False
    """Whether the items rest on who was enrolled."""
    all_lines: frozenset[str] = frozenset()
    all_items: frozenset[str] = frozenset()
    claims_before: Mapping[str, date] = field(default_factory=dict)
    """Metrics of whose claims it is given those achieved before a day: from then on others are paid."""

    def sees_line(self, rule: str, payee: str) -> bool:
        """Whether it is shown what a rule pays this payee."""
        return rule in self.all_lines or (rule in self.lines and payee == self.organisation)

    def sees_item(self, rule: str, payee: str) -> bool:
        """Whether it is shown the items of that, one by one."""
        return rule in self.all_items or (rule in self.items and payee == self.organisation)

    @property
    def sees_items_of_its_lines(self) -> bool:
        """Whether there is no line whose items it is not shown."""
        return self.lines <= self.items and self.all_lines <= self.all_items


def audience_of(terms: Terms, organisation: str) -> Audience | None:
    """What a party is shown, or None for who is no party. A payer is shown everything. Who must never see single
    outcomes is shown the lines it is paid by. Who was paid before an amendment is still shown what that was, and its
    corrections."""
    role = terms.role_of(organisation)
    if role is None:
        return None
    readings = [reading for reading in terms.readings if reading.rule.payee == organisation]
    paid_by = frozenset(reading.rule.code for reading in readings)
    if role == "payer":
        every = frozenset(terms.rules)
        metrics = frozenset(terms.metrics)
        return Audience(organisation, role, True, False, every, every, metrics, all_lines=every, all_items=every)
    if role in NEVER_AT_CLAIMS:
        return Audience(organisation, role, False, True, paid_by, frozenset(), frozenset())
    return _at_claims(terms, organisation, role, readings)


def _at_claims(terms: Terms, organisation: str, role: Role, paid_by: Sequence[Reading]) -> Audience:
    """Everybody else is shown the lines that pay it, and all that rest on a metric it reports, verifies or decides
    disputes on; and the items of those that pay it as provider or intermediary, and of all that rest on metrics it
    reports or verifies alone. What others are paid is not shown to who may not read the payment terms."""
    at_work = frozenset(code for code, metric in terms.metrics.items() if organisation in _workers(metric))
    concerned = at_work | {code for code, one in terms.metrics.items() if one.disputes_decided_by == organisation}
    if not terms.may_read(role, "payment"):
        at_work = concerned = frozenset()
    own = paid_by if role != "evaluator" else []
    all_items = frozenset(rule.code for rule in terms.rules.values() if rule.metrics and rule.metrics <= at_work)
    all_lines = _resting_on(terms, concerned)
    ended = [reading for reading in own if reading.until is not None and _looks_back_alone(terms, reading.rule)]
    rules = [reading.rule for reading in own if reading not in ended] + [terms.rules[code] for code in all_items]
    claims = at_work | _needed(terms, rules)
    return Audience(
        organisation=organisation,
        role=role,
        whole=False,
        grouped=False,
        lines=all_lines | {reading.rule.code for reading in paid_by},
        items=all_items | {reading.rule.code for reading in own},
        claims=claims,
        people=any(counts_enrolled(one) for one in _measures_under(terms, rules)),
        all_lines=all_lines,
        all_items=all_items,
        claims_before=_before(terms, ended, claims),
    )


def _looks_back_alone(terms: Terms, rule: Rule) -> bool:
    """Whether nothing that is achieved later can change what a rule gives for a day."""
    held = terms.retention
    waits = held is not None and held.release_when is not None
    in_all = isinstance(rule.said, UnitPrice) and rule.said.max_units is not None
    measured = isinstance(rule.said, Bands)
    return is_by_subject(rule.said) and rule.said.when is None and not (waits or in_all or measured)


def _before(terms: Terms, ended: Iterable[Reading], claims: frozenset[str]) -> Mapping[str, date]:
    found: dict[str, date] = {}
    for reading in ended:
        for code in _needed(terms, [reading.rule]) - claims:
            found[code] = max(found.get(code, date.min), reading.until or date.max)
    return found


def _measures_under(terms: Terms, rules: Iterable[Rule]) -> Iterator[Measure]:
    """What is measured for rules: their own measures, and those that what is held back of them waits for."""
    codes = set()
    for rule in rules:
        codes.add(rule.code)
        yield from measures_of(rule.said)
    held = terms.retention
    if held is not None and held.release_when is not None and (held.rules is None or codes & set(held.rules)):
        yield from measures_in(held.release_when)


def _needed(terms: Terms, rules: Collection[Rule]) -> frozenset[str]:
    """The metrics that rules are computed from, prerequisites included."""
    measured = {code for one in _measures_under(terms, rules) for code in metrics_of(one)}
    found = frozenset(code for rule in rules for code in rule.needs) | measured
    while more := {terms.metrics[code].prerequisite for code in found} - found - {None}:
        found |= frozenset(code for code in more if code is not None)
    return found


def _workers(metric: Metric) -> tuple[str, str]:
    return metric.reported_by, metric.verified_by


def _resting_on(terms: Terms, metrics: frozenset[str]) -> frozenset[str]:
    return frozenset(rule.code for rule in terms.rules.values() if rule.metrics & metrics)


def may_have_inputs(terms: Terms, audience: Audience) -> bool:
    """Whether a party is given inputs: it sees items, and the terms let it read what they are computed by."""
    readable = all(terms.may_read(audience.role, part) for part in ("outcomes", "payment"))
    return audience.whole or bool(audience.items and readable)


def metric_scope(code: str) -> str:
    """The scope of facts on a metric's claims."""
    return f"metric/{code}"


def rule_scope(code: str) -> str:
    """The scope of all items of a rule."""
    return f"rule/{code}"


def paid_scope(code: str, payee: str) -> str:
    """The scope of the items by which a rule pays one payee."""
    return f"{rule_scope(code)}/{payee}"


def scopes_of(terms: Terms, audience: Audience) -> tuple[str, ...]:
    """The scopes that a party may read all participant-level rows of. A payer reads all without this."""
    if audience.whole or audience.grouped:
        return ()
    terms_too = (TERMS_SCOPE,) if may_have_inputs(terms, audience) else ()
    people = (PEOPLE_SCOPE,) if audience.people else ()
    metrics = tuple(metric_scope(code) for code in sorted(audience.claims))
    rules = tuple(rule_scope(code) for code in sorted(audience.all_items))
    payees = ((code, payee) for code in sorted(audience.items) for payee in terms.payees[code])
    paid = tuple(paid_scope(code, payee) for code, payee in payees if audience.sees_item(code, payee))
    return terms_too + people + metrics + rules + paid


def scopes_before(audience: Audience) -> Mapping[str, date]:
    """The scopes of which it may read what was achieved before a day."""
    return {metric_scope(code): day for code, day in sorted(audience.claims_before.items())}


def readership(terms: Terms) -> Mapping[str, tuple[str, ...]]:
    """For each scope the organisations that may read all of it beside the payers, in party order."""
    readers: dict[str, tuple[str, ...]] = {}
    for audience in _audiences(terms):
        for scope in scopes_of(terms, audience):
            readers[scope] = (*readers.get(scope, ()), audience.organisation)
    return readers


def readership_before(terms: Terms) -> Mapping[tuple[str, date], tuple[str, ...]]:
    """The same of those who may read what was achieved before a day."""
    readers: dict[tuple[str, date], tuple[str, ...]] = {}
    for audience in _audiences(terms):
        for scope in scopes_before(audience).items():
            readers[scope] = (*readers.get(scope, ()), audience.organisation)
    return readers


def _audiences(terms: Terms) -> Iterator[Audience]:
    for party in terms.parties:
        audience = audience_of(terms, party.organisation_id)
        if audience is not None:
            yield audience
