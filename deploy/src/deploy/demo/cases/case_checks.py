"""Deploy: checks that the fields of a case fit together; each fault names its field and what would be allowed."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from deploy.demo.cases.case import (
    PLACEHOLDER,
    Case,
    Contract,
    ParticipantOutcomes,
    SingleClaim,
    SiteOutcomes,
    steps_into,
)
from deploy.demo.cases.expectations import (
    Expected,
    ExpectedGate,
    ExpectedPayment,
    ExpectedRefusal,
    ExpectedSplit,
    Share,
)
from deploy.demo.cases.parties import PARTIES, role_of
from services.core.errors import FieldError, Invalid
from services.core.terms.model import Agreement
from services.core.terms.naming import components_on
from services.core.terms.outcomes import Metric
from services.kit.doors import shapes

ID = re.compile(r"[a-z0-9][a-z0-9-]{0,47}", re.ASCII)
MOST = 1_000_000

Faults = Iterator[FieldError]


class CaseNotWhole(Invalid):
    """Something in a case does not fit the rest of it."""

    code = "case-not-whole"
    title = "Something in it does not fit the rest"


def check_case(case: Case) -> None:
    """Errors: `case-not-whole`, `shape-not-allowed`; each fault has a pointer into the case. Of a contract whose
    refusal is expected only the parts are checked."""
    faults = [*_id(case), *_parts(case)]
    if not faults and not isinstance(case.expected, ExpectedRefusal):
        agreement = shapes.read(Contract, case.contract, "/contract")
        faults = [fault for check in _CHECKS for fault in check(case, agreement)]
    if faults:
        raise CaseNotWhole(errors=faults)


def _fault(pointer: str, detail: str) -> FieldError:
    return FieldError(pointer, CaseNotWhole.code, detail)


def _id(case: Case) -> Faults:
    if not ID.fullmatch(case.id):
        yield _fault("/id", "Small letters, digits and dashes, at most 48.")


def _parts(case: Case) -> Faults:
    for pointer, text in _texts(case.contract, "/contract"):
        placeholder = PLACEHOLDER.fullmatch(text)
        if placeholder and placeholder[1] not in PARTIES:
            yield _fault(pointer, f"A part in braces is one of {', '.join(PARTIES)}.")
    if "payer" not in case.parties:
        yield _fault("/contract/parties", 'One of them is "{payer}": it drafts, and prepares settlements.')
    if case.people and "provider" not in case.parties:
        yield _fault("/contract/parties", 'One of them is "{provider}": it enrols people.')
    parties = case.contract.get("parties")
    for place, party in enumerate(parties if isinstance(parties, list) else ()):
        yield from _party(party if isinstance(party, dict) else {}, f"/contract/parties/{place}")


def _party(party: Mapping[str, Any], at: str) -> Faults:
    placeholder = PLACEHOLDER.fullmatch(str(party.get("organisationId")))
    if not placeholder:
        yield _fault(f"{at}/organisationId", 'A part in braces, such as "{payer}".')
    elif party.get("role") != role_of(placeholder[1]):
        yield _fault(f"{at}/role", "The part without its number.")


def _texts(node: Any, at: str) -> Iterator[tuple[str, str]]:
    """Each text in a JSON document, with its pointer."""
    if isinstance(node, str):
        yield at, node
    for step, child in steps_into(node):
        yield from _texts(child, at + shapes.pointer([step]))


def _settlements(case: Case, agreement: Agreement) -> Faults:
    if not case.settlements:
        yield _fault("/settlements", "At least one settlement, or what is expected is a refusal.")
    expected = case.expected
    statements = expected.statements if isinstance(expected, ExpectedPayment | ExpectedGate) else None
    if statements is not None and len(statements) != len(case.settlements):
        yield _fault("/expected/statements", "One statement for each settlement.")


def _expected(case: Case, agreement: Agreement) -> Faults:
    rules = {rule.code for rule in agreement.payment.rules}
    gates = case.expected.gates if isinstance(case.expected, ExpectedGate) else ()
    for place, gate in enumerate(gates):
        if gate.rule not in rules:
            yield _fault(f"/expected/gates/{place}/rule", "The code of a payment rule.")
    for pointer, organisation in _expected_organisations(case.expected):
        if not PLACEHOLDER.fullmatch(organisation) or organisation.strip("{}") not in case.parties:
            yield _fault(pointer, 'The part of a party in braces, such as "{payer}".')


def _expected_organisations(expected: Expected) -> Iterator[tuple[str, str]]:
    """Each organisation that the expectation names, with its pointer."""
    if isinstance(expected, ExpectedSplit):
        yield from _payers(expected.shares, "/expected")
    elif isinstance(expected, ExpectedPayment | ExpectedGate):
        for number, statement in enumerate(expected.statements or ()):
            at = f"/expected/statements/{number}"
            yield from _payers(statement.shares or (), at)
            for place, payment in enumerate(statement.payees or ()):
                yield f"{at}/payees/{place}/payee", payment.payee


def _payers(shares: Sequence[Share], at: str) -> Iterator[tuple[str, str]]:
    return ((f"{at}/shares/{place}/payer", share.payer) for place, share in enumerate(shares))


def _people(case: Case, agreement: Agreement) -> Faults:
    cohorts = {cohort.code for cohort in agreement.outcomes.cohorts}
    for place, group in enumerate(case.people):
        if group.cohort not in cohorts:
            yield _fault(f"/people/{place}/cohort", "The code of a cohort of the contract.")
        if not 0 <= group.count <= MOST:
            yield _fault(f"/people/{place}/count", f"From 0 to {MOST}.")


def _participant_outcomes(case: Case, agreement: Agreement) -> Faults:
    seen: set[tuple[str | None, ...]] = set()
    for place, outcomes in enumerate(case.outcomes.participants):
        at = f"/outcomes/participants/{place}"
        enrolled = sum(group.count for group in case.people if outcomes.cohort in (None, group.cohort))
        if not 0 <= outcomes.people <= enrolled:
            yield _fault(f"{at}/people", f"From 0 to {enrolled}: so many are enrolled.")
        yield from _units(agreement.metric(outcomes.metric), outcomes, outcomes.people, "participant", at)
        key = (outcomes.metric, outcomes.cohort, outcomes.occurrence)
        if {(outcomes.metric, None, None), key} & seen:
            yield _fault(f"{at}/metric", "Each metric once, or once for each cohort or occurrence.")
        seen.add(key)


def _site_outcomes(case: Case, agreement: Agreement) -> Faults:
    for place, outcomes in enumerate(case.outcomes.sites):
        at = f"/outcomes/sites/{place}"
        if not 0 <= outcomes.sites <= MOST:
            yield _fault(f"{at}/sites", f"From 0 to {MOST}.")
        yield from _units(agreement.metric(outcomes.metric), outcomes, outcomes.sites, "site", at)


def _units(
    metric: Metric | None, outcomes: ParticipantOutcomes | SiteOutcomes, count: int, subject: str, at: str
) -> Faults:
    if metric is None or (metric.subject, metric.reports) != (subject, "units"):
        yield _fault(f"{at}/metric", f"A metric of the contract that reports units of a {subject}.")
        return
    most = count * (1 if outcomes.occurrence else occurrences_of(metric))
    units = count if outcomes.units is None else outcomes.units
    if not count <= units <= most:
        yield _fault(f"{at}/units", f"From {count} to {most}: as often as the metric is paid for each {subject}.")
    if not 0 <= outcomes.rejected <= units:
        yield _fault(f"{at}/rejected", f"From 0 to {units}.")
    yield from _occurrence(metric, outcomes.occurrence, at)


def occurrences_of(metric: Metric) -> int:
    """How many occurrences a metric has for one subject."""
    return len(metric.measurement_points) or metric.max_payments_per_person


def _occurrence(metric: Metric, occurrence: str | None, at: str) -> Faults:
    points = [point.code for point in metric.measurement_points]
    allowed = points or [str(number) for number in range(1, metric.max_payments_per_person + 1)]
    if occurrence is not None and occurrence not in allowed:
        yield _fault(f"{at}/occurrence", f"One of {', '.join(allowed)}.")


def _claims(case: Case, agreement: Agreement) -> Faults:
    first: dict[tuple[Any, ...], str] = {}
    for place, claim in enumerate(case.outcomes.claims):
        at = f"/outcomes/claims/{place}"
        metric = agreement.metric(claim.metric)
        if metric is None:
            yield _fault(f"{at}/metric", "The code of a metric of the contract.")
            continue
        yield from _claim(case, agreement, metric, claim, at)
        series = _series(claim)
        if series in first:
            yield _fault(at, f"One claim on each outcome, and {first[series]} is on this one.")
        first.setdefault(series, at)


def _claim(case: Case, agreement: Agreement, metric: Metric, claim: SingleClaim, at: str) -> Faults:
    if [name for name in _SUBJECTS if getattr(claim, name) is not None] != [metric.subject]:
        yield _fault(f"{at}/{metric.subject}", f"This metric is about a {metric.subject}, and about nothing else.")
    if (claim.measurement is None) != (metric.reports == "units"):
        yield _fault(f"{at}/measurement", f"This metric reports {metric.reports}.")
    if claim.participant is not None and not 1 <= claim.participant <= case.participants:
        yield _fault(f"{at}/participant", f"From 1 to {case.participants}: so many are enrolled.")
    if not agreement.outcome_period.holds(claim.achieved_on):
        yield _fault(f"{at}/achievedOn", "A day in the contract's outcome period.")
    yield from _claim_occurrence(metric, claim, at)
    yield from _purse(agreement, claim, f"{at}/measurement")


def _series(claim: SingleClaim) -> tuple[Any, ...]:
    """The outcome that a claim is on. There is one claim on each."""
    outcome = (claim.metric, claim.participant, claim.cohort, claim.site, claim.occurrence or "1")
    return (*outcome, claim.measurement.arm, claim.measurement.component) if claim.measurement else outcome


def _purse(agreement: Agreement, claim: SingleClaim, at: str) -> Faults:
    """A claim that says no purse, or one that there is not, or no number where one is needed, would be waited for."""
    purses = components_on(agreement.payment, claim.metric)
    measurement = claim.measurement
    if measurement is None or not purses:
        return
    purse = None if measurement.component is None else purses.get(measurement.component)
    if purse is None:
        if measurement.component is not None or claim.metric not in _measured(shapes.document(agreement.payment)):
            yield _fault(f"{at}/component", f"One of {', '.join(purses)}.")
    elif measurement.n is None and measurement.arm == "intervention" and purse.baseline.kind in _PER_HEAD:
        yield _fault(f"{at}/n", "Required, as the baseline of this purse is for each.")


def _measured(node: Any) -> frozenset[str]:
    """The metrics that measures look at."""
    if isinstance(node, list):
        return frozenset[str]().union(*map(_measured, node))
    if not isinstance(node, dict):
        return frozenset()
    own = {str(node["metric"])} if {"metric", "missing"} <= node.keys() else set()
    return frozenset(own).union(*map(_measured, node.values()))


def _claim_occurrence(metric: Metric, claim: SingleClaim, at: str) -> Faults:
    if claim.occurrence is None and occurrences_of(metric) > 1:
        yield _fault(f"{at}/occurrence", "Required, as this metric has more than one.")
    yield from _occurrence(metric, claim.occurrence, at)


def _one_after_another(case: Case, agreement: Agreement) -> Faults:
    metrics = {outcomes.metric for outcomes in case.outcomes.participants}
    for place, row in enumerate(case.outcomes.one_after_another):
        for number, metric in enumerate(row):
            if metric not in metrics:
                yield _fault(f"/outcomes/oneAfterAnother/{place}/{number}", "A metric of /outcomes/participants.")


_SUBJECTS = ("participant", "cohort", "site")
_PER_HEAD = ("per_person", "per_person_day")
_CHECKS: tuple[Callable[[Case, Agreement], Faults], ...] = (
    _settlements,
    _expected,
    _people,
    _participant_outcomes,
    _site_outcomes,
    _claims,
    _one_after_another,
)
