"""Domain: organisations of the directory: each registers itself and says what it is called."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from services.core.errors import Conflict, FieldError, Forbidden, Invalid
from services.core.ids import OrganisationIdNotValid, check_organisation_id
from services.events.contracts import OrganisationChanged, OrganisationRegistered, Unit

GLN_SCHEME = "0088:"


class OrganisationNotYours(Forbidden):
    """Somebody else's entry in the directory."""

    code = "organisation-not-yours"
    title = "An organisation registers and changes its own entry only"


class OrganisationAlreadyRegistered(Conflict):
    """The organisation stands in the directory."""

    code = "organisation-already-registered"
    title = "This organisation is registered; change its entry instead"


class UnitsNotValid(Invalid):
    """Units that cannot be told apart or found by their numbers."""

    code = "units-not-valid"
    title = "Each unit has a valid GLN of its own"


@dataclass(frozen=True, slots=True)
class Organisation:
    """One entry of the directory. `revision` counts its changes."""

    id: str
    name: str
    units: tuple[Unit, ...]
    revision: int
    registered_at: datetime


def register(
    organisation_id: str, name: str, units: tuple[Unit, ...], by: str, now: datetime
) -> tuple[Organisation, OrganisationRegistered]:
    """A new entry, made by the organisation itself. Errors: `organisation-id-not-valid`, `organisation-not-yours`,
    `units-not-valid`."""
    check_organisation_id(organisation_id, "/id")
    check_own(organisation_id, by)
    _check_units(units)
    entry = Organisation(organisation_id, name, units, revision=1, registered_at=now)
    return entry, OrganisationRegistered(organisation_id=organisation_id, name=name, units=units)


def change(organisation: Organisation, name: str, units: tuple[Unit, ...]) -> tuple[Organisation, OrganisationChanged]:
    """The entry with another name and other units. Errors: `units-not-valid`."""
    _check_units(units)
    entry = replace(organisation, name=name, units=units, revision=organisation.revision + 1)
    return entry, OrganisationChanged(organisation_id=organisation.id, name=name, units=units)


def check_own(organisation_id: str, by: str) -> None:
    """Errors: `organisation-not-yours` unless the two are the same."""
    if organisation_id != by:
        raise OrganisationNotYours()


def _check_units(units: tuple[Unit, ...]) -> None:
    faults = list(_faults_of(units))
    if faults:
        raise UnitsNotValid(errors=faults)


def _faults_of(units: tuple[Unit, ...]) -> Iterator[FieldError]:
    seen: set[str] = set()
    for place, unit in enumerate(units):
        try:
            check_organisation_id(GLN_SCHEME + unit.gln)
        except OrganisationIdNotValid:
            yield FieldError(f"/units/{place}/gln", "gln-not-valid", "A GLN: 13 digits, the last its check digit.")
        if unit.gln in seen:
            yield FieldError(f"/units/{place}/gln", "stands-twice", "Each stands once.")
        seen.add(unit.gln)
