"""Domain: who is shown what of a settlement (domain.md, section 6)."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from services.core.terms.measures import Measure, counts_enrolled, measures_in, metrics_of
from services.core.terms.mechanisms.table import measures_of, mechanism_of, pays_each_subject
from services.core.terms.outcomes import Metric
from services.core.terms.parties import NEVER_AT_CLAIMS, Role
from settlement_service.domain.agreement.terms import Reading, Rule, Terms

TERMS_SCOPE = "terms"
PEOPLE_SCOPE = "people"


@dataclass(frozen=True, slots=True)
class Audience:
    """What one party is shown. `lines` and `items` are codes of rules, `claims` codes of metrics. Of a rule in them it
    is shown what is or was due to itself; of a rule in `all_lines` and `all_items` what is due to anybody.
    `sees_everything`: nothing is left out. `grouped`: small counts are hidden from it (domain.md, section 6.4)."""

    organisation: str
    role: Role
    sees_everything: bool
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
    """What a party is shown (domain.md, section 6.3); None for an organisation that is no party. A payer is shown
    everything. A role that never sees single outcomes is shown the lines that it is paid by. A payee before an
    amendment is still shown what it was paid, and the corrections of that."""
    role = terms.role_of(organisation)
    if role is None:
        return None
    readings = [reading for reading in terms.readings if reading.rule.payee == organisation]
    paid_by = frozenset(reading.rule.code for reading in readings)
    if role == "payer":
        rules, metrics = frozenset(terms.rules), frozenset(terms.metrics)
        return Audience(organisation, role, True, False, rules, rules, metrics, all_lines=rules, all_items=rules)
    if role in NEVER_AT_CLAIMS:
        return Audience(organisation, role, False, True, paid_by, frozenset(), frozenset())
    return _at_claims(terms, organisation, role, readings)


def _at_claims(terms: Terms, organisation: str, role: Role, paid_by: Sequence[Reading]) -> Audience:
    """Every other party is shown the lines that pay it, and all lines on a metric that it reports, verifies or decides
    disputes on. It is shown the items of the lines that pay it as provider or intermediary, and all items on metrics
    that it reports or verifies."""
    # The payment part says what others are paid: without it, being at work on a metric shows no amount.
    reads_payment = terms.may_read(role, "payment")
    reported_or_verified = _metrics_of(terms, organisation, _workers) if reads_payment else frozenset()
    concerned = _metrics_of(terms, organisation, _concerned) if reads_payment else frozenset()
    # Being paid by a line shows an evaluator no items of it: reporting or verifying its metrics alone does.
    own = paid_by if role != "evaluator" else []
    all_items = _rules_within(terms, reported_or_verified)
    all_lines = _rules_on(terms, concerned)
    # A rule that pays it no more needs no claims from the day on which it ended, unless later ones could still change
    # what it gave.
    ended = [reading for reading in own if reading.until is not None and _looks_back_alone(terms, reading.rule)]
    rules = [reading.rule for reading in own if reading not in ended] + [terms.rules[code] for code in all_items]
    claims = reported_or_verified | _needed(terms, rules)
    return Audience(
        organisation=organisation,
        role=role,
        sees_everything=False,
        grouped=False,
        lines=all_lines | {reading.rule.code for reading in paid_by},
        items=all_items | {reading.rule.code for reading in own},
        claims=claims,
        people=any(map(counts_enrolled, _measures_under(terms, rules))),
        all_lines=all_lines,
        all_items=all_items,
        claims_before=_before(terms, ended, claims),
    )


def _looks_back_alone(terms: Terms, rule: Rule) -> bool:
    """Whether nothing that is achieved later can change what a rule gives for a day."""
    retention, definition = terms.retention, rule.definition
    waits = retention is not None and retention.release_when is not None
    is_final = pays_each_subject(definition) and mechanism_of(definition).is_final_by_day(definition)
    return is_final and definition.when is None and not waits


def _before(terms: Terms, ended: Iterable[Reading], claims: frozenset[str]) -> Mapping[str, date]:
    """For each further metric that ended rules need, the day on which the last of them ended."""
    days: dict[str, date] = {}
    for reading in ended:
        for code in _needed(terms, [reading.rule]) - claims:
            days[code] = max(days.get(code, date.min), reading.until or date.max)
    return days


def _measures_under(terms: Terms, rules: Iterable[Rule]) -> Iterator[Measure]:
    """What is measured for rules: their own measures, and those that what is held back of them waits for."""
    codes = set()
    for rule in rules:
        codes.add(rule.code)
        yield from measures_of(rule.definition)
    retention = terms.retention
    if retention is None or retention.release_when is None:
        return
    if retention.rules is None or codes & set(retention.rules):
        yield from measures_in(retention.release_when)


def _needed(terms: Terms, rules: Collection[Rule]) -> frozenset[str]:
    """The metrics that rules are computed from, prerequisites included."""
    measured = {code for measure in _measures_under(terms, rules) for code in metrics_of(measure)}
    needed = frozenset(code for rule in rules for code in rule.needs) | measured
    while further := {terms.metrics[code].prerequisite for code in needed} - needed - {None}:
        needed |= frozenset(code for code in further if code is not None)
    return needed


def _workers(metric: Metric) -> tuple[str, ...]:
    return metric.reported_by, metric.verified_by


def _concerned(metric: Metric) -> tuple[str, ...]:
    return (*_workers(metric), metric.disputes_decided_by)


def _metrics_of(terms: Terms, organisation: str, named: Callable[[Metric], tuple[str, ...]]) -> frozenset[str]:
    """The metrics that name an organisation in one of some places."""
    return frozenset(code for code, metric in terms.metrics.items() if organisation in named(metric))


def _rules_on(terms: Terms, metrics: frozenset[str]) -> frozenset[str]:
    """The rules that pay for any of these metrics."""
    return frozenset(rule.code for rule in terms.rules.values() if rule.metrics & metrics)


def _rules_within(terms: Terms, metrics: frozenset[str]) -> frozenset[str]:
    """The rules that pay for these metrics and no other. A rule that pays for none is not among them."""
    return frozenset(rule.code for rule in terms.rules.values() if rule.metrics and rule.metrics <= metrics)


def may_have_inputs(terms: Terms, audience: Audience) -> bool:
    """Whether a party is given inputs: it sees items, and the terms let it read what they are computed by."""
    readable = all(terms.may_read(audience.role, part) for part in ("outcomes", "payment"))
    return audience.sees_everything or bool(audience.items and readable)


def metric_scope(code: str) -> str:
    """The scope of facts on a metric's claims: `metric/job`."""
    return f"metric/{code}"


def rule_scope(code: str) -> str:
    """The scope of all items of a rule."""
    return f"rule/{code}"


def paid_scope(code: str, payee: str) -> str:
    """The scope of the items by which a rule pays one payee: `rule/job/0184:12345678`."""
    return f"{rule_scope(code)}/{payee}"


def scopes_of(terms: Terms, audience: Audience) -> tuple[str, ...]:
    """The scopes of which a party may read all participant-level rows. A payer reads all rows without a scope."""
    if audience.sees_everything or audience.grouped:
        return ()
    terms_too = (TERMS_SCOPE,) if may_have_inputs(terms, audience) else ()
    people = (PEOPLE_SCOPE,) if audience.people else ()
    metrics = tuple(metric_scope(code) for code in sorted(audience.claims))
    rules = tuple(rule_scope(code) for code in sorted(audience.all_items))
    payees = ((code, payee) for code in sorted(audience.items) for payee in terms.payees[code])
    paid = tuple(paid_scope(code, payee) for code, payee in payees if audience.sees_item(code, payee))
    return terms_too + people + metrics + rules + paid


def scopes_before(audience: Audience) -> Mapping[str, date]:
    """The scopes of which a party may read what was achieved before a day."""
    return {metric_scope(code): day for code, day in sorted(audience.claims_before.items())}


def readership(terms: Terms) -> Mapping[str, tuple[str, ...]]:
    """For each scope the organisations that may read all of it beside the payers, in party order."""
    readers: dict[str, tuple[str, ...]] = {}
    for audience in _audiences(terms):
        for scope in scopes_of(terms, audience):
            readers[scope] = (*readers.get(scope, ()), audience.organisation)
    return readers


def readership_before(terms: Terms) -> Mapping[tuple[str, date], tuple[str, ...]]:
    """For each scope and day the organisations that may read what was achieved before that day."""
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
