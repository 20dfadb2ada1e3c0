"""Core: faults of what stands around the parts: parties, currency, periods, and who reads."""

from collections.abc import Iterator

from services.core.errors import FieldError
from services.core.ids import OrganisationIdNotValid, check_organisation_id
from services.core.money import places_of
from services.core.period import is_time_zone
from services.core.terms.faults.declared import Declared
from services.core.terms.faults.plain import fault, once, span
from services.core.terms.model import Agreement


def parties(declared: Declared, agreement: Agreement) -> Iterator[FieldError]:
    """Organisations, once each; somebody pays and somebody provides."""
    for place, party in enumerate(agreement.parties):
        try:
            check_organisation_id(party.organisation_id, f"/parties/{place}/organisationId")
        except OrganisationIdNotValid as error:
            yield from error.errors
    yield from once((party.organisation_id for party in agreement.parties), "/parties", "/organisationId")
    if not declared.payers:
        yield fault("/parties", "payer-missing", "At least one party has the role payer.")
    if not any(party.role == "provider" for party in agreement.parties):
        yield fault("/parties", "provider-missing", "At least one party has the role provider.")


def frame(declared: Declared, agreement: Agreement) -> Iterator[FieldError]:
    """Currency, time zone, and periods in their order."""
    if places_of(agreement.currency) is None:
        yield fault("/currency", "currency-unknown", "An ISO 4217 code such as DKK.")
    if not is_time_zone(agreement.time_zone):
        yield fault("/timeZone", "time-zone-unknown", "An IANA time zone such as Europe/Copenhagen.")
    for name, period in (("service", agreement.service_period), ("outcome", agreement.outcome_period)):
        yield from span(period.start, period.end, f"/{name}Period")
    if agreement.outcome_period.start < agreement.service_period.start:
        yield fault("/outcomePeriod/start", "period-order", "Not before the service period's start.")
    if agreement.claims_close_on < agreement.outcome_period.end:
        yield fault("/claimsCloseOn", "claims-close-too-early", "Not before the outcome period's end.")


def first_day(declared: Declared, agreement: Agreement) -> Iterator[FieldError]:
    """The first version holds for the whole outcome period: no day of it is without terms."""
    if agreement.effective_from > agreement.outcome_period.start:
        yield fault("/effectiveFrom", "effective-too-late", "Not after the outcome period's start.")


def readers(declared: Declared, agreement: Agreement) -> Iterator[FieldError]:
    """A payer reads every part."""
    for part, roles in (("outcomes", agreement.outcomes.readable_by), ("payment", agreement.payment.readable_by)):
        if roles is not None and "payer" not in roles:
            allowed = "Roles with 'payer' among them, as who pays reads all; left out, every party reads it."
            yield fault(f"/{part}/readableBy", "payer-cannot-read", allowed)
