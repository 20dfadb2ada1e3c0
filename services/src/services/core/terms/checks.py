"""Core: whether terms can be decided from verified claims; each fault names its field and what would be allowed."""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date

from services.core.errors import FieldError, Invalid
from services.core.ids import OrganisationIdNotValid, check_organisation_id
from services.core.money import AmountNotValid, Money, places_of, to_minor
from services.core.period import Period, is_time_zone
from services.core.terms.model import Agreement
from services.core.terms.outcomes import AGREEMENT, Metric
from services.core.terms.parties import NEVER_AT_CLAIMS
from services.core.terms.payment import Cap
from services.core.terms.rules import Price, UnitPrice

CODE_PATTERN = r"[a-z0-9][a-z0-9._-]{0,31}"
NAME_LENGTH = 200
MAX_RULES = 1000


class TermsNotValid(Invalid):
    """Terms that cannot be decided as they stand."""

    code = "terms-not-valid"
    title = "These terms cannot be decided as they stand"


def check_terms(agreement: Agreement) -> None:
    """Errors: `terms-not-valid` with every fault found, each with a JSON pointer below the agreement."""
    faults = [fault for check in _CHECKS for fault in check(agreement)]
    if faults:
        raise TermsNotValid(errors=faults)


def _fault(pointer: str, code: str, detail: str) -> FieldError:
    return FieldError(pointer, code, detail)


def _parties(agreement: Agreement) -> Iterator[FieldError]:
    for place, party in enumerate(agreement.parties):
        try:
            check_organisation_id(party.organisation_id, f"/parties/{place}/organisationId")
        except OrganisationIdNotValid as error:
            yield from error.errors
    yield from _once((party.organisation_id for party in agreement.parties), "/parties", "/organisationId")
    if len(agreement.payers()) != 1:
        yield _fault("/parties", "one-payer", "Exactly one party has the role payer.")
    if not any(party.role == "provider" for party in agreement.parties):
        yield _fault("/parties", "provider-missing", "At least one party has the role provider.")


def _frame(agreement: Agreement) -> Iterator[FieldError]:
    if places_of(agreement.currency) is None:
        yield _fault("/currency", "currency-unknown", "An ISO 4217 code such as DKK.")
    if not is_time_zone(agreement.time_zone):
        yield _fault("/timeZone", "time-zone-unknown", "An IANA time zone such as Europe/Copenhagen.")
    for name, period in (("service", agreement.service_period), ("outcome", agreement.outcome_period)):
        if period.start >= period.end:
            yield _fault(f"/{name}Period/end", "period-empty", "Later than the start; the end is not in the period.")
    if agreement.outcome_period.start < agreement.service_period.start:
        yield _fault("/outcomePeriod/start", "period-order", "Not before the service period's start.")
    if agreement.claims_close_on < agreement.outcome_period.end:
        yield _fault("/claimsCloseOn", "claims-close-too-early", "Not before the outcome period's end.")
    if agreement.effective_from > agreement.outcome_period.start:
        yield _fault("/effectiveFrom", "effective-too-late", "Not after the outcome period's start.")


def _metrics(agreement: Agreement) -> Iterator[FieldError]:
    metrics = agreement.outcomes.metrics
    if not metrics:
        yield _fault("/outcomes/metrics", "metrics-missing", "At least one metric.")
    yield from _once((metric.code for metric in metrics), "/outcomes/metrics", "/code")
    paid_for = {rule.metric for rule in agreement.payment.rules}
    for place, metric in enumerate(metrics):
        at = f"/outcomes/metrics/{place}"
        yield from _named(metric.code, metric.name, at)
        yield from _deciders(agreement, metric, at)
        yield from _within(metric.max_payments_per_person, 1, 1000, f"{at}/maxPaymentsPerPerson")
        yield from _within(metric.dispute_days, 0, 3650, f"{at}/disputeDays")
        yield from _once((point.code for point in metric.measurement_points), f"{at}/measurementPoints", "/code")
        for number, point in enumerate(metric.measurement_points):
            yield from _named(point.code, point.name, f"{at}/measurementPoints/{number}")
        if metric.use == "paid" and metric.code not in paid_for:
            yield _fault(f"{at}/use", "metric-without-rule", "'observed', or a payment rule that names this metric.")


def _deciders(agreement: Agreement, metric: Metric, at: str) -> Iterator[FieldError]:
    for field, organisation in (
        ("reportedBy", metric.reported_by),
        ("verifiedBy", metric.verified_by),
        ("disputesDecidedBy", metric.disputes_decided_by),
    ):
        if field == "disputesDecidedBy" and organisation == AGREEMENT:
            continue
        party = agreement.party(organisation)
        if party is None:
            yield _fault(f"{at}/{field}", "not-a-party", "The organisation id of a party of this contract.")
        elif party.role in NEVER_AT_CLAIMS:
            yield _fault(f"{at}/{field}", "role-never-at-claims", "A party that is not an investor or guarantor.")
    if metric.verified_by == metric.reported_by:
        yield _fault(f"{at}/verifiedBy", "verifier-is-reporter", "Another organisation than reportedBy.")
    if metric.disputes_decided_by in (metric.reported_by, metric.verified_by):
        allowed = "Neither reportedBy nor verifiedBy, or 'agreement'."
        yield _fault(f"{at}/disputesDecidedBy", "decider-not-independent", allowed)


def _cohorts(agreement: Agreement) -> Iterator[FieldError]:
    cohorts = agreement.outcomes.cohorts
    if not cohorts:
        yield _fault("/outcomes/cohorts", "cohorts-missing", "At least one cohort.")
    yield from _once((cohort.code for cohort in cohorts), "/outcomes/cohorts", "/code")
    for place, cohort in enumerate(cohorts):
        at = f"/outcomes/cohorts/{place}"
        yield from _named(cohort.code, cohort.name, at)
        if cohort.start and cohort.end and cohort.start >= cohort.end:
            yield _fault(f"{at}/end", "period-empty", "Later than the start; the end is not in the period.")
        if cohort.size is not None:
            yield from _within(cohort.size, 1, 10_000_000, f"{at}/size")


def _rules(agreement: Agreement) -> Iterator[FieldError]:
    rules = agreement.payment.rules
    if not 1 <= len(rules) <= MAX_RULES:
        yield _fault("/payment/rules", "rule-count", f"From 1 to {MAX_RULES} rules.")
    yield from _once((rule.code for rule in rules), "/payment/rules", "/code")
    for place, rule in enumerate(rules[:MAX_RULES]):
        at = f"/payment/rules/{place}"
        if not re.fullmatch(CODE_PATTERN, rule.code):
            yield _fault(f"{at}/code", "code-not-valid", f"Must match {CODE_PATTERN}.")
        metric = agreement.metric(rule.metric)
        if metric is None or metric.use != "paid":
            yield _fault(f"{at}/metric", "metric-unknown", "The code of a metric that is declared as paid.")
        payee = agreement.party(rule.payee)
        if payee is None or payee.role == "payer":
            yield _fault(f"{at}/payee", "payee-not-a-party", "The organisation id of a party that is not a payer.")
        if rule.max_units_per_person is not None:
            yield from _within(rule.max_units_per_person, 1, 1_000_000, f"{at}/maxUnitsPerPerson")
        yield from _prices(agreement, rule, f"{at}/prices")
    yield from _within(agreement.payment.due_days, 0, 365, "/payment/dueDays")


def _prices(agreement: Agreement, rule: UnitPrice, at: str) -> Iterator[FieldError]:
    for place, price in enumerate(rule.prices):
        yield from _amount(price.price, agreement.currency, f"{at}/{place}/price", lowest=0)
    yield from _covers(rule.prices, agreement.outcome_period, at)


def _covers(prices: tuple[Price, ...], period: Period, at: str) -> Iterator[FieldError]:
    """Every day of the outcome period has exactly one price."""
    order = sorted(range(len(prices)), key=lambda place: prices[place].valid_from or date.min)
    reached = period.start
    for turn, place in enumerate(order):
        start, end = prices[place].valid_from or date.min, prices[place].valid_to or date.max
        if start >= end:
            yield _fault(f"{at}/{place}/validTo", "period-empty", "Later than validFrom; the end is not included.")
        elif turn and start < (prices[order[turn - 1]].valid_to or date.max):
            yield _fault(f"{at}/{place}/validFrom", "price-overlap", "Not before the end of the price before it.")
        elif start > reached and reached < period.end:
            yield _fault(f"{at}/{place}/validFrom", "price-gap", f"Not after {reached}: that day has no price.")
        reached = max(reached, end)
    if reached < period.end:
        yield _fault(at, "price-gap", f"Prices until the outcome period's end; {reached} has none.")


def _caps(agreement: Agreement) -> Iterator[FieldError]:
    rules = {rule.code for rule in agreement.payment.rules}
    seen: set[tuple[str, str | None]] = set()
    for place, cap in enumerate(agreement.payment.caps):
        at = f"/payment/caps/{place}"
        yield from _amount(cap.amount, agreement.currency, f"{at}/amount", lowest=1)
        yield from _cap_rule(cap, rules, at)
        if (cap.kind, cap.rule) in seen:
            yield _fault(at, "cap-twice", "One cap of a kind, and one a rule.")
        seen.add((cap.kind, cap.rule))


def _cap_rule(cap: Cap, rules: set[str], at: str) -> Iterator[FieldError]:
    if cap.kind == "rule" and cap.rule not in rules:
        yield _fault(f"{at}/rule", "rule-unknown", "The code of a payment rule.")
    if cap.kind != "rule" and cap.rule is not None:
        yield _fault(f"{at}/rule", "rule-not-expected", "Only a cap of the kind 'rule' names one.")


def _amount(money: Money, currency: str, at: str, lowest: int) -> Iterator[FieldError]:
    if money.currency != currency:
        yield _fault(f"{at}/currency", "currency-differs", "The contract's own currency.")
        return
    try:
        minor = to_minor(money, at)
    except AmountNotValid as error:
        yield from error.errors
        return
    if minor < lowest:
        yield _fault(f"{at}/amount", "amount-too-low", "More than zero." if lowest else "Zero or more.")


def _readers(agreement: Agreement) -> Iterator[FieldError]:
    for part, roles in (("outcomes", agreement.outcomes.readable_by), ("payment", agreement.payment.readable_by)):
        if roles is not None and "payer" not in roles:
            allowed = "Roles with 'payer' among them, as who pays reads all; left out, every party reads it."
            yield _fault(f"/{part}/readableBy", "payer-cannot-read", allowed)


def _named(code: str, name: str, at: str) -> Iterator[FieldError]:
    if not re.fullmatch(CODE_PATTERN, code):
        yield _fault(f"{at}/code", "code-not-valid", f"Must match {CODE_PATTERN}.")
    if not 1 <= len(name.strip()) <= NAME_LENGTH:
        yield _fault(f"{at}/name", "name-not-valid", f"From 1 to {NAME_LENGTH} characters.")


def _within(number: int, lowest: int, highest: int, pointer: str) -> Iterator[FieldError]:
    if not lowest <= number <= highest:
        yield _fault(pointer, "number-out-of-range", f"From {lowest} to {highest}.")


def _once(codes: Iterable[str], at: str, field: str) -> Iterator[FieldError]:
    seen: set[str] = set()
    for place, code in enumerate(codes):
        if code in seen:
            yield _fault(f"{at}/{place}{field}", "stands-twice", "Each stands once.")
        seen.add(code)


_CHECKS: tuple[Callable[[Agreement], Iterator[FieldError]], ...] = (
    _parties,
    _frame,
    _metrics,
    _cohorts,
    _rules,
    _caps,
    _readers,
)
