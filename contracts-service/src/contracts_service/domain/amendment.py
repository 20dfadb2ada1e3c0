"""Domain: what an amendment leaves as it is: claims and postings stand on the terms that were in effect before it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from services.core.errors import FieldError
from services.core.terms.checks import TermsNotValid
from services.core.terms.mechanisms.table import mechanism_of
from services.core.terms.model import Agreement
from services.core.terms.rules import PaymentRule


def check_amendment(agreement: Agreement, earlier: Sequence[Agreement], began_on: date) -> None:
    """`earlier`: the terms put into effect before that the drafter may read, in their order, one or more; `began_on`:
    the day from which the first of all held. Codes of metrics and rules keep their meaning also when they come back.
    Errors: `terms-not-valid` with every fault found, each with a JSON pointer below the agreement."""
    before = earlier[-1]
    faults = [
        *_frame(agreement, before),
        *_first_day(agreement, began_on),
        *_metrics(agreement, earlier),
        *_rules(agreement, earlier),
    ]
    if faults:
        raise TermsNotValid(errors=faults)


def _frame(agreement: Agreement, before: Agreement) -> Iterator[FieldError]:
    if agreement.currency != before.currency:
        yield FieldError("/currency", "currency-cannot-change", f"{before.currency}, as before.")
    if agreement.time_zone != before.time_zone:
        yield FieldError("/timeZone", "time-zone-cannot-change", f"{before.time_zone}, as before.")
    start = before.outcome_period.start
    if agreement.outcome_period.start != start:
        yield FieldError("/outcomePeriod/start", "outcome-start-cannot-change", f"{start}, as before.")


def _first_day(agreement: Agreement, began_on: date) -> Iterator[FieldError]:
    last = agreement.outcome_period.end
    if agreement.effective_from < began_on:
        yield FieldError("/effectiveFrom", "effective-too-early", f"Not before {began_on}: the first terms hold then.")
    if agreement.effective_from > last:
        yield FieldError("/effectiveFrom", "effective-too-late", f"Not after {last}, the outcome period's end.")


def _metrics(agreement: Agreement, earlier: Sequence[Agreement]) -> Iterator[FieldError]:
    before = {metric.code: metric for terms in earlier for metric in terms.outcomes.metrics}
    for place, metric in enumerate(agreement.outcomes.metrics):
        old = before.get(metric.code, metric)
        for field, was, is_ in (("subject", old.subject, metric.subject), ("reports", old.reports, metric.reports)):
            if was != is_:
                allowed = f"'{was}', as before; what is measured otherwise has another code."
                yield FieldError(f"/outcomes/metrics/{place}/{field}", "metric-cannot-change", allowed)


def _rules(agreement: Agreement, earlier: Sequence[Agreement]) -> Iterator[FieldError]:
    before = {rule.code: rule for terms in earlier for rule in terms.payment.rules}
    for place, rule in enumerate(agreement.payment.rules):
        was = _kept(before.get(rule.code, rule))
        for field, is_ in _kept(rule).items():
            if was.get(field, is_) != is_:
                allowed = f"'{was[field]}', as before; a rule that pays otherwise has another code."
                yield FieldError(f"/payment/rules/{place}/{field}", "rule-cannot-change", allowed)


def _kept(rule: PaymentRule) -> Mapping[str, object]:
    """What stays of a rule: items and lines are known by its code."""
    return {"kind": rule.kind, "nature": rule.nature, **mechanism_of(rule).kept_by_amendment(rule)}
