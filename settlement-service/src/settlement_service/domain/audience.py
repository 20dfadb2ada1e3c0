"""Domain: who is shown what of a settlement (domain.md, section 6)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from services.core.terms.measures import Measure
from services.core.terms.outcomes import Metric
from services.core.terms.parties import NEVER_AT_CLAIMS, Role
from settlement_service.domain.naming import counts_enrolled, measures_in, measures_of, metrics_of
from settlement_service.domain.terms import Terms

TERMS_SCOPE = "terms"
PEOPLE_SCOPE = "people"


@dataclass(frozen=True, slots=True)
class Audience:
    """What one party is shown: `lines` and `items` are codes of rules, `claims` codes of metrics. `whole` says that
    nothing is left out; `grouped` that small counts are hidden from it."""

    organisation: str
    role: Role
    whole: bool
    grouped: bool
    lines: frozenset[str]
    items: frozenset[str]
    claims: frozenset[str]
    people: bool = False
    """Whether the items rest on who was enrolled."""


def audience_of(terms: Terms, organisation: str) -> Audience | None:
    """What a party is shown, or None for who is no party. A payer is shown everything. Who must never see single
    outcomes is shown the lines it is paid by. Everybody else is shown the lines that pay it or that rest on a metric
    it reports, verifies or decides disputes on; and the items of those that pay it as provider or intermediary, or
    that rest on metrics it reports or verifies alone. What others are paid is not shown to who may not read the payment
    terms."""
    role = terms.role_of(organisation)
    if role is None:
        return None
    paid_by = frozenset(rule.code for rule in terms.rules.values() if rule.payee == organisation)
    if role == "payer":
        every = frozenset(terms.rules)
        return Audience(organisation, role, True, False, every, every, frozenset(terms.metrics))
    if role in NEVER_AT_CLAIMS:
        return Audience(organisation, role, False, True, paid_by, frozenset(), frozenset())
    at_work = frozenset(code for code, metric in terms.metrics.items() if organisation in _workers(metric))
    concerned = at_work | {code for code, one in terms.metrics.items() if one.disputes_decided_by == organisation}
    if not terms.may_read(role, "payment"):
        at_work = concerned = frozenset()
    own = paid_by if role != "evaluator" else frozenset()
    items = own | frozenset(rule.code for rule in terms.rules.values() if rule.metrics and rule.metrics <= at_work)
    return Audience(
        organisation=organisation,
        role=role,
        whole=False,
        grouped=False,
        lines=paid_by | _resting_on(terms, concerned),
        items=items,
        claims=at_work | _needed(terms, items),
        people=any(counts_enrolled(one) for one in _measures_under(terms, items)),
    )


def _measures_under(terms: Terms, rules: frozenset[str]) -> Iterator[Measure]:
    """What is measured for rules: their own measures, and those that what is held back of them waits for."""
    for code in rules:
        yield from measures_of(terms.rules[code].said)
    held = terms.retention
    if held is not None and held.release_when is not None and (held.rules is None or rules & set(held.rules)):
        yield from measures_in(held.release_when)


def _needed(terms: Terms, rules: frozenset[str]) -> frozenset[str]:
    """The metrics that rules are computed from, prerequisites included."""
    measured = {code for one in _measures_under(terms, rules) for code in metrics_of(one)}
    found = frozenset(code for rule in rules for code in terms.rules[rule].needs) | measured
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
    """The scope of a rule's items."""
    return f"rule/{code}"


def scopes_of(terms: Terms, audience: Audience) -> tuple[str, ...]:
    """The scopes that a party may read participant-level rows of. A payer reads all without this."""
    if audience.whole or audience.grouped:
        return ()
    terms_too = (TERMS_SCOPE,) if may_have_inputs(terms, audience) else ()
    metrics = tuple(metric_scope(code) for code in sorted(audience.claims))
    people = (PEOPLE_SCOPE,) if audience.people else ()
    return terms_too + people + metrics + tuple(rule_scope(code) for code in sorted(audience.items))


def readership(terms: Terms) -> Mapping[str, tuple[str, ...]]:
    """For each scope the organisations that may read it beside the payers, in party order."""
    readers: dict[str, tuple[str, ...]] = {}
    for party in terms.parties:
        audience = audience_of(terms, party.organisation_id)
        for scope in scopes_of(terms, audience) if audience else ():
            readers[scope] = (*readers.get(scope, ()), party.organisation_id)
    return readers
