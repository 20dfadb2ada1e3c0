"""Deploy: whether what a case says fits together; each fault names its field and what would be allowed."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from deploy.demo.cases.case import PLACEHOLDER, Case, Contract, OfPeople, OfSites, OneClaim
from deploy.demo.cases.expectations import ExpectedGate, ExpectedPayment, ExpectedRefusal, ExpectedSplit
from deploy.demo.cases.parties import PARTS, role_of
from services.core.errors import FieldError, Invalid
from services.core.terms.mechanisms.savings_share import SavingsShare
from services.core.terms.model import Agreement
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
    """Errors: `case-not-whole`, `shape-not-allowed`, with a pointer into the case a fault. Of a contract that is to be
    refused nothing is asked but its parts."""
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
        found = PLACEHOLDER.fullmatch(text)
        if found and found[1] not in PARTS:
            yield _fault(pointer, f"A part in braces is one of {', '.join(PARTS)}.")
    if "payer" not in case.parties:
        yield _fault("/contract/parties", 'One of them is "{payer}": it drafts, and prepares settlements.')
    if case.people and "provider" not in case.parties:
        yield _fault("/contract/parties", 'One of them is "{provider}": it enrols people.')
    parties = case.contract.get("parties")
    for place, party in enumerate(parties if isinstance(parties, list) else ()):
        said = party if isinstance(party, dict) else {}
        found = PLACEHOLDER.fullmatch(str(said.get("organisationId")))
        if not found:
            yield _fault(f"/contract/parties/{place}/organisationId", 'A part in braces, such as "{payer}".')
        elif said.get("role") != role_of(found[1]):
            yield _fault(f"/contract/parties/{place}/role", "The part without its number.")


def _texts(node: Any, at: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, str):
        yield at, node
    for step, child in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
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
    if isinstance(case.expected, ExpectedGate):
        for place, gate in enumerate(case.expected.gates):
            if gate.rule not in rules:
                yield _fault(f"/expected/gates/{place}/rule", "The code of a payment rule.")
    for pointer, organisation in _named(case):
        if not PLACEHOLDER.fullmatch(organisation) or organisation.strip("{}") not in case.parties:
            yield _fault(pointer, 'The part of a party in braces, such as "{payer}".')


def _named(case: Case) -> Iterator[tuple[str, str]]:
    if isinstance(case.expected, ExpectedSplit):
        yield from ((f"/expected/shares/{place}/payer", one.payer) for place, one in enumerate(case.expected.shares))
    if not isinstance(case.expected, ExpectedPayment | ExpectedGate):
        return
    for number, statement in enumerate(case.expected.statements or ()):
        at = f"/expected/statements/{number}"
        yield from ((f"{at}/shares/{place}/payer", one.payer) for place, one in enumerate(statement.shares or ()))
        yield from ((f"{at}/payees/{place}/payee", one.payee) for place, one in enumerate(statement.payees or ()))


def _people(case: Case, agreement: Agreement) -> Faults:
    cohorts = {cohort.code for cohort in agreement.outcomes.cohorts}
    for place, group in enumerate(case.people):
        if group.cohort not in cohorts:
            yield _fault(f"/people/{place}/cohort", "The code of a cohort of the contract.")
        if not 0 <= group.count <= MOST:
            yield _fault(f"/people/{place}/count", f"From 0 to {MOST}.")


def _counted(case: Case, agreement: Agreement) -> Faults:
    seen: set[tuple[str | None, ...]] = set()
    for place, people in enumerate(case.outcomes.participants):
        at = f"/outcomes/participants/{place}"
        there = sum(group.count for group in case.people if people.cohort in (None, group.cohort))
        if not 0 <= people.people <= there:
            yield _fault(f"{at}/people", f"From 0 to {there}: so many are enrolled.")
        yield from _units(agreement.metric(people.metric), people, people.people, "participant", at)
        if {(people.metric, None, None), (people.metric, people.cohort, people.occurrence)} & seen:
            yield _fault(f"{at}/metric", "Each metric once, or once for each cohort or occurrence.")
        seen.add((people.metric, people.cohort, people.occurrence))
    for place, sites in enumerate(case.outcomes.sites):
        at = f"/outcomes/sites/{place}"
        if not 0 <= sites.sites <= MOST:
            yield _fault(f"{at}/sites", f"From 0 to {MOST}.")
        yield from _units(agreement.metric(sites.metric), sites, sites.sites, "site", at)


def _units(metric: Metric | None, one: OfPeople | OfSites, count: int, subject: str, at: str) -> Faults:
    if metric is None or (metric.subject, metric.reports) != (subject, "units"):
        yield _fault(f"{at}/metric", f"A metric of the contract that reports units of a {subject}.")
        return
    most = count * (1 if one.occurrence else occurrences_of(metric))
    units = count if one.units is None else one.units
    if not count <= units <= most:
        yield _fault(f"{at}/units", f"From {count} to {most}: as often as the metric is paid for each {subject}.")
    if not 0 <= one.rejected <= units:
        yield _fault(f"{at}/rejected", f"From 0 to {units}.")
    yield from _occurrence(metric, one.occurrence, at)


def occurrences_of(metric: Metric) -> int:
    """How many occurrences a metric has for one subject."""
    return len(metric.measurement_points) or metric.max_payments_per_person


def _occurrence(metric: Metric, said: str | None, at: str) -> Faults:
    points = [point.code for point in metric.measurement_points]
    known = points or [str(number) for number in range(1, metric.max_payments_per_person + 1)]
    if said is not None and said not in known:
        yield _fault(f"{at}/occurrence", f"One of {', '.join(known)}.")


def _claims(case: Case, agreement: Agreement) -> Faults:
    first: dict[tuple[Any, ...], str] = {}
    for place, claim in enumerate(case.outcomes.claims):
        at = f"/outcomes/claims/{place}"
        metric = agreement.metric(claim.metric)
        if metric is None:
            yield _fault(f"{at}/metric", "The code of a metric of the contract.")
            continue
        if [name for name in _SUBJECTS if getattr(claim, name) is not None] != [metric.subject]:
            yield _fault(f"{at}/{metric.subject}", f"This metric is about a {metric.subject}, and about nothing else.")
        if (claim.measurement is None) != (metric.reports == "units"):
            yield _fault(f"{at}/measurement", f"This metric reports {metric.reports}.")
        if claim.participant is not None and not 1 <= claim.participant <= case.participants:
            yield _fault(f"{at}/participant", f"From 1 to {case.participants}: so many are enrolled.")
        if not agreement.outcome_period.holds(claim.achieved_on):
            yield _fault(f"{at}/achievedOn", "A day in the contract's outcome period.")
        yield from _occurrence_said(metric, claim, at)
        yield from _purse(agreement, claim, f"{at}/measurement")
        said = claim.measurement
        about = (claim.metric, claim.participant, claim.cohort, claim.site, claim.occurrence or "1")
        series = (*about, said.arm, said.component) if said else about
        if series in first:
            yield _fault(at, f"One claim on each outcome, and {first[series]} is on this one.")
        first.setdefault(series, at)


def _purse(agreement: Agreement, claim: OneClaim, at: str) -> Faults:
    """A claim that says no purse, or one that there is not, or no number where one is needed, would be waited for."""
    rules = [rule for rule in agreement.payment.rules if isinstance(rule, SavingsShare)]
    purses = {one.code: one for rule in rules for one in rule.components if one.metric == claim.metric}
    said = claim.measurement
    if said is None or not purses:
        return
    if said.component not in purses:
        if said.component is not None or claim.metric not in _measured(shapes.document(agreement.payment)):
            yield _fault(f"{at}/component", f"One of {', '.join(purses)}.")
    elif said.n is None and said.arm == "intervention" and purses[said.component].baseline.kind in _PER_HEAD:
        yield _fault(f"{at}/n", "Required, as the baseline of this purse is for each.")


def _measured(node: Any) -> frozenset[str]:
    """The metrics that measures look at."""
    if isinstance(node, list):
        return frozenset[str]().union(*map(_measured, node))
    if not isinstance(node, dict):
        return frozenset()
    own = {str(node["metric"])} if {"metric", "missing"} <= node.keys() else set()
    return frozenset(own).union(*map(_measured, node.values()))


def _occurrence_said(metric: Metric, claim: OneClaim, at: str) -> Faults:
    if claim.occurrence is None and occurrences_of(metric) > 1:
        yield _fault(f"{at}/occurrence", "Required, as this metric has more than one.")
    yield from _occurrence(metric, claim.occurrence, at)


def _one_after_another(case: Case, agreement: Agreement) -> Faults:
    counted: Mapping[str, Any] = {one.metric: one for one in case.outcomes.participants}
    for place, row in enumerate(case.outcomes.one_after_another):
        for number, metric in enumerate(row):
            if metric not in counted:
                yield _fault(f"/outcomes/oneAfterAnother/{place}/{number}", "A metric of /outcomes/participants.")


_SUBJECTS = ("participant", "cohort", "site")
_PER_HEAD = ("per_person", "per_person_day")
_CHECKS: tuple[Callable[[Case, Agreement], Faults], ...] = (
    _settlements,
    _expected,
    _people,
    _counted,
    _claims,
    _one_after_another,
)
